// Which role of names a Host selects, that none can have two, and what the rules of a role keep from what answers there.
import { deepEqual, strictEqual as equal, match, rejects, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Exchange, Handler, Reply } from './exchange.ts'
import { byHost, hosts as compiled, type HostHandler, type HostNames, type Hosts, roleOf } from './hosts.ts'

/** The two roles that a server has, and whichever further ones. */
const rolesOf = (page: string | undefined, apis: readonly string[] = [], more: readonly HostNames[] = []) => [
  { role: 'pages', one: "the public URL's host", names: page === undefined ? [] : [page] },
  { role: 'apis', one: 'a name of the APIs', names: apis.length === 0 ? ('every other' as const) : apis },
  ...more,
]

function hosts(...given: Parameters<typeof rolesOf>): Hosts {
  const config = compiled(rolesOf(...given))
  if ('invalid' in config) throw new Error(config.invalid)
  return config
}

const invalid = (...given: Parameters<typeof rolesOf>) => {
  const config = compiled(rolesOf(...given))
  return 'invalid' in config ? config.invalid : ''
}

const dev = hosts('localhost:4600')
const company = hosts('sso.example.com', ['sts.example.com', '*.s3.example.com'])

const rows: readonly { rule: string; config: ReturnType<typeof hosts>; host: string; role: string | undefined }[] = [
  { rule: 'development: pages on localhost', config: dev, host: 'localhost:4600', role: 'pages' },
  { rule: 'development: APIs on 127.0.0.1', config: dev, host: '127.0.0.1:4600', role: 'apis' },
  { rule: 'nothing configured: all names are APIs', config: hosts(undefined), host: 'localhost', role: 'apis' },
  {
    rule: 'no names configured: every other name is an API',
    config: dev,
    host: 'host.docker.internal:4600',
    role: 'apis',
  },
  { rule: 'IPv6', config: dev, host: '[::1]:4600', role: 'apis' },
  { rule: 'the public host', config: company, host: 'sso.example.com', role: 'pages' },
  {
    rule: 'the public host on another port is not an API',
    config: company,
    host: 'sso.example.com:8443',
    role: 'pages',
  },
  { rule: 'the public host in capitals is not an API', config: company, host: 'SSO.Example.COM', role: 'pages' },
  { rule: 'the public host with a final dot is not an API', config: dev, host: 'localhost.:4600', role: 'pages' },
  { rule: 'an API name', config: company, host: 'sts.example.com:443', role: 'apis' },
  { rule: 'a name below a wildcard', config: company, host: 'bucket.name.s3.example.com', role: 'apis' },
  { rule: 'the wildcard itself is not below it', config: company, host: 's3.example.com', role: undefined },
  { rule: 'an empty label is not below it', config: company, host: '.s3.example.com', role: undefined },
  { rule: 'an unlisted name', config: company, host: 'evil.example.net', role: undefined },
  { rule: 'a name that ends like another', config: company, host: 'xsts.example.com', role: undefined },
  { rule: 'a name below the public host', config: company, host: 'a.sso.example.com', role: undefined },
  { rule: 'no Host', config: dev, host: '', role: undefined },
  { rule: 'user information', config: dev, host: 'localhost@evil.example', role: undefined },
  { rule: 'a path', config: dev, host: 'evil/localhost', role: undefined },
  { rule: 'a list', config: dev, host: 'a,localhost', role: undefined },
  { rule: 'a space', config: dev, host: 'localhost ', role: undefined },
]
for (const { rule, config, host, role } of rows) test(`route: ${rule}`, () => equal(roleOf(host, config), role))

test('a public host that is also an API name is refused at start-up', () => {
  match(invalid('sso.example.com', ['sso.example.com']), /cannot be a name of the APIs/)
  match(invalid('sso.example.com', ['*.example.com']), /cannot be a name of the APIs/)
})

test('what is not a name is refused at start-up', () => match(invalid(undefined, ['a b']), /not a host name/))

test('a further role is one row: names under which no cookie is seen or set, and one method is answered', async () => {
  const s3 = { role: 's3', one: 'a name of S3', names: ['s3.example', '*.s3.example'] }
  const roles = rolesOf('sso.example', ['sts.example'], [s3])
  const names = compiled(roles)
  if ('invalid' in names) throw new Error(names.invalid)
  const handler = byHost(names, [...both, { role: 's3', cookies: 'hidden', methods: ['GET'], handler: seen }], refused)
  deepEqual(await ask(handler, 'bucket.s3.example'), [200, 'GET without a cookie'])
  deepEqual(await ask(handler, 's3.example', 'PUT'), [405, 'Not with this method.'])
  deepEqual(await ask(handler, 'sso.example'), [200, 'GET with session=1'])
  deepEqual(await ask(handler, 'sts.example'), [200, 'GET with session=1'])
  deepEqual(await ask(handler, 'other.example'), [404, 'Nothing is served under this name.'])
})

describe('no name has two roles:', () => {
  const sets: readonly (readonly [rule: string, first: readonly string[], second: readonly string[], says: string])[] =
    [
      ['a name in both', ['a.example'], ['A.example.'], 'a.example'],
      ['a name below a wildcard', ['a.example'], ['*.example'], 'a.example'],
      ['a wildcard above a name', ['*.example'], ['a.b.example'], 'a.b.example'],
      ['a wildcard in both', ['*.example'], ['*.example'], '*.example'],
      ['a wildcard below a wildcard', ['*.example'], ['*.s3.example'], '*.s3.example'],
      ['whatever the port', ['a.example:443'], ['a.example:8443'], 'a.example'],
    ]
  for (const [rule, first, second, says] of sets) {
    test(rule, () => {
      const rows = [first, second].map((names, at) => ({ role: `${at}`, one: `${at}`, names }))
      deepEqual(compiled(rows), { invalid: `${says} is 0, so it cannot be 1` })
      deepEqual(compiled([...rows].reverse()), { invalid: `${says} is 1, so it cannot be 0` })
    })
  }
  test('and every other name in both', () => {
    const rows = ['0', '1'].map((one) => ({ role: one, one, names: 'every other' as const }))
    deepEqual(compiled(rows), { invalid: 'every other name is 0, so it cannot be 1' })
  })

  test('of all sets of three patterns, those that compile give a name the one role whose pattern it is of', () => {
    const patterns = ['a.x', 'b.a.x', 'x', '*.x', '*.a.x', '*.b.a.x', 'ba.x']
    const seen = ['x', 'a.x', 'b.a.x', 'c.a.x', 'c.b.a.x', 'ba.x', 'xx', 'y']
    const isOf = (name: string, pattern: string) =>
      pattern.startsWith('*.')
        ? name.split('.').length >= pattern.split('.').length &&
          `.${name}`.endsWith(pattern.slice(1)) &&
          name !== pattern.slice(2)
        : name === pattern
    let compiledSets = 0
    for (const one of patterns) {
      for (const two of patterns) {
        for (const three of patterns) {
          const rows = [one, two, three].map((name, at) => ({ role: `${at}`, one: '', names: [name] }))
          const of = seen.map((name) => rows.filter(({ names }) => names.some((pattern) => isOf(name, pattern))))
          const names = compiled(rows)
          if ('invalid' in names) continue
          compiledSets++
          deepEqual(
            seen.map((name) => roleOf(name, names)),
            of.map(([row]) => row?.role),
          )
          equal(
            of.every((rows) => rows.length < 2),
            true,
          )
        }
      }
    }
    equal(compiledSets > 50, true)
  })
})

const cookie = 'session=1'
const answer = (status: number, body: string, headers: readonly string[] = []): Reply => ({ status, headers, body })
/** Says which method it saw, and which cookie. */
const seen: Handler = ({ message }) => {
  const sent = 'headers' in message ? message.headers.get('cookie') : undefined
  return answer(200, `${message.method} ${sent === undefined ? 'without a cookie' : `with ${sent}`}`)
}
const refused: Handler = () => answer(400, 'a header stood twice')
const both: readonly HostHandler[] = [
  { role: 'pages', cookies: 'used', methods: 'any', handler: seen },
  { role: 'apis', cookies: 'signed', methods: 'any', handler: seen },
]

const asking = (host: string, method = 'GET') =>
  ({
    requestId: 'REQUEST',
    message: { method, target: '/', headers: new Map([['cookie', cookie]]) },
    from: { address: '192.0.2.1', tls: true, userAgent: '', host },
  }) as unknown as Exchange

async function ask(handler: Handler, host: string, method?: string) {
  const { status, body } = await handler(asking(host, method))
  return [status, String(body).trimEnd()]
}

test('a request in which no Host can be believed is answered by what refuses it, whatever its Host', async () => {
  const handler = byHost(hosts('sso.example'), both, refused)
  const message = { method: 'GET', target: '/', repeated: 'host', contentType: '' }
  equal((await handler({ ...asking('sso.example'), message })).status, 400)
})

test('an answer that sets a cookie is not sent, but under names where cookies are used', async () => {
  const set = answer(200, '', ['Content-Type', 'text/plain', 'Set-Cookie', cookie])
  const names = hosts('sso.example')
  const under = (cookies: HostHandler['cookies'], handler: Handler) =>
    byHost(names, [{ role: 'pages', cookies, methods: 'any', handler }], refused)(asking('sso.example'))
  equal(
    under('used', () => set),
    set,
  )
  for (const cookies of ['hidden', 'signed'] as const) {
    throws(() => under(cookies, () => set), /an answer under a name of pages sets a cookie/)
    await rejects(async () => under(cookies, async () => set), /sets a cookie/)
  }
})
