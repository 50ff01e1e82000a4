// The published package in a folder of its own: what of it can be imported, how it is typed, and the example of docs/library.md with
// callers of every kind.
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { GetCredentialsForIdentityCommand, GetIdCommand, GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity'
import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { machineSource } from '../../src/client/workload.ts'
import { freePort } from '../clients/free-port.ts'
import { keysOf } from '../clients/people.ts'
import { makePool } from '../clients/pools.ts'
import { type Keys, machineClock, nobody } from '../clients/server.ts'
import { fetchFrom, joined, profileWithRole, workloadWorld } from '../clients/workload-kit.ts'
import { apiFile, apiOf } from './freeze.ts'
import {
  account,
  assume,
  declare,
  document,
  noteArn,
  role,
  send,
  setPolicy,
  sign,
  statement,
  user,
} from './notes-kit.ts'
import { entries, filesOf, installed, root, runNode, typeCheck, write } from './package-kit.ts'

const at = installed()
const evaluate = (code: string) => runNode(at, '--input-type=module', '-e', code)

describe('the published package', () => {
  test('has the entries policy, verify and guard', () =>
    assert.deepEqual(
      ['guard', 'policy', 'verify'].filter((name) => !entries.includes(name)),
      [],
    ))
  for (const entry of entries) {
    test(`hallpass/${entry} is imported by plain Node, silently`, () => {
      const { status, out } = evaluate(
        `if (Object.keys(await import('hallpass/${entry}')).length === 0) process.exit(1)`,
      )
      assert.deepEqual([status, out], [0, ''])
    })
  }
  test('decides as it stands there', () => {
    const { out } = evaluate(`
      import { decide, parse } from 'hallpass/policy'
      const identity = [parse({ Statement: { Effect: 'Allow', Action: 'notes:*', Resource: '*' } })]
      const principal = { arn: 'arn:aws:iam::111122223333:user/alice' }
      console.log(decide({ action: 'notes:Read', resource: '*', principal, policies: { identity } }).outcome)`)
    assert.equal(out, 'allow\n')
  })
  for (const path of [
    '',
    '/dist/library/policy.js',
    '/dist/core/policy/decide.js',
    '/dist/main.js',
    '/bin/hallpass.js',
  ])
    test(`hallpass${path} is not`, () =>
      assert.match(evaluate(`await import('hallpass${path}')`).out, /ERR_PACKAGE_PATH_NOT_EXPORTED/))
  test('has its command', () =>
    assert.match(runNode(at, 'node_modules/hallpass/bin/hallpass.js', '--help').out, /credential-process/))
  test('has no source or test in it but what the demonstration reads', () =>
    assert.deepEqual(
      filesOf(at).filter((file) => /\.test\.|\/testing\//.test(file) || /^src\/.*\.ts$/.test(file)),
      [],
    ))
  test('types a program, with the types of all that it names', () => {
    for (const name of ['@types/node', 'undici-types'])
      cpSync(join(root, 'node_modules', name), join(at, 'node_modules', name), { recursive: true })
    write(at, {
      'consumer.ts': readFileSync(join(import.meta.dirname, 'consumer.ts.txt'), 'utf8'),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          module: 'nodenext',
          target: 'es2024',
          lib: ['es2024'],
          types: ['node'],
          noEmit: true,
          skipLibCheck: false,
        },
        files: ['consumer.ts'],
      }),
    })
    assert.deepEqual(typeCheck(at), { status: 0, out: '' })
  })
  test('is typed as docs/library-api.md says (changed on purpose: conformance/library/freeze.ts)', () =>
    assert.equal(apiOf(at), readFileSync(apiFile, 'utf8')))
})

const example = readFileSync(join(root, 'examples', 'notes-service.mjs'), 'utf8')
test('the example has 20 lines at most, and stands in docs/library.md', () => {
  assert.ok(example.trimEnd().split('\n').length <= 20)
  assert.ok(readFileSync(join(root, 'docs', 'library.md'), 'utf8').includes(`\`\`\`js\n${example}\`\`\``))
})

describe('the example', async () => {
  const world = await workloadWorld({ clock: machineClock() })
  const { server } = world
  const port = await freePort()
  const host = `localhost:${port}`
  const mayRead = document(statement('Allow', 'notes:Read', noteArn('1')))

  const environment = {
    ...{ ...process.env, HALLPASS_URL: world.at.url, PORT: String(port) },
    ...{ NODE_EXTRA_CA_CERTS: join(at, 'ca.pem'), NOTES_KEY: join(at, 'notes.pem') },
  }
  let stop = () => {}
  before(async () => {
    write(at, {
      'notes-service.mjs': example,
      'ca.pem': world.at.ca ?? '',
      'notes.pem': await declare(world, 'notes.example.com', 'notes'),
    })
    const service = spawn(process.execPath, ['notes-service.mjs'], {
      cwd: at,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    stop = () => void service.kill()
    await new Promise((ready) => service.stdout.once('data', ready))
  })
  after(() => stop())

  const ask = async (keys: Keys, sent = {}) => send(port, await sign(keys, new Date(), host, sent))
  /** Let in to note 1, and neither to write it nor to note 2. */
  async function isReader(keys: Keys, caller: RegExp) {
    const { status, body } = await ask(keys)
    assert.equal(status, 200, JSON.stringify(body))
    assert.match(String(body.caller), caller)
    for (const sent of [{ method: 'PUT', body: 'x' }, { path: '/notes/2' }]) {
      const refused = await ask(keys, sent)
      assert.deepEqual([refused.status, refused.body.__type], [403, 'AccessDeniedException'])
      assert.match(
        refused.body.message ?? '',
        /because no identity-based policy allows the notes:(?:Read|Write) action$/,
      )
    }
  }

  test('a person, by a session of a role', async () => {
    const alice = await user(world, 'alice', document(statement('Allow', 'sts:*', '*')))
    await isReader(await assume(world, alice, await role(world, 'Reader', mayRead)), /assumed-role\/Reader\/s1$/)
  })
  test('a guest of an identity pool: as far as AWS lets guests, and by the classic flow as far as their role', async () => {
    const pool = await makePool(server.as(server.root), { AllowClassicFlow: true })
    await setPolicy(world, pool.guests, mayRead)
    const { cognito, sts } = server.as(nobody)
    const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId: pool.IdentityPoolId }))
    const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId }))
    const { AccessKeyId = '', SecretKey = '', SessionToken = '' } = Credentials ?? {}
    const enhanced = await ask({ accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken })
    assert.match(enhanced.body.message ?? '', /because no session policy allows the notes:Read action$/)
    const { Token } = await cognito.send(new GetOpenIdTokenCommand({ IdentityId }))
    const RoleArn = `arn:aws:iam::${account}:role/${pool.guests}`
    const classic = new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'guest', WebIdentityToken: Token })
    await isReader(keysOf((await sts.send(classic)).Credentials), /assumed-role\/guests1\/guest$/)
  })
  test('a machine, by the role of its instance profile', async () => {
    await profileWithRole(world, 'web')
    await setPolicy(world, 'web', mayRead)
    await isReader(await fetchFrom(machineSource(await joined(world, 'one'))), /assumed-role\/web\/i-[0-9a-f]{17}$/)
  })
  test('curl, that signs by itself', async (t) => {
    const isThere = spawnSync('curl', ['--aws-sigv4']).stderr?.toString().includes('requires parameter')
    if (!isThere) return t.skip('there is no curl that signs')
    const bob = await user(
      world,
      'bob',
      document(statement('Allow', 'notes:*', noteArn('1')), statement('Allow', 'sts:*', '*')),
    )
    const who = ['-u', `${bob.accessKeyId}:${bob.secretAccessKey}`]
    // Hallpass is in this process: it must go on while curl waits.
    const curl = async (...args: string[]) =>
      (await promisify(execFile)('curl', ['-s', '--aws-sigv4', 'aws:amz:eu-west-1:notes', ...who, ...args])).stdout
    assert.match(await curl('-X', 'PUT', '-d', 'a note', `http://${host}/notes/1`), /"note":"a note"/)
    assert.match(await curl(`http://${host}/notes/1`), /"caller":"arn:aws:iam::111122223333:user\/bob"/)
    assert.match(await curl(`http://${host}/notes/2`), /AccessDeniedException/)
    const session = await assume(world, bob, await role(world, 'Curl', mayRead))
    const token = [
      '-u',
      `${session.accessKeyId}:${session.secretAccessKey}`,
      '-H',
      `x-amz-security-token: ${session.sessionToken}`,
    ]
    assert.match(await curl(...token, `http://${host}/notes/1`), /assumed-role\/Curl\/s1/)
  })
})
