// Tables that are made and removed with their policies: in every moment, and after whatever fails, nobody is let in whom the table's
// policy keeps out.
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Operation } from '../operation.ts'
import { ACCOUNT, addUser, NOW, root } from '../testing/operations-kit.ts'
import { settledMs } from './held-policies.ts'
import { settlePolicies } from './settle-policies.ts'
import { eve, guarded, lets, made, open, other, stale, type World } from './testing/made-tables-kit.ts'
import { arnOf, ask, ended, nodeOver, policy, userWith } from './testing/policies-kit.ts'
import type { Fault } from './testing/scripted-backend.ts'

describe('CreateTable with a policy', () => {
  test('the policy is in force with the table, and the backend never sees it', async () => {
    const world = await made(guarded)
    equal(await world.letIn(), 'bob eve')
    const [first] = world.kit.backend.seen
    deepEqual(first, { operation: 'CreateTable', input: { TableName: 'Fresh' } })
  })
  test('asks for PutResourcePolicy as well', async () => {
    const { kit } = await open()
    const mayCreate = policy({ Effect: 'Allow', Action: 'dynamodb:CreateTable', Resource: '*' })
    const cid = userWith(await addUser(kit, 'Cid'), mayCreate)
    const TableName = 'Fresh'
    equal(await ended(ask(kit, kit.ops.CreateTable, { TableName, ResourcePolicy: guarded }, cid)), 'denied')
    equal(await ended(ask(kit, kit.ops.CreateTable, { TableName }, cid)), 'ok')
  })
  test('while the backend makes it, what is denied is denied, and nothing is allowed', async () => {
    const world = await open()
    const seen: string[] = []
    world.kit.backend.during.set('CreateTable', async (when) => void seen.push(`${when}: ${await world.letIn()}`))
    equal(await world.create({ ResourcePolicy: guarded }), 'ok')
    deepEqual(seen, ['before: bob', 'after: bob'])
    equal(await world.letIn(), 'bob eve')
  })
  for (const [what, text] of [
    ['a policy that is none', '{'],
    ['one that lets everybody in', policy({ ...lets(''), Principal: '*' })],
    ['one that names nobody', policy(lets(`arn:aws:iam::${ACCOUNT}:user/Nobody`))],
    ['an empty one', ''],
  ] as const) {
    test(`nothing is sent with ${what}`, async () => {
      const world = await open()
      equal(await world.create({ ResourcePolicy: text }), 'ValidationException')
      deepEqual(world.kit.backend.seen, [])
      deepEqual(await world.kept(), [])
    })
  }
  test('a table that is there keeps its policy: it is not made again', async () => {
    const world = await made(guarded)
    equal(await world.create({ ResourcePolicy: other }), 'ResourceInUseException')
    equal(await world.create(), 'ResourceInUseException (backend)')
    equal(await world.letIn(), 'bob eve')
    deepEqual(await world.kept(), ['policy'])
  })
  test('a table that is there and has none gets none', async () => {
    const world = await made()
    equal(await world.create({ ResourcePolicy: guarded }), 'ResourceInUseException')
    deepEqual(await world.kept(), [])
  })
  for (const fault of ['ValidationException', 'LimitExceededException', 'away'] as const) {
    test(`where it is not made (${fault}), no policy stays`, async () => {
      const world = await open()
      world.kit.backend.faults.set('CreateTable', fault)
      notEqual(await world.create({ ResourcePolicy: guarded }), 'ok')
      deepEqual(await world.kept(), [])
      equal(await world.letIn(), 'ann bob')
    })
  }
  for (const fault of ['done', 'lost', 500] as const satisfies readonly Fault[]) {
    test(`where nobody knows whether it was made (${fault}), what it denies stays denied and nothing is allowed`, async () => {
      const world = await open()
      world.kit.backend.faults.set('CreateTable', fault)
      notEqual(await world.create({ ResourcePolicy: guarded }), 'ok')
      deepEqual(await world.kept(), ['making'])
      equal(await world.letIn(), 'bob')
    })
  }
  test('another request does not make it meanwhile', async () => {
    const world = await open()
    const answers: string[] = []
    world.kit.backend.during.set('CreateTable', async (when) => {
      if (when === 'before')
        answers.push(await world.create({ ResourcePolicy: other }, 'second'), await world.create({}, 'third'))
    })
    equal(await world.create({ ResourcePolicy: guarded }), 'ok')
    deepEqual(answers, ['ResourceInUseException', 'ResourceInUseException'])
    equal(await world.letIn(), 'bob eve')
  })
  test('one that its owner puts meanwhile stays', async () => {
    const world = await open()
    const { kit } = world
    kit.backend.during.set('CreateTable', async (when) => {
      if (when === 'before') return
      const input = { ResourceArn: arnOf('Fresh'), Policy: other }
      const node = nodeOver(kit, kit.backend)
      equal(await ended(ask(node, node.ops.PutResourcePolicy, input, root)), 'ok')
    })
    equal(await world.create({ ResourcePolicy: guarded }), 'ok')
    equal(await world.letIn(), 'ann eve')
  })
  test('a server that hears of no changes makes none', async () => {
    const world = await open()
    const deaf = nodeOver(world.kit, world.kit.backend, world.kit.store, () => false)
    equal(await world.create({ ResourcePolicy: guarded }, 'x', deaf), 'ServiceUnavailableException')
    deepEqual(world.kit.backend.seen, [])
  })
})

describe('a policy that is left of a former table', () => {
  test('is not that of a new one, and lets nobody in while it is made', async () => {
    const world = await stale(guarded)
    equal(await world.letIn(), 'bob eve')
    const seen: string[] = []
    world.kit.backend.during.set('CreateTable', async () => void seen.push(await world.letIn()))
    equal(await world.create(), 'ok')
    deepEqual(seen, ['bob', 'bob'])
    deepEqual(await world.kept(), [])
    equal(await world.letIn(), 'ann bob')
  })
  test('is replaced by the one that the new table is made with', async () => {
    const world = await stale(guarded)
    const seen: string[] = []
    world.kit.backend.during.set('CreateTable', async () => void seen.push(await world.letIn()))
    equal(await world.create({ ResourcePolicy: other }), 'ok')
    deepEqual(seen, ['', ''])
    equal(await world.letIn(), 'ann eve')
  })
  test('stays as it was where the new one is not made', async () => {
    for (const more of [{}, { ResourcePolicy: other }]) {
      const world = await stale(guarded)
      world.kit.backend.faults.set('CreateTable', 'ValidationException')
      equal(await world.create(more), 'ValidationException (backend)')
      deepEqual(await world.kept(), ['policy'])
      equal(await world.letIn(), 'bob eve')
    }
  })
  test('is none of a table that is restored under its name', async () => {
    for (const [operation, input] of [
      ['RestoreTableFromBackup', { BackupArn: `${arnOf('Music')}/backup/01`, TargetTableName: 'Fresh' }],
      ['RestoreTableToPointInTime', { SourceTableName: 'Music', TargetTableName: 'Fresh' }],
    ] as const) {
      const world = await stale(guarded)
      const row = world.kit.ops[operation] as Operation<object, object>
      equal(await ended(ask(world.kit, row, input, root)), 'ok')
      deepEqual(await world.kept(), [], operation)
    }
  })
})

describe('DeleteTable', () => {
  const withStream = async (): Promise<World> => {
    const world = await made(guarded)
    const { kit } = world
    const label = '2026-02-01T00:00:00.000'
    kit.backend.streams.add(`table/Fresh/stream/${label}`)
    const ResourceArn = `${arnOf('Fresh')}/stream/${label}`
    const Policy = policy(lets(eve, 'dynamodb:GetRecords'))
    equal(await ended(ask(kit, kit.ops.PutResourcePolicy, { ResourceArn, Policy }, root)), 'ok')
    kit.backend.seen.length = 0
    return world
  }
  test('removes the policies of the table and of its streams, and of no other', async () => {
    const world = await withStream()
    const { kit } = world
    const input = { ResourceArn: arnOf('Music'), Policy: guarded }
    equal(await ended(ask(kit, kit.ops.PutResourcePolicy, input, root)), 'ok')
    equal(await world.remove(), 'ok')
    deepEqual(await world.kept(), [])
    equal(await ended(ask(kit, kit.ops.GetResourcePolicy, { ResourceArn: arnOf('Music') }, root)), 'ok')
    const gone = await ended(ask(kit, kit.ops.GetResourcePolicy, { ResourceArn: arnOf('Fresh') }, root))
    equal(gone, 'ResourceNotFoundException')
  })
  test('while the backend removes it, what is denied is denied, and nothing is allowed', async () => {
    const world = await withStream()
    const seen: string[] = []
    world.kit.backend.during.set('DeleteTable', async () => void seen.push(await world.letIn()))
    equal(await world.remove(), 'ok')
    deepEqual(seen, ['bob', 'bob'])
  })
  test('a table that goes slowly is kept as its policy says until it is gone', async () => {
    const world = await withStream()
    world.kit.backend.lingers = true
    equal(await world.remove(), 'ok')
    equal(await world.letIn(), 'bob')
    const input = { ResourceArn: arnOf('Fresh'), Policy: other }
    equal(await ended(ask(world.kit, world.kit.ops.PutResourcePolicy, input, root)), 'ResourceInUseException')
    const later = new Date(NOW.getTime() + 2 * settledMs)
    await settlePolicies(world.kit.settling, later)
    equal(await world.letIn(), 'bob')
    world.kit.backend.tables.delete('Fresh')
    await settlePolicies(world.kit.settling, new Date(later.getTime() + settledMs))
    deepEqual(await world.kept(), [])
  })
  for (const fault of ['ValidationException', 'away'] as const) {
    test(`where it is not removed (${fault}), its policies are in force again`, async () => {
      const world = await withStream()
      world.kit.backend.faults.set('DeleteTable', fault)
      notEqual(await world.remove(), 'ok')
      equal(await world.letIn(), 'bob eve')
      deepEqual((await world.kept()).toSorted(), ['2026-02-01T00:00:00.000 policy', 'policy'])
    })
  }
  for (const fault of ['done', 'lost', 500] as const satisfies readonly Fault[]) {
    test(`where nobody knows whether it was removed (${fault}), what is denied stays denied and nothing is allowed`, async () => {
      const world = await withStream()
      world.kit.backend.faults.set('DeleteTable', fault)
      notEqual(await world.remove(), 'ok')
      equal(await world.letIn(), 'bob')
      // The client tries again: it is gone now, or went before.
      equal(await world.remove('again'), fault === 'done' ? 'ResourceNotFoundException (backend)' : 'ok')
      deepEqual(await world.kept(), [])
    })
  }
  test('one that is refused does not release what another has under way', async () => {
    const world = await withStream()
    world.kit.backend.during.set('DeleteTable', async (when) => {
      if (when === 'after') return
      world.kit.backend.during.clear()
      world.kit.backend.faults.set('DeleteTable', 'LimitExceededException')
      equal(await world.remove('second'), 'LimitExceededException (backend)')
      equal(await world.letIn(), 'bob')
    })
    equal(await world.remove(), 'ok')
    deepEqual(await world.kept(), [])
  })
  test('a new policy is its owner’s way out of one that stayed held', async () => {
    const world = await withStream()
    world.kit.backend.faults.set('DeleteTable', 'lost')
    notEqual(await world.remove(), 'ok')
    const input = { ResourceArn: arnOf('Fresh'), Policy: guarded }
    equal(await ended(ask(world.kit, world.kit.ops.PutResourcePolicy, input, root)), 'ok')
    equal(await world.letIn(), 'bob eve')
  })
})
