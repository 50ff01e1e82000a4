// Instance metadata as SDKs ask for it: tokens, paths, what is answered when there are no credentials.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenerEntry } from '../config/agent-file.ts'
import { imdsHandler } from './imds.ts'
import type { InstanceFacts } from './instance.ts'
import { ask, credentialsFor, entryOf, opened, start, testClock } from './testing/agent.ts'

const facts: InstanceFacts = {
  ...{ accountId: '111122223333', instanceId: 'i-0123456789abcdef0', region: 'eu-central-1', hostname: 'web-1' },
  ...{ localIpv4: '10.0.0.5', instanceType: 'm5.large', tags: new Map([['Name', 'web 1']]) },
}
const token = 'X-aws-ec2-metadata-token'
const ttl = 'X-aws-ec2-metadata-token-ttl-seconds'
const credentialsPath = '/latest/meta-data/iam/security-credentials/'

interface Given {
  readonly v1?: boolean
  /** Of the process: what its random bytes are. */
  readonly secret?: number
  readonly facts?: InstanceFacts
  readonly entry?: Partial<ListenerEntry>
}

async function imds({ v1 = false, secret = 7, facts: known = facts, entry = {} }: Given = {}) {
  const { clock, pass } = testClock()
  const [v2Set, v1Set] = [credentialsFor('V2'), credentialsFor('V1')]
  let ofV1 = 0
  const port = await opened(
    entryOf('instance-metadata', entry),
    (callerOf) =>
      imdsHandler({
        ...{ credentials: v2Set, credentialsOfV1: v1 ? v1Set : undefined, facts: () => known, callerOf, clock },
        random: (bytes) => Buffer.alloc(bytes, secret),
        onV1: () => ofV1++,
      }),
    clock,
  )
  const newToken = async (seconds = '21600') => (await ask(port, 'PUT', '/latest/api/token', { [ttl]: seconds })).body
  return {
    ...{ port, pass, credentials: v2Set, newToken, ofV1: () => ofV1 },
    get: async (path: string, given?: string) => ask(port, 'GET', path, { [token]: given ?? (await newToken()) }),
  }
}

test('a token is given for the time that was asked for, and opens what an SDK reads', async () => {
  const { port, get, newToken } = await imds()
  const given = await ask(port, 'PUT', '/latest/api/token', { [ttl]: '60' })
  deepEqual(
    [given.status, given.headers['content-type'], given.headers.server, given.headers[ttl.toLowerCase()]],
    [200, 'text/plain', 'EC2ws', '60'],
  )
  match(given.body, /^[\w-]{54}==$/)
  const role = await get(credentialsPath, given.body)
  deepEqual([role.status, role.headers['content-type'], role.body], [200, 'text/plain', 'web'])
  equal(role.headers[ttl.toLowerCase()], '60')
  const set = await get(`${credentialsPath}web`, await newToken())
  equal(
    set.body,
    `{
  "Code" : "Success",
  "LastUpdated" : "2026-03-01T12:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAV2",
  "SecretAccessKey" : "secret of V2",
  "Token" : "token of V2",
  "Expiration" : "2026-03-01T13:00:00Z"
}`,
  )
  const extended = await get('/latest/meta-data/iam/security-credentials-extended/web')
  equal(JSON.parse(extended.body).AccountId, '111122223333')
})

for (const seconds of ['1', '21600']) {
  test(`a token lives ${seconds} seconds if that is asked for`, async () => {
    const { port } = await imds()
    equal((await ask(port, 'PUT', '/latest/api/token', { [ttl]: seconds })).headers[ttl.toLowerCase()], seconds)
  })
}

for (const [what, headers] of [
  ['no time', {}],
  ['no seconds', { [ttl]: '' }],
  ['zero', { [ttl]: '0' }],
  ['more than six hours', { [ttl]: '21601' }],
  ['a negative time', { [ttl]: '-1' }],
  ['a fraction', { [ttl]: '1.5' }],
  ['a word', { [ttl]: 'forever' }],
  ['two times', { [ttl]: '60,60' }],
] as const) {
  test(`a token for ${what} is not given`, async () => {
    const { port } = await imds()
    const { status, headers: answered, body } = await ask(port, 'PUT', '/latest/api/token', headers)
    deepEqual([status, answered['content-type']], [400, 'text/html'])
    match(body, /<title>400 - Missing or Invalid Parameters<\/title>/)
  })
}

for (const method of ['GET', 'POST', 'DELETE', 'HEAD']) {
  test(`${method} on the token's path is answered with the methods that it has`, async () => {
    const { port } = await imds()
    const { status, headers, body } = await ask(port, method, '/latest/api/token', { [ttl]: '60' })
    deepEqual([status, headers.allow, headers.server, body], [405, 'OPTIONS, PUT', 'EC2ws', ''])
  })
}

test('without a valid token everything is answered with 401, whatever it is: SDKs then get a token', async () => {
  const { port, newToken, pass, credentials, ofV1 } = await imds()
  const [short, good] = [await newToken('60'), await newToken()]
  pass(1)
  const foreign = await (await imds({ secret: 1 })).newToken()
  const altered = `${good.slice(0, 20)}${good[20] === 'A' ? 'B' : 'A'}${good.slice(21)}`
  const bad = [undefined, '', short, foreign, altered, good.slice(0, -2), `${good} `.repeat(2), 'x'.repeat(56)]
  for (const given of bad) {
    for (const path of [`${credentialsPath}web`, credentialsPath, '/latest/meta-data/', '/nowhere', '/']) {
      const { status, headers, body } = await ask(port, 'GET', path, given === undefined ? {} : { [token]: given })
      deepEqual([status, headers['content-type']], [401, 'text/html'], `${path} with ${given}`)
      match(body, /<h1>401 - Unauthorized<\/h1>/)
    }
  }
  equal((await ask(port, 'GET', '/latest/meta-data/instance-id', { [token]: good })).body, 'i-0123456789abcdef0')
  equal(credentials.state.asked, 0)
  equal(ofV1(), 5)
})

test('a token that was given by a clock that has been set back is taken no more', async () => {
  const { get, newToken, pass } = await imds()
  const given = await newToken()
  pass(-10)
  equal((await get('/latest/meta-data/instance-id', given)).status, 401)
})

test('where version 1 is allowed, it gets credentials of its own, and a bad token still gets none', async () => {
  const { port } = await imds({ v1: true })
  const { status, body, headers } = await ask(port, 'GET', `${credentialsPath}web`)
  deepEqual([status, JSON.parse(body).AccessKeyId, headers[ttl.toLowerCase()]], [200, 'ASIAV1', undefined])
  equal((await ask(port, 'GET', `${credentialsPath}web`, { [token]: 'x'.repeat(56) })).status, 401)
})

for (const [path, body] of [
  ['/latest/meta-data/instance-id', 'i-0123456789abcdef0'],
  ['/latest/meta-data/instance-id/', 'i-0123456789abcdef0'],
  ['/2021-03-23/meta-data/instance-id', 'i-0123456789abcdef0'],
  ['/latest/meta-data/placement/region', 'eu-central-1'],
  ['/latest/meta-data/placement/availability-zone', 'eu-central-1a'],
  ['/latest/meta-data/placement/', 'availability-zone\nregion'],
  ['/latest/meta-data/local-hostname', 'web-1'],
  ['/latest/meta-data/local-ipv4', '10.0.0.5'],
  ['/latest/meta-data/instance-type', 'm5.large'],
  ['/latest/meta-data/tags/instance/', 'Name'],
  ['/latest/meta-data/tags/instance/Name', 'web 1'],
  ['/latest/meta-data/iam/', 'info\nsecurity-credentials/'],
  ['/latest/meta-data/iam/security-credentials', 'web'],
  ['/latest/meta-data/', 'hostname\niam/\ninstance-id\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\ntags/'],
  ['/latest/', 'dynamic/\nmeta-data/'],
] as const) {
  test(`${path} says ${body.split('\n')[0]}`, async () => {
    const { status, body: said } = await (await imds()).get(path)
    deepEqual([status, said], [200, body])
  })
}

test('the identity document says what is known, and nothing else', async () => {
  const { get } = await imds()
  deepEqual(JSON.parse((await get('/latest/dynamic/instance-identity/document')).body), {
    ...{ accountId: '111122223333', availabilityZone: 'eu-central-1a', instanceId: 'i-0123456789abcdef0' },
    ...{ instanceType: 'm5.large', privateIp: '10.0.0.5', region: 'eu-central-1', version: '2017-09-30' },
  })
})

for (const path of [
  ...['/latest/meta-data/ami-id', '/latest/meta-data/iam/info', '/latest/user-data', '/latest/meta-data/public-keys/'],
  ...[`${credentialsPath}other`, `${credentialsPath}web/more`, '/latest/meta-data/__proto__', '/1999/meta-data/'],
  ...['//latest/meta-data/instance-id', '/latest/meta-data/%ZZ', '/latest/dynamic/instance-identity/pkcs7'],
  ...['/latest/meta-data/tags/instance/constructor', '/latest/../latest/meta-data/instance-id', '/'],
]) {
  test(`${path} is not there`, async () => {
    const { status, body } = await (await imds()).get(path)
    equal(status, 404)
    match(body, /<h1>404 - Not Found<\/h1>/)
  })
}

test('a machine that knows its instance profile tells it', async () => {
  const { get, credentials } = await imds()
  const profile = { arn: 'arn:aws:iam::111122223333:instance-profile/web', id: 'AIPA0123456789ABCDEFG' }
  credentials.state.set = { ...credentials.state.set, instanceProfile: profile }
  deepEqual(JSON.parse((await get('/latest/meta-data/iam/info')).body), {
    ...{ Code: 'Success', LastUpdated: '2026-03-01T12:00:00Z' },
    ...{ InstanceProfileArn: profile.arn, InstanceProfileId: profile.id },
  })
})

test('what is refused is told in AWS’s form; what has no answer is asked again', async () => {
  const { get, credentials } = await imds()
  credentials.refuse()
  const { status, body } = await get(`${credentialsPath}web`)
  deepEqual([status, JSON.parse(body).Code], [200, 'AssumeRoleUnauthorizedAccess'])
  ok(!('AccessKeyId' in JSON.parse(body)))
  equal((await get(credentialsPath)).status, 404)
  credentials.state.fails = new Error('https://hallpass.corp.example did not answer')
  for (const path of [credentialsPath, `${credentialsPath}web`, '/latest/meta-data/iam/info']) {
    const answer = await get(path)
    equal(answer.status, 503)
    ok(!answer.body.includes('corp.example'))
  }
})

test('a set that ended, or is not whole, is never given', async () => {
  const { get, credentials } = await imds()
  const good = credentials.state.set
  for (const set of [
    { ...good, expiration: new Date(start) },
    { ...good, expiration: new Date(Number.NaN) },
    { ...good, accessKeyId: '' },
    { ...good, secretAccessKey: '' },
    { ...good, sessionToken: '' },
  ]) {
    credentials.state.set = set
    equal((await get(`${credentialsPath}web`)).status, 503)
    equal((await get(credentialsPath)).status, 503)
  }
})

test('a time with a fraction of a second is cut: SDKs read whole seconds alone', async () => {
  const { get, credentials } = await imds()
  credentials.state.set = { ...credentials.state.set, expiration: new Date(start + 3_599_999) }
  equal(JSON.parse((await get(`${credentialsPath}web`)).body).Expiration, '2026-03-01T12:59:59Z')
})
