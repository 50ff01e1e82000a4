import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { GetRoleCommand, GetUserCommand, IAMClient, ListAttachedUserPoliciesCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { awsFiles, readSections } from '../client/aws-files.ts'
import { demonstration } from '../dev/demonstration.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const write = (text: string) => {
  const name = `${newPath()}.yaml`
  writeFileSync(name, text)
  return name
}

/** A store on which a server has started and stopped. */
async function stored(): Promise<string> {
  const data = newPath()
  await (await serving('serve', data)).stop()
  return data
}

const seed = `accounts:
  - id: '123456789012'
    name: first
    policies:
      reader: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'iam:Get*', Resource: '*' }] }
    users:
      - name: dana
        tags: { team: a }
        attach: [reader]
        access-keys: 1
    roles:
      - name: worker
        trust: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}'
        boundary: reader
        description: works
        max-session-duration: 7200
`

test('applying makes what is missing; applying again changes nothing', async () => {
  const data = await stored()
  const file = write(seed)
  const dry = await invoke(['apply', file, '--dry-run', '--data', data])
  match(dry.out, /^would create {2}account 123456789012$/m)
  equal(existsSync(awsFiles(data).config), false)
  const first = await invoke(['apply', file, '--data', data])
  equal(first.code, 0, first.err)
  deepEqual(first.out.split('\n'), [
    'created  account 123456789012',
    'created  policy 123456789012/reader',
    'created  user 123456789012/dana',
    'created  role 123456789012/worker',
    'created  access key 123456789012/dana',
  ])
  const again = await invoke(['apply', file, '--data', data])
  equal(again.code, 0)
  equal(again.out, '')
  match(again.err, /nothing to change/)
})

test('a file must respect the quotas of the settings', async () => {
  const data = await stored()
  const file = write(seed.replace('access-keys: 1', 'access-keys: 3'))
  const refused = await invoke(['apply', file, '--data', data])
  equal(refused.code, 1)
  match(refused.err, /a user has at most 2 access keys/)
  const config = write('quotas: { AccessKeysPerUser: 3 }\n')
  equal((await invoke(['apply', file, '--data', data, '--config', config])).code, 0)
})

test('what was created and what was changed are listed apart, each once, as text and as JSON', async () => {
  const data = await stored()
  await invoke(['apply', write(seed), '--data', data])
  const more = seed
    .replace('name: first', 'name: renamed')
    .replace("'iam:Get*'", "'iam:List*'")
    .replace('description: works', 'description: works harder')
    .replace('7200', '3600')
    .replace('"AWS":"123456789012"', '"AWS":"*"')
    .replace(
      '    roles:\n',
      '      - { name: erin, path: /x/, access-keys: 1 }\n    roles:\n      - { name: idle, trust: \'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}\' }\n',
    )
  const file = write(more)
  const created = ['user 123456789012/erin', 'role 123456789012/idle', 'access key 123456789012/erin']
  const changed = ['account 123456789012', 'policy 123456789012/reader', 'role 123456789012/worker']
  const dry = await invoke(['apply', file, '--dry-run', '--json', '--data', data])
  equal(dry.code, 0, dry.err)
  deepEqual(JSON.parse(dry.out), { created, changed, removed: [], keys: [] })
  const { out } = await invoke(['apply', file, '--json', '--data', data])
  const printed = JSON.parse(out) as { created: string[]; changed: string[]; config: string }
  deepEqual([printed.created, printed.changed, printed.config], [created, changed, awsFiles(data).config])
})

test('profiles are written beside the credentials, with the endpoint of the running server or of the settings', async () => {
  const { data, url, stop } = await serving('serve', newPath())
  const first = await invoke(['apply', write(seed), '--data', data])
  const { config, credentials } = awsFiles(data)
  if (process.platform !== 'win32') equal(statSync(config).mode & 0o777, 0o600)
  const read = () => Object.fromEntries(readSections(config))
  const profile = { endpoint_url: url, services: 'hallpass', region: 'us-east-1', output: 'json' }
  deepEqual(read()['profile dana'], profile)
  equal(read()['services hallpass']?.['sts.endpoint_url'], url)
  match(first.err, new RegExp(`^export AWS_CONFIG_FILE=${config} AWS_SHARED_CREDENTIALS_FILE=${credentials}$`, 'm'))
  await stop()
  const second = write(seed.replace('- name: dana', '- { name: erin, access-keys: 1 }\n      - name: dana'))
  await invoke(['apply', second, '--data', data], {
    environment: { HALLPASS_LISTEN: '0.0.0.0:4711', HALLPASS_TRUSTED_PROXIES: '10.0.0.1' },
  })
  deepEqual(read()['profile erin'], { ...profile, endpoint_url: 'http://127.0.0.1:4711' })
  deepEqual(read()['profile dana'], profile, 'what was there stays')
})

test('the demonstration can be applied to any store, and applying it again changes nothing', async () => {
  const data = await stored()
  const file = write(demonstration().text)
  match((await invoke(['apply', file, '--data', data])).out, /created {2}role 444455556666\/auditor/)
  equal((await invoke(['apply', file, '--data', data])).out, '')
})

test('on a running server it takes effect at once; keys go to a file of mode 0600 and to no stream', async () => {
  const { data, url } = await serving('serve', newPath())
  const { out, err } = await invoke(['apply', write(seed), '--data', data], { terminal: true })
  const file = awsFiles(data).credentials
  if (process.platform !== 'win32') equal(statSync(file).mode & 0o777, 0o600)
  const { aws_access_key_id: accessKeyId = '', aws_secret_access_key: secretAccessKey = '' } =
    readSections(file).get('dana') ?? {}
  ok(secretAccessKey.length === 40 && !`${out}${err}`.includes(secretAccessKey))
  match(err, new RegExp(`access key ${accessKeyId} of dana \\(123456789012\\) is in .*credentials as profile dana`))
  const client = { endpoint: url, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } }
  const sts = new STSClient(client)
  equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::123456789012:user/dana')
  const iam = new IAMClient(client)
  deepEqual((await iam.send(new GetUserCommand({ UserName: 'dana' }))).User?.Tags, [{ Key: 'team', Value: 'a' }])
  const role = (await iam.send(new GetRoleCommand({ RoleName: 'worker' }))).Role
  equal(role?.MaxSessionDuration, 7200)
  equal(role?.PermissionsBoundary?.PermissionsBoundaryArn, 'arn:aws:iam::123456789012:policy/reader')

  // A change in the file is applied, and what it no longer says is withdrawn.
  const changed = seed
    .replace('attach: [reader]\n', "attach: ['arn:aws:iam::aws:policy/IAMReadOnlyAccess']\n")
    .replace('team: a', 'team: b')
  equal((await invoke(['apply', write(changed), '--data', data])).out, 'changed  user 123456789012/dana')
  const { AttachedPolicies } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: 'dana' }))
  deepEqual(
    AttachedPolicies?.map(({ PolicyName }) => PolicyName),
    ['IAMReadOnlyAccess'],
  )
  const wider = seed.replace("'iam:Get*'", "'iam:*'")
  match((await invoke(['apply', write(wider), '--data', data])).out, /changed {2}policy 123456789012\/reader/)
  for (const one of [sts, iam]) one.destroy()
})

const mistakes: [rule: string, change: (text: string) => string, says: RegExp][] = [
  ['invalid YAML', (text) => `${text}\n  }`, /^hallpass: \S+\.yaml:\d+:\d+: /],
  [
    'an unknown field',
    (text) => text.replace('name: dana', 'nom: dana'),
    /:7:9: nom: no such field; the fields are name/,
  ],
  ['a missing field', (text) => text.replace('name: dana\n        ', ''), /:7:9: name is missing/],
  [
    'an unquoted account id',
    (text) => text.replace("'123456789012'\n", '123456789012\n'),
    /:2:9: id: must be a string: put it in quotes/,
  ],
  [
    'an invalid account id',
    (text) => text.replace("'123456789012'\n", "'12345678901'\n"),
    /:2:5: an account id is 12 digits/,
  ],
  ['an invalid policy', (text) => text.replace('Effect: Allow,', 'Effect: Perhaps,'), /:5:7: /],
  ['an invalid trust policy', (text) => text.replace('"Action":"sts:AssumeRole"', '"Deed":1'), /:13:9: /],
  [
    'a principal that does not exist',
    (text) => text.replace('"AWS":"123456789012"', '"AWS":"999999999999"'),
    /:13:9: Invalid principal/,
  ],
  ['a policy that does not exist', (text) => text.replace('attach: [reader]', 'attach: [writer]'), /:9:9: .*writer/],
  ['a boundary that does not exist', (text) => text.replace('boundary: reader', 'boundary: writer'), /:14:9: .*writer/],
  [
    'three access keys',
    (text) => text.replace('access-keys: 1', 'access-keys: 3'),
    /:10:9: a user has at most 2 access keys/,
  ],
  ['a session of two days', (text) => text.replace('7200', '172800'), /:16:9: .*maxSessionDuration/],
  ['an invalid name', (text) => text.replace('name: dana', 'name: d a n a'), /:7:9: .*userName is invalid/],
  ['a tag of AWS’s own', (text) => text.replace('team: a', "'aws:team': a"), /:8:9: aws: prefixed tag key/],
  ['a user twice', (text) => text.replace('    roles:', '      - name: DANA\n    roles:'), /:11:9: DANA appears twice/],
]
test('a large file is applied, whether a server runs or not', async () => {
  const { data, stop } = await serving('serve', newPath())
  const file = write(`${seed}${'# what an operator has to say about it\n'.repeat(40_000)}`)
  const first = await invoke(['apply', file, '--data', data])
  equal(first.code, 0, first.err)
  await stop()
  match((await invoke(['apply', file, '--data', data])).err, /nothing to change/)
})

test('a mistake is reported with file:line:column, and nothing of the file is applied', async (t) => {
  const data = await stored()
  for (const [rule, change, says] of mistakes) {
    await t.test(rule, async () => {
      const text = change(seed)
      ok(text !== seed)
      const { code, out, err } = await invoke(['apply', write(text), '--data', data])
      equal(code, 1)
      equal(out, '')
      match(err, says)
    })
  }
  await t.test('the corrected file makes everything afterwards', async () => {
    equal((await invoke(['apply', write(seed), '--data', data])).out.split('\n').length, 5)
  })
})

test('several mistakes are reported at once', async () => {
  const { err } = await invoke([
    'apply',
    write(seed.replace('name: dana', 'nom: dana').replace('boundary: reader', 'bound: reader')),
    '--data',
    await stored(),
  ])
  equal(err.split('\n').length, 3)
})

test('applying does not change a path: policies name principals by it', async () => {
  const data = await stored()
  await invoke(['apply', write(seed), '--data', data])
  const { code, err } = await invoke([
    'apply',
    write(seed.replace('name: dana\n', 'name: dana\n        path: /x/\n')),
    '--data',
    data,
  ])
  equal(code, 1)
  match(err, /:8:9: user dana is at \/: a path is not changed here/)
})

test('a file that does not exist is reported', async () => {
  const { code, err } = await invoke(['apply', '/nowhere/seed.yaml', '--data', newPath()])
  deepEqual([code, err], [1, 'hallpass: /nowhere/seed.yaml: there is no such file'])
})
