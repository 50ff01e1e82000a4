import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import { pooledRandom } from '../../../keys/random.ts'
import { createVault, VaultRefused } from '../../../keys/vault.ts'
import { newWorld, start } from '../../session/testing/world.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { brokerUser, corp, row } from '../testing/people-kit.ts'
import { tableToApply } from './apply-table.ts'
import type { PeopleSection } from './file/people-file.ts'
import { createPeopleTable } from './table.ts'
import { KEPT_VERSIONS, peopleTableInForce, peopleTables } from './table-record.ts'

const password = 'planted-bind-password'
const withPassword = (text: string): PeopleSection['connectors'][number] => ({
  ...corp,
  tags: new Map([['Department', 'department']]),
  directory: { ...corp.directory, bind: { name: 'cn=hallpass', password: new Secret(text) } },
})
const section = (more: Partial<PeopleSection> = {}): PeopleSection => ({
  ...{ connectors: [withPassword(password)], brokers: [brokerUser], targets: [], deviceNetworks: [] },
  assignments: [row('CN=A,DC=corp', { roles: ['arn:aws:iam::111122223333:role/A'] })],
  ...more,
})

async function world() {
  const { store, ring } = await newWorld([peopleTables, peopleTableInForce])
  const vault = createVault(ring, pooledRandom())
  const apply = (table: PeopleSection) =>
    store.transact(tableToApply({ vault, random: randomBytes }, 'people.yaml', table, start))
  return { store, vault, apply, table: createPeopleTable({ store, vault }) }
}

test('what was applied is in force at the next use, on every node', async () => {
  const { store, vault, apply, table } = await world()
  const other = createPeopleTable({ store, vault })
  equal((await other()).version, 0)
  await apply(section())
  for (const read of [table, other]) {
    const { version, ...rest } = await read()
    equal(version, 1)
    deepEqual(rest, section())
    const [connector] = rest.connectors
    ok(connector?.kind === 'directory')
    equal(connector.directory.bind?.password.reveal(), password)
    equal(connector.tags.get('Department'), 'department')
  }
  await apply(section({ assignments: [] }))
  deepEqual((await other()).assignments, [])
})

test('a version is opened once: the same object until another is in force', async () => {
  const { apply, table } = await world()
  await apply(section())
  equal(await table(), await table())
  const before = await table()
  await apply(section({ brokers: [] }))
  notEqual(await table(), before)
})

test('applying the same again is no version; another password, or other lines, is one', async () => {
  const { apply } = await world()
  equal((await apply(section())).isNew, true)
  deepEqual(await apply(section()), { version: 1, isNew: false, created: [], changed: [], removed: [] })
  const other = await apply(section({ connectors: [withPassword('another')] }))
  deepEqual(other, { version: 2, isNew: true, created: [], changed: ['connector corp'], removed: [] })
  const [moved] = section().assignments.map((one) => ({ ...one, place: 'people.yaml:9:1' }))
  ok(moved !== undefined)
  const lines = await apply(section({ connectors: [withPassword('another')], assignments: [moved] }))
  deepEqual(lines, { version: 3, isNew: true, created: [], changed: [], removed: [] })
})

test('changes are said by row, with its place', async () => {
  const { apply } = await world()
  const at = (place: string, group: string, more = {}) =>
    row(group, { place, roles: ['arn:aws:iam::1:role/A'], ...more })
  await apply(section({ assignments: [at('f:1:1', 'A'), at('f:2:1', 'B'), at('f:3:1', 'B'), at('f:4:1', 'C')] }))
  const { created, changed, removed } = await apply(
    section({
      assignments: [at('f:1:1', 'A', { multiFactor: true }), at('f:2:1', 'B'), at('f:3:1', 'D')],
      deviceNetworks: ['10.0.0.0/8'],
    }),
  )
  deepEqual(created, ["assignment corp 'D' (f:3:1)", 'device network 10.0.0.0/8'].toReversed())
  deepEqual(changed, ["assignment corp 'A' (f:1:1)"])
  deepEqual(removed, ["assignment corp 'B' (f:3:1)", "assignment corp 'C' (f:4:1)"])
})

test('the last versions are kept', async () => {
  const { store, apply, table } = await world()
  for (let at = 0; at <= KEPT_VERSIONS; at++) await apply(section({ deviceNetworks: [`10.0.0.${at}/32`] }))
  const { items } = await store.list(peopleTables, 'key', { prefix: [SYSTEM], limit: 100 })
  deepEqual([items.length, items[0]?.version, (await table()).version], [KEPT_VERSIONS, 2, KEPT_VERSIONS + 1])
})

test('secrets are sealed, each to its version and its place', async () => {
  const { store, apply, table } = await world()
  const two = [withPassword(password), { ...withPassword('other'), name: 'other' }]
  await apply(section({ connectors: two }))
  await table()
  const record = await store.get(peopleTables, [SYSTEM, 1])
  ok(record !== undefined && !record.text.includes(password))
  const sealed = [...record.text.matchAll(/"\$secret":"([^"]+)"/g)].map(([, text = '']) => text)
  equal(sealed.length, 2)
  // Exchanged: the password of one directory would be sent to the other.
  const [first = '', second = ''] = sealed
  const text = record.text.replace(first, '?').replace(second, first).replace('?', second)
  await store.transact(async (tx) => {
    await tx.create(peopleTables, { ...record, version: 2, text })
    await tx.replace(peopleTableInForce, { account: SYSTEM, version: 2 })
  })
  await rejects(table(), VaultRefused)
})
