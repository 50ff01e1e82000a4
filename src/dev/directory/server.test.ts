// The development directory as a client of directories finds it: the library's own client, and OpenLDAP's where it is installed.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AndFilter, Client, EqualityFilter, ExtensibleFilter, NotFilter, OrFilter, PresenceFilter } from 'ldapts'
import { authority, certificate, keyText } from '../../federation/testing/idp.ts'
import type { DirectoryEntry } from './entries.ts'
import type { DirectoryOptions } from './server.ts'
import { scriptedDirectory } from './testing/scripted.ts'

const base = 'dc=corp,dc=example'
const ann = `uid=ann,ou=people,${base}`
const entries: readonly DirectoryEntry[] = [
  { dn: base, attributes: { objectClass: ['top', 'domain'], dc: 'corp' } },
  { dn: `cn=reader,${base}`, attributes: { objectClass: 'person', cn: 'reader' }, password: 'reads' },
  {
    dn: ann,
    attributes: {
      objectClass: ['person', 'inetOrgPerson'],
      uid: 'ann',
      cn: 'Ann (Ops)',
      jpegPhoto: Buffer.from([255, 0, 254]),
    },
    password: 'secret',
  },
  {
    dn: `uid=dora,ou=people,${base}`,
    attributes: { objectClass: 'person', uid: 'dora' },
    password: 'secret',
    state: 'disabled',
  },
  {
    dn: `uid=fay,ou=people,${base}`,
    attributes: { objectClass: 'person', uid: 'fay' },
    password: 'secret',
    state: 'password-expired',
  },
  {
    dn: `cn=inner,ou=groups,${base}`,
    attributes: { objectClass: 'groupOfNames', cn: 'inner', member: ann.toUpperCase() },
  },
  {
    dn: `cn=outer,ou=groups,${base}`,
    attributes: {
      objectClass: 'groupOfNames',
      cn: 'outer',
      member: [`cn=inner,ou=groups,${base}`, `cn=ring,ou=groups,${base}`],
    },
  },
  {
    dn: `cn=ring,ou=groups,${base}`,
    attributes: { objectClass: 'groupOfNames', cn: 'ring', member: `cn=outer,ou=groups,${base}` },
  },
]

const closing: (() => Promise<void>)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

async function directory(options: Partial<DirectoryOptions> = {}) {
  const server = await scriptedDirectory({ entries, ...options })
  closing.push(() => server.close())
  return server
}
function client(url: string, ca?: string): Client {
  const made = new Client({
    url,
    timeout: 5000,
    connectTimeout: 5000,
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
  })
  closing.push(() => made.unbind().catch(() => undefined))
  return made
}
async function reader(url: string): Promise<Client> {
  const made = client(url)
  await made.bind(`cn=reader,${base}`, 'reads')
  return made
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 0,
    (error: { code?: number }) => error.code,
  )

test('a bind holds with the right password alone, and never with none', async () => {
  const { url } = await directory()
  const one = client(url)
  assert.equal(await codeOf(one.bind(ann, 'secret')), 0)
  assert.equal(await codeOf(one.bind(ann, 'Secret')), 49)
  assert.equal(await codeOf(one.bind(`uid=nobody,${base}`, 'secret')), 49)
  assert.equal(await codeOf(one.bind(ann, '')), 53)
  assert.equal(await codeOf(one.search(base, { filter: new PresenceFilter({ attribute: 'cn' }) })), 50)
})

test('a server that takes a bind without a password calls it a success', async () => {
  const { url } = await directory({ allowsUnauthenticatedBind: true })
  const one = client(url)
  assert.equal(await codeOf(one.bind(ann, '')), 0)
  assert.equal(await codeOf(one.search(base, { filter: new PresenceFilter({ attribute: 'cn' }) })), 50)
})

const equals = (attribute: string, value: string) => new EqualityFilter({ attribute, value })
for (const [what, filter, dns] of [
  ['equality without case', equals('UID', 'ANN'), [ann]],
  ['text that would be a filter is text', equals('cn', 'Ann (Ops)'), [ann]],
  [
    'and, or, not',
    new AndFilter({
      filters: [
        new OrFilter({ filters: [equals('uid', 'ann'), equals('uid', 'dora')] }),
        new NotFilter({ filter: new PresenceFilter({ attribute: 'pwdAccountLockedTime' }) }),
      ],
    }),
    [ann],
  ],
  [
    'groups of a member, however its DN is written',
    equals('member', ann.replaceAll(',', ', ')),
    [`cn=inner,ou=groups,${base}`],
  ],
  ['memberOf, which is computed', equals('memberOf', `cn=inner,ou=groups,${base}`), [ann]],
  [
    'the chain rule, through groups in each other',
    new ExtensibleFilter({
      matchType: 'member',
      rule: '1.2.840.113556.1.4.1941',
      value: ann,
    }),
    ['inner', 'outer', 'ring'].map((name) => `cn=${name},ou=groups,${base}`),
  ],
] as const) {
  test(`a search finds by ${what}`, async () => {
    const { url } = await directory()
    const one = await reader(url)
    const { searchEntries } = await one.search(base, { scope: 'sub', filter })
    assert.deepEqual(
      searchEntries.map(({ dn }) => dn),
      dns,
    )
  })
}

test('scopes, attributes and pages are those that were asked for', async () => {
  const { url, requests } = await directory()
  const one = await reader(url)
  const everything = new PresenceFilter({ attribute: 'objectClass' })
  const names = async (scope: 'base' | 'one' | 'sub', paged = false) => {
    const { searchEntries } = await one.search(base, {
      scope,
      filter: everything,
      attributes: ['cn'],
      ...(paged ? { paged: { pageSize: 3 } } : {}),
    })
    return searchEntries.length
  }
  assert.deepEqual([await names('base'), await names('one'), await names('sub')], [1, 1, entries.length])
  const before = requests.length
  assert.equal(await names('sub', true), entries.length)
  assert.equal(requests.length - before, 3)
  const { searchEntries } = await one.search(ann, {
    scope: 'base',
    filter: everything,
    attributes: ['CN', 'memberOf', 'jpegPhoto'],
    explicitBufferAttributes: ['jpegPhoto'],
  })
  assert.deepEqual(searchEntries, [
    { dn: ann, CN: 'Ann (Ops)', memberOf: `cn=inner,ou=groups,${base}`, jpegPhoto: Buffer.from([255, 0, 254]) },
  ])
  const plain = await one.search(ann, { scope: 'base', filter: everything, attributes: ['1.1'] })
  assert.deepEqual(plain.searchEntries, [{ dn: ann, '1.1': [] }])
})

test('long attributes come in ranges', async () => {
  const { url } = await directory({ mostValues: 1 })
  const one = await reader(url)
  const outer = `cn=outer,ou=groups,${base}`
  const read = async (attribute: string) =>
    (
      await one.search(outer, {
        scope: 'base',
        filter: new PresenceFilter({ attribute: 'cn' }),
        attributes: [attribute],
      })
    ).searchEntries
  assert.deepEqual(await read('member'), [{ dn: outer, member: [], 'member;range=0-0': `cn=inner,ou=groups,${base}` }])
  assert.deepEqual(await read('member;range=1-*'), [{ dn: outer, 'member;range=1-*': `cn=ring,ou=groups,${base}` }])
})

const annWithAccount = { sAMAccountName: 'ann', userPrincipalName: 'ann@corp.example' }
test('as Active Directory it binds by principal and by domain, says why an account is closed, and computes tokenGroups', async () => {
  const [sid, other] = [Buffer.from([1, 1]), Buffer.from([1, 2])]
  const { url } = await directory({
    kind: 'active-directory',
    entries: entries.map((entry) => ({
      ...entry,
      attributes: {
        ...entry.attributes,
        ...(entry.dn === ann ? annWithAccount : {}),
        ...(entry.dn.startsWith('cn=inner') ? { objectSid: sid } : {}),
        ...(entry.dn.startsWith('cn=outer') ? { objectSid: other } : {}),
      },
    })),
  })
  const one = client(url)
  for (const name of ['ann@corp.example', 'CORP\\ann', ann])
    assert.equal(await codeOf(one.bind(name, 'secret')), 0, name)
  const { searchEntries } = await one.search(ann, {
    scope: 'base',
    filter: new PresenceFilter({ attribute: 'uid' }),
    attributes: ['tokenGroups'],
    explicitBufferAttributes: ['tokenGroups'],
  })
  assert.deepEqual(searchEntries, [{ dn: ann, tokenGroups: [sid, other] }])
  const closed = async (name: string, password: string) =>
    one.bind(name, password).catch(({ message }: Error) => /data (\w+)/.exec(message)?.[1])
  assert.equal(await closed(`uid=dora,ou=people,${base}`, 'secret'), '533')
  assert.equal(await closed(`uid=fay,ou=people,${base}`, 'secret'), '532')
  assert.equal(await closed(`uid=fay,ou=people,${base}`, 'wrong'), '52e')
  assert.equal(await closed(`uid=gus,ou=people,${base}`, 'wrong'), '525')
})

const tls = { cert: certificate('server'), key: keyText('server') }
test('it speaks TLS from the first byte', async () => {
  const { url } = await directory({ tls, ldaps: true })
  assert.match(url, /^ldaps:/)
  assert.equal(await codeOf(client(url, authority).bind(ann, 'secret')), 0)
  await assert.rejects(client(url).bind(ann, 'secret'))
})

test('it speaks TLS after StartTLS, and refuses a client without the certificate that it demands', async () => {
  const { url } = await directory({ tls })
  const one = client(url)
  await one.startTLS({ ca: authority })
  assert.equal(await codeOf(one.bind(ann, 'secret')), 0)
  const demanding = await directory({ tls: { ...tls, ca: authority } })
  const without = client(demanding.url)
  await assert.rejects(without.startTLS({ ca: authority }).then(() => without.bind(ann, 'secret')))
  const withOne = client(demanding.url)
  await withOne.startTLS({ ca: authority, ...tls })
  assert.equal(await codeOf(withOne.bind(ann, 'secret')), 0)
})

test('a test says what it does next: half an answer, a referral, another result, two entries, an end of the connection', async () => {
  const server = await directory()
  const one = await reader(server.url)
  const search = () => one.search(base, { scope: 'sub', filter: equals('uid', 'ann') })
  server.next('search', { references: ['ldap://elsewhere.example/'] })
  assert.deepEqual((await search()).searchReferences, ['ldap://elsewhere.example/'])
  server.next('search', { answer: { code: 51, message: 'busy' } })
  assert.equal(await codeOf(search()), 51)
  server.next('search', { entries: entries.slice(2, 4) })
  assert.equal((await search()).searchEntries.length, 2)
  server.next('search', { share: 0.5, close: true })
  await assert.rejects(search())
  const waits = Promise.withResolvers<void>()
  server.next('bind', { after: waits.promise })
  const binding = client(server.url).bind(ann, 'secret')
  waits.resolve()
  await binding
})

test('killed, it refuses connections; started again, it is where it was', async () => {
  const server = await directory()
  await reader(server.url)
  await server.kill()
  await assert.rejects(client(server.url).bind(ann, 'secret'), { code: 'ECONNREFUSED' })
  await server.restart()
  server.change(ann, { password: 'changed' })
  assert.equal(await codeOf(client(server.url).bind(ann, 'changed')), 0)
})
