// Development mode, from its first start to the last line that it prints, with the SDK's clients where a person would use
// the AWS CLI.
import { deepEqual, doesNotMatch, equal, match, ok, rejects } from 'node:assert/strict'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import {
  CreateRoleCommand,
  DetachUserPolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { ExplainOutput } from '../app/operator/explain-person.ts'
import { awsFiles, readSections } from '../client/aws-files.ts'
import { type Edit, editSections } from '../client/profile-file.ts'
import { employeeCommands, guestCommands } from '../dev/app-commands.ts'
import { invoke, newPath, serving } from './testing/world.ts'

/** Reads an SDK's settings from the files that dev writes. */
function profile(data: string, name: string) {
  const { credentials, config } = awsFiles(data)
  const settings = readSections(config).get(`profile ${name}`) ?? {}
  const keys = readSections(credentials).get(settings.source_profile ?? name) ?? {}
  return {
    endpoint: settings.endpoint_url ?? '',
    region: settings.region ?? '',
    credentials: { accessKeyId: keys.aws_access_key_id ?? '', secretAccessKey: keys.aws_secret_access_key ?? '' },
    settings,
  }
}

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' },
})
const lists = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: 'iam:List*', Resource: '*' },
})

test('the printed script: the caller’s identity, a role made, assumed and used, a refusal, and why', async () => {
  const { data, url, stop } = await serving('dev', newPath())
  const alice = profile(data, 'alice')
  equal(alice.endpoint, url)
  const sts = new STSClient(alice)
  const iam = new IAMClient(alice)
  equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::111122223333:user/developers/alice')

  const role = { RoleName: 'reports', AssumeRolePolicyDocument: trust }
  await rejects(iam.send(new CreateRoleCommand(role)), { name: 'AccessDenied' }, 'without the boundary she may not')
  const boundary = 'arn:aws:iam::111122223333:policy/developer-boundary'
  await iam.send(new CreateRoleCommand({ ...role, PermissionsBoundary: boundary }))
  await iam.send(new PutRolePolicyCommand({ RoleName: 'reports', PolicyName: 'list', PolicyDocument: lists }))

  const { settings, ...source } = profile(data, 'reports')
  const reports = new IAMClient({
    ...source,
    credentials: fromTemporaryCredentials({
      masterCredentials: source.credentials,
      params: { RoleArn: settings.role_arn ?? '', RoleSessionName: settings.role_session_name ?? '' },
      clientConfig: { endpoint: source.endpoint, region: source.region },
    }),
  })
  const { Users = [] } = await reports.send(new ListUsersCommand({}))
  deepEqual(
    Users.map(({ UserName }) => UserName),
    ['alice', 'bob', 'carol', 'hallpass-broker'],
  )

  let requestId = ''
  await rejects(reports.send(new ListAccessKeysCommand({ UserName: 'bob' })), (error: Error) => {
    requestId = (error as { $metadata?: { requestId?: string } }).$metadata?.requestId ?? ''
    return error.name === 'AccessDenied' && /explicit deny in a permissions boundary/.test(error.message)
  })
  for (const which of [requestId, '--last']) {
    const { code, out } = await invoke(['why', which, '--data', data])
    equal(code, 0)
    match(out, new RegExp(`request +${requestId}`))
    match(out, /permissions boundary +DENIES +account 111122223333 +\S+policy\/developer-boundary, statement 2/)
  }

  const deploy = { RoleArn: 'arn:aws:iam::444455556666:role/deployer', RoleSessionName: 'release' }
  await rejects(sts.send(new AssumeRoleCommand(deploy)), { name: 'AccessDenied' })
  match((await invoke(['why', '--last', '--data', data])).out, /role trust policy +is silent +account 444455556666/)
  ok((await sts.send(new AssumeRoleCommand({ ...deploy, ExternalId: 'example-release' }))).Credentials)

  const listed = JSON.parse((await invoke(['sessions', 'list', '--json', '--data', data])).out) as {
    sessions: { resource: string; caller: string }[]
  }
  deepEqual(
    listed.sessions.map(({ resource, caller }) => [resource, caller]),
    [
      ['arn:aws:iam::111122223333:role/reports', 'arn:aws:iam::111122223333:user/developers/alice'],
      ['arn:aws:iam::444455556666:role/deployer', 'arn:aws:iam::111122223333:user/developers/alice'],
    ],
  )
  for (const client of [sts, iam, reports]) client.destroy()
  await stop()
})

test('the roles of the demonstration require what they demonstrate', async (t) => {
  const { data } = await serving('dev', newPath())
  const assume = async (user: string, name: string, more: object = {}, account = '111122223333') => {
    const client = new STSClient(profile(data, user))
    const RoleArn = `arn:aws:iam::${account}:role/${name}`
    try {
      return (await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: user, ...more }))).Credentials
    } finally {
      client.destroy()
    }
  }
  const team = (Value: string) => ({ Tags: [{ Key: 'team', Value }] })
  const tags = {
    GitHub: 'Actions',
    Repository: 'corp/app',
    Workflow: 'release',
    Action: '__run',
    Actor: 'alice',
    Commit: 'e83c5163',
  }
  const pipeline = {
    ExternalId: 'example-release',
    DurationSeconds: 3600,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }
  const rows: [rule: string, allowed: boolean, ...Parameters<typeof assume>][] = [
    ['team-data: with the caller’s own team', true, 'alice', 'team-data', team('orders')],
    ['team-data: not with another’s', false, 'alice', 'team-data', team('payments')],
    ['team-data: not without a team', false, 'alice', 'team-data'],
    ['break-glass: not without a second factor', false, 'carol', 'break-glass'],
    [
      'deployer: with tags, as GitHub’s configure-aws-credentials sends them',
      true,
      'alice',
      'deployer',
      pipeline,
      '444455556666',
    ],
    ['deployer: not with the tags alone', false, 'alice', 'deployer', { Tags: pipeline.Tags }, '444455556666'],
    [
      'auditor: with the caller’s name as source identity',
      true,
      'bob',
      'auditor',
      { SourceIdentity: 'bob' },
      '444455556666',
    ],
    ['auditor: not under another’s', false, 'bob', 'auditor', { SourceIdentity: 'alice' }, '444455556666'],
    ['auditor: not without a source identity', false, 'bob', 'auditor', {}, '444455556666'],
  ]
  for (const [rule, allowed, ...how] of rows) {
    await t.test(rule, async () => {
      if (allowed) ok(await assume(...how))
      else await rejects(assume(...how), { name: 'AccessDenied' })
    })
  }
})

test('a second start keeps keys, users and what was made; what was deleted stays deleted', async () => {
  const data = newPath()
  const first = await serving('dev', data)
  const iam = new IAMClient(profile(data, 'carol'))
  await iam.send(
    new DetachUserPolicyCommand({ UserName: 'alice', PolicyArn: 'arn:aws:iam::111122223333:policy/developers' }),
  )
  iam.destroy()
  const before = [...readSections(awsFiles(data).credentials)]
  await first.stop()
  const { stop } = await serving('dev', data)
  deepEqual([...readSections(awsFiles(data).credentials)], before)
  const sts = new STSClient(profile(data, 'alice'))
  await rejects(
    sts.send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::111122223333:role/team-data', RoleSessionName: 'alice' })),
    { name: 'AccessDenied' },
  )
  sts.destroy()
  await stop()
})

test('a second start keeps profiles that apply wrote: their secrets are nowhere else', async () => {
  const first = await serving('dev', newPath())
  const { data } = first
  const file = `${newPath()}.yaml`
  writeFileSync(file, `accounts: [{ id: '123456789012', name: other, users: [{ name: dana, access-keys: 1 }] }]\n`)
  equal((await invoke(['apply', file, '--data', data])).code, 0)
  const before = profile(data, 'dana').credentials
  await first.stop()
  const { url, stop } = await serving('dev', data)
  deepEqual(profile(data, 'dana').credentials, before)
  equal(profile(data, 'dana').endpoint, url)
  await stop()
})

test('a start that cannot read the root credentials serves nothing, and says what to do', async () => {
  const data = newPath()
  await (await serving('dev', data)).stop()
  rmSync(join(data, 'root-credentials.json'))
  await rejects(serving('dev', data), /root-credentials\.json does not exist; .*hallpass root reset --data/)
  equal((await invoke(['root', 'reset', '--data', data])).code, 0)
  await (await serving('dev', data)).stop()
})

test('every profile, script and page names the endpoint of STS as well as the general one', async () => {
  const { data, url, stop } = await serving('dev', newPath())
  const config = readSections(awsFiles(data).config)
  const profiles = [...config].filter(([name]) => name.startsWith('profile '))
  deepEqual(
    profiles.map(([name]) => name.slice(8)),
    ['root', 'alice', 'bob', 'carol', 'reports', 'deployer'],
  )
  for (const [, settings] of profiles) deepEqual([settings.endpoint_url, settings.services], [url, 'hallpass'])
  const services = ['sts', 'iam', 'organizations', 'cognito_identity', 'rolesanywhere', 'eks', 'eks_auth']
  deepEqual(config.get('services hallpass'), Object.fromEntries(services.map((name) => [`${name}.endpoint_url`, url])))
  const { out } = await stop()
  // A variable for one service, or one that makes SDKs ignore endpoints, would override the profiles.
  match(out, /^unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS .*AWS_IGNORE_CONFIGURED_ENDPOINT_URLS$/m)
  const shell = { url, folder: '/x', proxied: false, hallpass: () => '', word: (text: string) => text }
  for (const { endpoint } of [
    employeeCommands(shell, { name: 'alice', other: 'bob', role: 'role', file: 'file' }),
    guestCommands(shell, 'pool', 'alice'),
  ]) {
    match(endpoint, new RegExp(`^export AWS_ENDPOINT_URL=${url}$`, 'm'))
    match(endpoint, new RegExp(`^export AWS_ENDPOINT_URL_STS=${url}$`, 'm'))
    match(endpoint, /^unset .*AWS_ENDPOINT_URL_COGNITO_IDENTITY.* AWS_ENDPOINT_URL_DYNAMODB$/m)
  }
})

test('a profile that `hallpass login` wrote in this folder is there after the next start', async () => {
  const { data, stop } = await serving('dev', newPath())
  await stop()
  const { config } = awsFiles(data)
  const own = { credential_process: 'hallpass credential-process --sign-in http://localhost:4600', services: 'mine' }
  editSections(
    config,
    new Map<string, Edit>([
      ['profile example', own],
      ['services mine', { 'sts.endpoint_url': 'http://127.0.0.1:4600' }],
      ['profile alice', { region: 'mars' }],
    ]),
  )
  await (await serving('dev', data)).stop()
  const sections = readSections(config)
  deepEqual(sections.get('profile example'), own)
  deepEqual(sections.get('services mine'), { 'sts.endpoint_url': 'http://127.0.0.1:4600' })
  equal(sections.get('profile alice')?.region, 'us-east-1')
})

test('two folders have different keys, and the same profiles', async () => {
  const [one, other] = [newPath(), newPath()]
  for (const data of [one, other]) await (await serving('dev', data)).stop()
  const [a, b] = [one, other].map((data) => readSections(awsFiles(data).credentials))
  deepEqual([...(a?.keys() ?? [])], ['root', 'alice', 'bob', 'carol'])
  deepEqual([...(b?.keys() ?? [])], ['root', 'alice', 'bob', 'carol'])
  const secrets = [a, b].flatMap((sections) =>
    [...(sections?.values() ?? [])].map((section) => section.aws_secret_access_key),
  )
  equal(new Set(secrets).size, 8)
})

test('the credentials are in a file of mode 0600, and are not printed', {
  skip: process.platform === 'win32' && 'modes are of Unix',
}, async () => {
  const { data, stop } = await serving('dev', newPath(), { terminal: true })
  const { credentials, config } = awsFiles(data)
  for (const file of [credentials, config]) equal(statSync(file).mode & 0o777, 0o600)
  const secrets = [...readSections(credentials).values()].map((section) => section.aws_secret_access_key ?? 'none')
  const { out, err } = await stop()
  for (const secret of secrets) ok(!`${out}${err}`.includes(secret))
  rmSync(data, { recursive: true })
})

test('env prints the variables of root or of a profile, and says when no server runs', async () => {
  const { data, url, stop } = await serving('dev', newPath())
  const environment = { AWS_ENDPOINT_URL_STS: 'https://elsewhere.example', AWS_ENDPOINT_URL_SSO: 'https://it.example' }
  const shell = (await invoke(['env', '--data', data], { environment })).out
  const cleared = /^unset (.*)$/m.exec(shell)?.[1]?.split(' ') ?? []
  for (const name of [
    'AWS_PROFILE',
    'AWS_SESSION_TOKEN',
    'AWS_ENDPOINT_URL_SSO',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  ])
    ok(cleared.includes(name), name)
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS']) {
    match(shell, new RegExp(`^export ${name}=${url}$`, 'm'))
    ok(!cleared.includes(name))
  }
  const read = async (...more: string[]) =>
    JSON.parse((await invoke(['env', '--json', '--data', data, ...more])).out) as Record<string, string>
  const sections = readSections(awsFiles(data).credentials)
  equal((await read()).AWS_SECRET_ACCESS_KEY, sections.get('root')?.aws_secret_access_key)
  equal((await read('--profile', 'bob')).AWS_ACCESS_KEY_ID, sections.get('bob')?.aws_access_key_id)
  const wrong = await invoke(['env', '--data', data, '--profile', 'eve'])
  deepEqual([wrong.code, wrong.out], [1, ''])
  match(wrong.err, /there is no profile eve in .*; there are root, alice, bob, carol/)
  await stop()
  const gone = await invoke(['env', '--data', data])
  deepEqual([gone.code, gone.out], [1, ''])
  match(gone.err, /no hallpass is running on .* start one with/)
})

test('the company directory: who may have what, after each start, until somebody applies another table', async () => {
  const data = newPath()
  const more = ['--public-url', 'http://localhost:4601']
  const explained = async (login: string) => {
    const { out } = await invoke(['people', 'explain', login, '--data', data, '--json'])
    const [person] = (JSON.parse(out) as ExplainOutput).people
    return [
      person?.refused,
      ...(person?.grants ?? []).map(
        ({ what, outcome, says }) => `${outcome} ${what}${says === undefined ? '' : `: ${says}`}`,
      ),
    ]
  }
  const all = {
    ann: [
      undefined,
      'given arn:aws:iam::111122223333:role/directory-administrator',
      'given arn:aws:iam::444455556666:role/directory-administrator',
      'given arn:aws:iam::444455556666:role/directory-reader',
    ],
    ben: [undefined, 'given arn:aws:iam::111122223333:role/directory-developer', 'given entitlements in 111122223333'],
    cleo: [undefined],
    dora: ['locked'],
    eli: ['locked'],
  }
  for (const start of ['the first start', 'another, with another port of the directory']) {
    const { stop } = await serving('dev', data, {}, more)
    for (const [login, grants] of Object.entries(all)) deepEqual(await explained(login), grants, `${login} at ${start}`)
    const { out } = await stop()
    match(out, /^curl -sS http:\/\/localhost:4601\/broker\/credentials /m)
    const [, script = '', byHand = ''] = out.split(/^(?:Paste this|Then as a person).*$/m)
    match(byHand, /^hallpass login --url http\S+ --role directory-developer --profile example$/m)
    // It may read what is pasted after it.
    doesNotMatch(script, /hallpass login/)
  }
  const own = `${newPath()}.yaml`
  writeFileSync(own, 'people: {}\n')
  equal((await invoke(['apply', own, '--data', data])).code, 0)
  const { stop } = await serving('dev', data, {}, more)
  match((await invoke(['people', 'explain', 'ann', '--data', data])).err, /there are no connectors/)
  await stop()
})

test('a person of the company directory gets both of the broker’s answers, as the printed script asks for them', async () => {
  const { url, stop } = await serving('dev', newPath(), {}, ['--public-url', 'http://localhost:4601'])
  const ask = (path: string, body?: object) =>
    new Promise<string>((resolve, reject) => {
      // The pages' host, on whatever port this server has.
      const headers = { Host: 'localhost:4601', ...(body && { 'Content-Type': 'application/json' }) }
      const sent = request(new URL(path, url), { method: body ? 'POST' : 'GET', headers }, async (answer) => {
        resolve(await text(answer))
      })
      sent.on('error', reject)
      sent.end(body && JSON.stringify(body))
    })
  const password = /password is <code>(\w+)<\/code>/.exec(await ask('/'))?.[1]
  const credentials = async (login: string, more: object = {}) => {
    const body = { connector: 'example-directory', login, password, ...more }
    const { Credentials, code } = JSON.parse(await ask('/broker/credentials', body)) as {
      Credentials?: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string }
      code?: string
    }
    if (Credentials === undefined) return code
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials
    const sts = new STSClient({
      ...{ endpoint: url, region: 'us-east-1' },
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    })
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    sts.destroy()
    return Arn?.replace(/-[a-z2-7]{10}$/, '-…')
  }
  const role = 'arn:aws:iam::111122223333:role/directory-developer'
  equal(await credentials('ben'), 'arn:aws:sts::111122223333:federated-user/ben-…')
  equal(await credentials('ben', { role }), 'arn:aws:sts::111122223333:assumed-role/directory-developer/ben-…')
  equal(await credentials('ann', { role }), 'AccessDenied')
  equal(await credentials('cleo'), 'AccessDenied')
  for (const login of ['dora', 'eli']) equal(await credentials(login), 'UnauthorizedException')
  await stop()
})
