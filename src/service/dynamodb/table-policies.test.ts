// What policies of tables and streams decide: whole requests, put to the policy engine with the caller's own policies.
import { equal, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compile } from '../../core/policy/compile.ts'
import { chaos } from '../../store/testing/chaos.ts'
import type { Operation } from '../operation.ts'
import { roles, users } from '../records.ts'
import { ACCOUNT, addRole, addUser, asUser, type Caller, OTHER, root, rootOf } from '../testing/operations-kit.ts'
import { tablePolicies } from './policy-records.ts'
import {
  arnOf,
  ask,
  ended,
  everything,
  holding,
  nodeOver,
  openPolicies,
  type PoliciesKit,
  policy,
  roleWith,
  userWith,
} from './testing/policies-kit.ts'

const music = arnOf('Music')
const label = '2026-02-01T00:00:00.000'
const stream = `${music}/stream/${label}`
const Key = { id: { S: '1' } }
const ann = `arn:aws:iam::${ACCOUNT}:user/Ann`
const foreigner = `arn:aws:iam::${OTHER}:user/Eve`

const allow = (AWS: string | readonly string[], Action: string | readonly string[], more: object = {}) => ({
  ...{ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' },
  ...more,
})
const deny = (Principal: unknown, Action: string | readonly string[], more: object = {}) => ({
  ...{ Effect: 'Deny', Principal, Action, Resource: '*' },
  ...more,
})

async function open() {
  const kit = await openPolicies()
  kit.backend.streams.add(`table/Music/stream/${label}`)
  const put = (Policy: string, ResourceArn = music, more: object = {}) =>
    ask(kit, kit.ops.PutResourcePolicy, { ResourceArn, Policy, ConfirmRemoveSelfResourceAccess: true, ...more }, root)
  return { kit, put }
}

const getItem = (kit: PoliciesKit, as: Caller, TableName = music) =>
  ended(ask(kit, kit.ops.GetItem, { TableName, Key }, as))
const scan = (kit: PoliciesKit, as: Caller, more: object = {}) =>
  ended(ask(kit, kit.ops.Scan, { TableName: music, ...more }, as))

describe('in its own account', () => {
  test('a policy grants to a user who has no policy', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'))
    equal(await getItem(kit, user, 'Music'), 'denied')
    await put(policy(allow(ann, 'dynamodb:GetItem')))
    equal(await getItem(kit, user, 'Music'), 'ok')
    equal(await getItem(kit, user), 'ok')
    equal(await scan(kit, user), 'denied')
    equal(await getItem(kit, userWith(await addUser(kit, 'Bob'))), 'denied')
  })
  test('to a role, within its boundary', async () => {
    const { kit, put } = await open()
    const record = await addRole(kit, 'Reader')
    const reader = roleWith(record)
    await put(policy(allow(`arn:aws:iam::${ACCOUNT}:role/Reader`, 'dynamodb:*')))
    equal(await getItem(kit, reader), 'ok')
    const boundary = compile(policy({ Effect: 'Allow', Action: 'dynamodb:Scan', Resource: '*' }), {
      ...{ kind: 'boundary', source: 'boundary' },
    })
    const bounded = { ...reader, subject: { ...reader.subject, boundary } } as Caller
    equal(await getItem(kit, bounded), 'denied')
    equal(await scan(kit, bounded), 'ok')
  })
  test('to the account: then its own policies decide', async () => {
    const { kit, put } = await open()
    const record = await addUser(kit, 'Ann')
    await put(policy(allow(ACCOUNT, 'dynamodb:*')))
    equal(await getItem(kit, userWith(record)), 'denied')
    equal(await getItem(kit, userWith(record, everything)), 'ok')
  })
  test('a Deny holds against every policy of the caller’s, root’s too', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    await put(policy(deny('*', 'dynamodb:GetItem')))
    equal(await getItem(kit, user), 'denied')
    equal(await getItem(kit, root), 'denied')
    equal(await scan(kit, user), 'ok')
  })
  test('a Deny spares whom NotPrincipal names', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    const other = userWith(await addUser(kit, 'Bob'), everything)
    const { Principal: _, ...statement } = deny('', 'dynamodb:*')
    await put(policy({ ...statement, NotPrincipal: { AWS: [ann, ACCOUNT] } }))
    equal(await getItem(kit, user), 'ok')
    equal(await getItem(kit, other), 'denied')
  })
})

describe('across accounts', () => {
  const eve = async (kit: PoliciesKit, ...texts: readonly string[]) =>
    userWith(await addUser(kit, 'Eve', '/', OTHER), ...texts)

  test('both sides must allow it, and the table is given by its ARN', async () => {
    const { kit, put } = await open()
    const record = await addUser(kit, 'Eve', '/', OTHER)
    const [with_, without] = [userWith(record, everything), userWith(record)]
    equal(await getItem(kit, with_), 'denied')
    await put(policy(allow(foreigner, 'dynamodb:GetItem')))
    equal(await getItem(kit, with_), 'ok')
    equal(await getItem(kit, without), 'denied')
    equal(await scan(kit, with_), 'denied')
  })
  test('by its name it is the caller’s own table: the policy of the other says nothing', async () => {
    const { kit, put } = await open()
    const caller = await eve(kit)
    await put(policy(allow(foreigner, 'dynamodb:*')))
    equal(await getItem(kit, caller, 'Music'), 'denied')
  })
  test('a grant to the account is the account’s to hand on', async () => {
    const { kit, put } = await open()
    const record = await addUser(kit, 'Eve', '/', OTHER)
    await put(policy(allow(OTHER, 'dynamodb:GetItem')))
    equal(await getItem(kit, userWith(record)), 'denied')
    equal(await getItem(kit, userWith(record, everything)), 'ok')
    equal(await getItem(kit, rootOf(OTHER)), 'ok')
  })
  test('the policy of one table opens no other', async () => {
    const { kit, put } = await open()
    kit.backend.tables.add('Notes')
    const caller = await eve(kit, everything)
    await put(policy(allow(foreigner, 'dynamodb:*', { Resource: [music, arnOf('Notes')] })))
    equal(await getItem(kit, caller), 'ok')
    equal(await getItem(kit, caller, arnOf('Notes')), 'denied')
  })
  test('in a batch and in a transaction each table is asked for by its own policy', async () => {
    const { kit, put } = await open()
    kit.backend.tables.add('Notes')
    const caller = await eve(kit, everything)
    await put(policy(allow(foreigner, ['dynamodb:BatchGetItem', 'dynamodb:GetItem'])))
    const batch = (...names: readonly string[]) =>
      ended(
        ask(
          kit,
          kit.ops.BatchGetItem,
          { RequestItems: Object.fromEntries(names.map((name) => [arnOf(name), { Keys: [Key] }])) },
          caller,
        ),
      )
    const transaction = (...names: readonly string[]) =>
      ended(
        ask(
          kit,
          kit.ops.TransactGetItems,
          { TransactItems: names.map((name) => ({ Get: { TableName: arnOf(name), Key } })) },
          caller,
        ),
      )
    for (const asked of [batch, transaction]) {
      equal(await asked('Music'), 'ok')
      equal(await asked('Music', 'Notes'), 'denied')
    }
  })
  test('of everything only what DynamoDB opens to other accounts: no tables are made, restored, exported or backed up', async () => {
    const { kit, put } = await open()
    const caller = await eve(kit, policy({ Effect: 'Allow', Action: '*', Resource: '*' }))
    await put(policy(allow(foreigner, '*')))
    await put(policy(allow(foreigner, '*')), stream)
    const TableName = music
    const ResourceArn = music
    const opened = await Promise.all([
      getItem(kit, caller),
      ...(
        [
          [kit.ops.DescribeTable, { TableName }],
          [kit.ops.UpdateTable, { TableName }],
          [kit.ops.ListTagsOfResource, { ResourceArn }],
          [kit.streams.DescribeStream, { StreamArn: stream }],
        ] as const
      ).map(([operation, input]) => ended(ask(kit, operation as Operation<object, object>, input, caller))),
    ])
    equal(new Set(opened).size === 1 && opened[0], 'ok')
    const closed = [
      [kit.ops.CreateTable, { TableName: arnOf('Fresh') }],
      [kit.ops.CreateBackup, { TableName, BackupName: 'b' }],
      [kit.ops.RestoreTableFromBackup, { BackupArn: `${music}/backup/01`, TargetTableName: arnOf('Fresh') }],
      [kit.ops.RestoreTableToPointInTime, { SourceTableName: music, TargetTableName: arnOf('Fresh') }],
      [kit.ops.ExportTableToPointInTime, { TableArn: music, S3Bucket: 'b' }],
      [kit.ops.UpdateTimeToLive, { TableName }],
      [kit.ops.UpdateContinuousBackups, { TableName }],
      [kit.ops.ExecuteStatement, { Statement: `SELECT * FROM "${music}"` }],
    ] as const
    for (const [operation, input] of closed)
      equal(await ended(ask(kit, operation as Operation<object, object>, input, caller)), 'ValidationException')
  })
  test('its policies are the owner’s to write and read, whatever they say', async () => {
    const { kit, put } = await open()
    const caller = await eve(kit, everything)
    await put(policy(allow(foreigner, 'dynamodb:*')))
    const input = { ResourceArn: music, Policy: policy(allow(foreigner, 'dynamodb:*')) }
    for (const operation of [kit.ops.PutResourcePolicy, kit.ops.GetResourcePolicy, kit.ops.DeleteResourcePolicy])
      equal(await ended(ask(kit, operation, input, caller)), 'ValidationException')
  })
})

describe('everybody', () => {
  test('with a condition on who asks', async () => {
    const { kit, put } = await open()
    const Condition = { StringEquals: { 'aws:PrincipalAccount': OTHER } }
    await put(policy(allow('*', 'dynamodb:GetItem', { Condition })))
    const eve = await addUser(kit, 'Eve', '/', OTHER)
    equal(await getItem(kit, userWith(eve, everything)), 'ok')
    equal(await getItem(kit, userWith(eve)), 'denied')
    equal(await getItem(kit, userWith(await addUser(kit, 'Bob'))), 'denied')
  })
  test('of the same account needs no other policy', async () => {
    const { kit, put } = await open()
    const Condition = { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }
    await put(policy(allow('*', 'dynamodb:GetItem', { Condition })))
    equal(await getItem(kit, userWith(await addUser(kit, 'Bob'))), 'ok')
    equal(await scan(kit, userWith(await addUser(kit, 'Cid'))), 'denied')
  })
  test('but those whom a condition spares', async () => {
    const { kit, put } = await open()
    const Condition = { StringNotEquals: { 'aws:PrincipalArn': ann } }
    await put(policy(deny('*', '*', { Condition })))
    equal(await getItem(kit, userWith(await addUser(kit, 'Ann'), everything)), 'ok')
    equal(await getItem(kit, userWith(await addUser(kit, 'Bob'), everything)), 'denied')
  })
})

describe('a principal that is deleted and made anew', () => {
  test('is not the one whom the policy lets in', async () => {
    const { kit, put } = await open()
    const first = await addUser(kit, 'Ann')
    await put(policy(allow(ann, 'dynamodb:GetItem')))
    equal(await getItem(kit, asUser(first)), 'ok')
    await kit.store.transact((tx) => tx.delete(users, [ACCOUNT, 'ann']))
    equal(await getItem(kit, asUser(await addUser(kit, 'Ann'))), 'denied')
  })
  test('nor one whom it spares', async () => {
    const { kit, put } = await open()
    const first = await addRole(kit, 'Reader')
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/session`
    const { Principal: _, ...statement } = deny('', 'dynamodb:*')
    const arn = `arn:aws:iam::${ACCOUNT}:role/Reader`
    await put(policy({ ...statement, NotPrincipal: { AWS: [arn, session, ACCOUNT] } }))
    equal(await getItem(kit, roleWith(first, everything)), 'ok')
    await kit.store.transact((tx) => tx.delete(roles, [ACCOUNT, 'reader']))
    equal(await getItem(kit, roleWith(await addRole(kit, 'Reader'), everything)), 'denied')
  })
})

describe('rows of one’s own', () => {
  const Condition = { 'ForAllValues:StringNotEquals': { 'dynamodb:LeadingKeys': ['1'] } }

  test('a Deny of others’ rows holds where nobody can say whose rows they are', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    await put(policy(deny({ AWS: ann }, 'dynamodb:*', { Condition })))
    const get = (id: string) => ended(ask(kit, kit.ops.GetItem, { TableName: 'Music', Key: { id: { S: id } } }, user))
    equal(await get('1'), 'ok')
    equal(await get('2'), 'denied')
    equal(await scan(kit, user), 'denied')
    const statement = { Statement: 'SELECT * FROM "Music"' }
    equal(await ended(ask(kit, kit.ops.ExecuteStatement, statement, user)), 'denied')
  })
  test('an Allow of rows allows no scan', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'))
    const own = { Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['1'] } } }
    await put(policy(allow(ann, 'dynamodb:*', own)))
    equal(await getItem(kit, user), 'ok')
    equal(await scan(kit, user), 'denied')
  })
})

describe('what belongs to a table', () => {
  test('an index is spoken of by its table’s policy, where that names it', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'))
    const byIndex = () => scan(kit, user, { IndexName: 'ByDay' })
    await put(policy(allow(ann, 'dynamodb:Scan', { Resource: music })))
    equal(await scan(kit, user), 'ok')
    equal(await byIndex(), 'denied')
    await put(policy(allow(ann, 'dynamodb:Scan', { Resource: `${music}/index/*` })))
    equal(await scan(kit, user), 'denied')
    equal(await byIndex(), 'ok')
    await put(policy(deny({ AWS: ann }, 'dynamodb:Scan', { Resource: `${music}/index/ByDay` })))
    equal(await scan(kit, userWith(await addUser(kit, 'Bob'), everything), { IndexName: 'ByDay' }), 'ok')
    equal(await scan(kit, holding(user, everything), { IndexName: 'ByDay' }), 'denied')
  })
  test('a stream by its own alone', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'))
    const describeStream = () => ended(ask(kit, kit.streams.DescribeStream, { StreamArn: stream }, user))
    await put(policy(allow(ann, 'dynamodb:*')))
    equal(await describeStream(), 'denied')
    await put(policy(allow(ann, 'dynamodb:DescribeStream')), stream)
    equal(await describeStream(), 'ok')
    const iterator = { StreamArn: stream, ShardId: 'shardId-00000000000000000001', ShardIteratorType: 'LATEST' }
    equal(await ended(ask(kit, kit.streams.GetShardIterator, iterator, user)), 'denied')
  })
  test('a stream’s records: the policy of the stream that the iterator was given for', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    const ShardIterator = `${Buffer.from(stream).toString('base64url')}.${kit.parts.vault.seal(ACCOUNT, 'shard-iterator', stream, 'x')}`
    const read = () => ended(ask(kit, kit.streams.GetRecords, { ShardIterator }, user))
    equal(await read(), 'ok')
    await put(policy(deny('*', 'dynamodb:GetRecords')), stream)
    equal(await read(), 'denied')
  })
  test('a backup is not spoken of by the table’s policy', async () => {
    const { kit, put } = await open()
    await put(policy(deny('*', '*')))
    const user = userWith(await addUser(kit, 'Bob'), everything)
    equal(await getItem(kit, user), 'denied')
    equal(await ended(ask(kit, kit.ops.DescribeBackup, { BackupArn: `${music}/backup/01` }, user)), 'ok')
  })
})

describe('in force', () => {
  test('at once on the node that wrote it, and without a read while nothing changes', async () => {
    const { kit, put } = await open()
    const counted = chaos(kit.store)
    const node = nodeOver(kit, kit.backend, counted)
    const user = userWith(await addUser(kit, 'Ann'), everything)
    equal(await getItem(node, user), 'ok')
    const before = counted.calls
    for (let times = 0; times < 5; times++) equal(await getItem(node, user), 'ok')
    equal(counted.calls, before)
    await put(policy(deny('*', 'dynamodb:GetItem')))
    equal(await getItem(node, user), 'denied')
    const after = counted.calls
    equal(await getItem(node, user), 'denied')
    equal(counted.calls, after)
    await ask(kit, kit.ops.DeleteResourcePolicy, { ResourceArn: music }, root)
    equal(await getItem(node, user), 'ok')
  })
  test('a policy of one table makes no other read anew', async () => {
    const { kit, put } = await open()
    const counted = chaos(kit.store)
    const node = nodeOver(kit, kit.backend, counted)
    const user = userWith(await addUser(kit, 'Ann'), everything)
    for (const table of ['Notes', 'Music']) await getItem(node, user, arnOf(table))
    const before = counted.calls
    await put(policy(deny('*', 'dynamodb:Scan')))
    equal(await getItem(node, user, arnOf('Notes')), 'ok')
    equal(counted.calls, before)
  })
  test('where the store cannot be read, nobody is let in', async () => {
    const { kit } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    const node = nodeOver(kit, kit.backend, chaos(kit.store, { failAt: 1 }))
    await rejects(getItem(node, user), { name: 'Unavailable' })
    equal(await getItem(node, user), 'ok')
  })
  test('one that no longer can be read as a policy denies', async () => {
    const { kit, put } = await open()
    const user = userWith(await addUser(kit, 'Ann'), everything)
    await put(policy(allow(ann, 'dynamodb:GetItem')))
    equal(await getItem(kit, user), 'ok')
    await kit.store.transact(async (tx) => {
      const record = await tx.get(tablePolicies, [ACCOUNT, 'us-east-1', 'Music', ''])
      if (record?.policy === undefined) throw new TypeError('no policy was kept')
      await tx.replace(tablePolicies, { ...record, policy: { ...record.policy, text: '{' } })
    })
    equal(await getItem(kit, user), 'denied')
    equal(await getItem(kit, root), 'denied')
  })
})
