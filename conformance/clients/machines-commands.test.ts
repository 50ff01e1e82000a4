// `hallpass machines` and `hallpass services`: on the operator's side and on the machine.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { invoke } from '../../src/cli/testing/world.ts'
import { machineSource, readEnrolment } from '../../src/client/workload.ts'
import { authority } from '../../src/federation/testing/idp.ts'
import { folder } from './folder.ts'
import { entriesOf } from './journals.ts'
import {
  callerOf,
  fetchFrom,
  isAlive,
  profileWithRole,
  serviceRole,
  trustsService,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld({ file: 'hallpass.sqlite' })
const { server, front } = world
const { account, data, engine } = server
const clock = server.now
await profileWithRole(world, 'web')
await serviceRole(world, 'Biller', trustsService('ecs-tasks.amazonaws.com'))

const ca = join(folder(), 'ca.pem')
writeFileSync(ca, authority)
const operator = (...words: string[]) => invoke([...words, '--data', data], { clock })
const ok = async (...words: string[]) => {
  const { code, out, err } = await operator(...words)
  assert.equal(code, 0, err)
  return { out, err }
}
const add = (name: string, ...more: string[]) =>
  ok('machines', 'add', name, '--account', account, '--region', 'eu-central-1', '--profile', 'web', ...more)
const onMachine = (...words: string[]) => invoke(['machines', 'join', ...words, '--ca-bundle', ca], { clock })
const refusedWith = async (outcome: ReturnType<typeof invoke>, code: number, says: RegExp) => {
  const { code: got, out, err } = await outcome
  assert.equal(got, code, out)
  assert.match(err, says)
}

describe('machines', () => {
  test('are added, join, work, are disabled, enabled, given tasks, and removed', async () => {
    const { out: token, err } = await add('web-1', '--task', 'billing=Biller', '--tag', 'Tier=front')
    assert.match(token, /^hallpass-join-[\w-]{43}$/)
    assert.match(
      err,
      new RegExp(
        `web-1 \\(i-[0-9a-f]{17}\\) joins once, until .*Z, with: hallpass machines join TOKEN --url ${front.url}`,
      ),
    )
    const file = join(folder(), 'machine.json')
    const joined = await onMachine(token, '--url', front.url, '--file', file)
    assert.equal(joined.code, 0, joined.err)
    assert.match(joined.out, /^joined as web-1 \(i-\w+\) of account 111122223333 in eu-central-1; the key is in /)
    const enrolment = readEnrolment(file)
    const keys = await fetchFrom(machineSource(enrolment, {}, { clock }))
    assert.match((await callerOf(world, keys)) ?? '', new RegExp(`/web/${enrolment.machine}$`))
    await fetchFrom(machineSource(enrolment, { task: 'billing' }, { clock }))

    await refusedWith(
      onMachine(token, '--url', front.url, '--file', file),
      1,
      /this machine has joined: .* Give --replace/,
    )
    await refusedWith(
      onMachine(token, '--url', front.url, '--file', file, '--replace'),
      1,
      /hallpass machines token NAME/,
    )
    assert.equal(readEnrolment(file).machine, enrolment.machine)

    await ok('machines', 'task', 'web-1', 'billing', '--remove')
    await assert.rejects(fetchFrom(machineSource(enrolment, { task: 'billing' }, { clock })), /no task billing/)
    assert.equal(
      (await ok('machines', 'task', 'web-1', 'jobs', '--role', 'Biller')).out,
      `web-1 (${enrolment.machine}) has task jobs with Biller`,
    )
    await fetchFrom(machineSource(enrolment, { task: 'jobs' }, { clock }))

    await ok('machines', 'disable', 'web-1')
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    await ok('machines', 'enable', enrolment.machine)
    const again = await fetchFrom(machineSource(enrolment, {}, { clock }))
    const { out: next } = await ok('machines', 'token', 'web-1', '--minutes', '5')
    assert.equal(
      (await onMachine('--url', front.url, '--file', file, '--replace', '--token-file', textIn(next))).code,
      0,
    )
    assert.equal(await isAlive(world, again), 'InvalidClientTokenId')
    await ok('machines', 'remove', 'web-1')
    assert.deepEqual(JSON.parse((await ok('machines', 'list', '--json')).out), { machines: [] })
    const acts = (await entriesOf(engine.store)).flatMap(({ records }) => records.map(({ eventName }) => eventName))
    for (const act of [
      'AddMachine',
      'JoinMachine',
      'SetMachineTask',
      'DisableMachine',
      'EnableMachine',
      'IssueJoinToken',
      'RemoveMachine',
    ])
      assert(acts.includes(act), act)
  })

  test('are listed in columns that align, and in JSON', async () => {
    await add('one')
    await add('another-one', '--task', 'jobs=Biller')
    const lines = (await ok('machines', 'list')).out.split('\n')
    assert.match(lines[0] ?? '', /^NAME +MACHINE +ACCOUNT +REGION +PROFILE +STATE +JOINED +TASKS$/)
    const at = (lines[0] ?? '').indexOf('STATE')
    assert.deepEqual(
      lines.slice(1).map((line) => line.slice(at, at + 7)),
      ['waiting', 'waiting'],
    )
    assert.match(
      lines[1] ?? '',
      /^another-one +i-\w+ +111122223333 +eu-central-1 +web +waiting +- +jobs=arn:aws:iam::111122223333:role\/Biller$/,
    )
    const { machines } = JSON.parse((await ok('machines', 'list', '--json')).out)
    assert.deepEqual(
      machines.map(({ name }: { name: string }) => name),
      ['another-one', 'one'],
    )
    const made = JSON.parse((await add('third', '--json')).out)
    assert.match(made.joinToken, /^hallpass-join-/)
    assert.equal(made.url, front.url)
    for (const name of ['one', 'another-one', 'third']) await ok('machines', 'remove', name)
  })

  for (const [title, words, code, says] of [
    ['without an account', ['add', 'x', '--region', 'eu-central-1', '--profile', 'web'], 2, /--account is missing/],
    [
      'in no account',
      ['add', 'x', '--account', '999999999999', '--region', 'eu-central-1', '--profile', 'web'],
      1,
      /there is no open account/,
    ],
    [
      'in no region',
      ['add', 'x', '--account', account, '--region', 'here', '--profile', 'web'],
      1,
      /here is no region, such as/,
    ],
    [
      'with no profile',
      ['add', 'x', '--account', account, '--region', 'eu-central-1', '--profile', 'no'],
      1,
      /make it with `aws iam create-instance-profile`/,
    ],
    [
      'with a name that is an id',
      ['add', 'i-0123456789abcdef0', '--account', account, '--region', 'eu-central-1', '--profile', 'web'],
      1,
      /is no name of a machine/,
    ],
    [
      'with a task that is none',
      ['add', 'x', '--account', account, '--region', 'eu-central-1', '--profile', 'web', '--task', 'billing'],
      2,
      /--task: billing is not KEY=VALUE/,
    ],
    [
      'with a task without a role',
      ['add', 'x', '--account', account, '--region', 'eu-central-1', '--profile', 'web', '--task', 'jobs=No'],
      1,
      /there is no role No in account/,
    ],
    [
      'for as long as nobody waits',
      ['add', 'x', '--account', account, '--region', 'eu-central-1', '--profile', 'web', '--minutes', '99999'],
      1,
      /good for 1 to 10080 minutes/,
    ],
    ['that are not there', ['token', 'nobody'], 1, /there is no machine nobody: see hallpass machines list/],
    [
      'whose task is to be set and removed',
      ['task', 'x', 'y', '--role', 'z', '--remove'],
      2,
      /give --role or --remove/,
    ],
  ] as const)
    test(`are refused ${title}, and it is said what to do`, () =>
      refusedWith(operator('machines', ...words), code, says))

  test('join at a place that is known, over https', async () => {
    await refusedWith(
      invoke(['machines', 'join', 'x', '--file', join(folder(), 'm')]),
      2,
      /give --url, or set HALLPASS_URL/,
    )
    await refusedWith(
      invoke(['machines', 'join', 'x', '--url', 'http://hallpass.example', '--file', join(folder(), 'm')]),
      2,
      /not encrypted/,
    )
    await refusedWith(onMachine('--url', front.url, '--file', join(folder(), 'm')), 2, /give the join token/)
    await refusedWith(onMachine('x', '--url', front.url, '--file', '/proc/none/machine.json'), 1, /\/proc/)
  })
})

/** A file with that text. */
function textIn(text: string): string {
  const file = join(folder(), 'text')
  writeFileSync(file, `${text}\n`)
  return file
}

describe('services', () => {
  const pem = () =>
    textIn(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }) as string,
    )
  const name = 'backup.corp.example'

  test('are declared, given proofs, disabled, enabled and removed', async () => {
    assert.equal((await ok('services', 'add', name, '--account', account, '--key', pem())).out, `${name} is declared`)
    const issuer = [
      '--issuer',
      'https://k8s.corp.example',
      '--audience',
      'hallpass',
      '--subject',
      'system:serviceaccount:backup:*',
    ]
    await ok('services', 'prove', name, ...issuer)
    const lines = (await ok('services', 'list')).out.split('\n')
    assert.match(lines[0] ?? '', /^SERVICE +STATE +ACCOUNTS +PROOF +KIND +ADDED +PROVES$/)
    assert.match(lines[1] ?? '', /^backup\.corp\.example +enabled +111122223333 +[0-9a-f]{16} +key +\S+Z +[\w-]{43}$/)
    assert.match(
      lines[2] ?? '',
      /issuer +\S+Z +https:\/\/k8s\.corp\.example aud hallpass sub system:serviceaccount:backup:\*$/,
    )
    const { services } = JSON.parse((await ok('services', 'list', '--json')).out)
    await ok('services', 'withdraw', name, services[0].proofs[0].id)
    await refusedWith(
      operator('services', 'withdraw', name, services[0].proofs[0].id),
      1,
      /has no proof .*: see hallpass services list/,
    )
    await ok('services', 'disable', name)
    assert.match((await ok('services', 'list')).out, /disabled/)
    await ok('services', 'enable', name)
    await ok('services', 'remove', name)
    await refusedWith(operator('services', 'remove', name), 1, /there is no service/)
  })

  for (const [title, words, code, says] of [
    ['without a proof', ['--any-account'], 2, /say how the service proves itself: by --key, --issuer or --authority/],
    [
      'with half a proof',
      ['--any-account', '--issuer', 'https://x.example'],
      2,
      /--issuer goes with --audience and --subject/,
    ],
    [
      'with what goes with another proof',
      ['--any-account', '--key', 'x', '--subject', 'y'],
      2,
      /--subject does not go with --key/,
    ],
    ['with a key that is not there', ['--any-account', '--key', '/no/such'], 1, /\/no\/such: there is no such file/],
    ['without accounts', ['--key', 'x'], 2, /give --account, as often as needed, or --any-account/],
    [
      'with an account that is not there',
      ['--account', '999999999999', '--key', pem()],
      1,
      /there is no account 999999999999/,
    ],
  ] as const)
    test(`are refused ${title}`, () => refusedWith(operator('services', 'add', name, ...words), code, says))
})
