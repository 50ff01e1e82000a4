// Tables that are made and removed with their policies: in every moment, and after whatever fails, nobody is let in whom the table's
// policy keeps out.
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Unavailable } from '../../store/store.ts'
import { chaos } from '../../store/testing/chaos.ts'
import type { Operation } from '../operation.ts'
import { ACCOUNT, addUser, type Caller, NOW, OTHER, root } from '../testing/operations-kit.ts'
import { settledMs } from './held-policies.ts'
import { policiesOf } from './policy-records.ts'
import { settlePolicies } from './settle-policies.ts'
import { tableAt } from './table.ts'
import {
  arnOf,
  ask,
  ended,
  everything,
  nodeOver,
  openPolicies,
  type PoliciesKit,
  policy,
  userWith,
} from './testing/policies-kit.ts'
import type { Fault } from './testing/scripted-backend.ts'

const ann = `arn:aws:iam::${ACCOUNT}:user/Ann`
const bob = `arn:aws:iam::${ACCOUNT}:user/Bob`
const eve = `arn:aws:iam::${OTHER}:user/Eve`
const lets = (AWS: string, Action = 'dynamodb:GetItem') => ({
  ...{ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' },
})
const keeps = (AWS: string, Action = 'dynamodb:GetItem') => ({ ...lets(AWS, Action), Effect: 'Deny' })
/** Ann, who may do all, is kept out, and Eve of another account let in. */
const guarded = policy(keeps(ann), lets(eve))
/** Bob is kept out. */
const other = policy(keeps(bob), lets(eve))

interface World {
  readonly kit: PoliciesKit
  readonly ann: Caller
  readonly bob: Caller
  readonly eve: Caller
  create(more?: object, id?: string, node?: PoliciesKit): Promise<string>
  remove(id?: string, node?: PoliciesKit): Promise<string>
  /** Who of Ann, Bob and Eve may read the table Fresh now, by the policies. */
  letIn(node?: PoliciesKit): Promise<string>
  kept(): Promise<readonly string[]>
}

async function open(): Promise<World> {
  const kit = await openPolicies()
  const callers = {
    ann: userWith(await addUser(kit, 'Ann'), everything),
    bob: userWith(await addUser(kit, 'Bob'), everything),
    eve: userWith(await addUser(kit, 'Eve', '/', OTHER), everything),
  }
  const TableName = 'Fresh'
  return {
    kit,
    ...callers,
    create: (more = {}, id = 'create', node = kit) =>
      ended(ask(node, node.ops.CreateTable, { TableName, ...more }, root, id)),
    remove: (id = 'remove', node = kit) => ended(ask(node, node.ops.DeleteTable, { TableName }, root, id)),
    async letIn(node = kit) {
      const names: string[] = []
      for (const [name, caller] of Object.entries(callers)) {
        const asked = ask(node, node.ops.GetItem, { TableName: arnOf(TableName), Key: { id: { S: '1' } } }, caller)
        if ((await ended(asked)) !== 'denied') names.push(name)
      }
      return names.join(' ')
    },
    kept: async () =>
      (await policiesOf(kit.store, tableAt({ account: ACCOUNT, region: 'us-east-1' }, TableName))).map(
        ({ stream, policy: own, making, leaving }) =>
          [stream, own && 'policy', making && 'making', leaving && 'leaving'].filter(Boolean).join(' '),
      ),
  }
}

/** The table is there, with this policy. */
async function made(text?: string): Promise<World> {
  const world = await open()
  equal(await world.create(text === undefined ? {} : { ResourcePolicy: text }), 'ok')
  return world
}

/** A policy of a table that went behind our back. */
async function stale(text: string): Promise<World> {
  const world = await made(text)
  world.kit.backend.tables.delete('Fresh')
  world.kit.backend.seen.length = 0
  return world
}

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

describe('a store that fails at one of its calls', () => {
  /** Runs a change once for each of its store calls, with that one failing, until none fails. */
  async function failingAtEach(
    world: () => Promise<World>,
    change: (world: World, node: PoliciesKit) => Promise<string>,
    check: (world: World, answer: string, failAt: number) => Promise<void>,
  ): Promise<void> {
    for (let failAt = 1; ; failAt++) {
      const opened = await world()
      const store = chaos(opened.kit.store, { twice: true, failAt })
      const node = nodeOver(opened.kit, opened.kit.backend, store)
      const answer = await change(opened, node).catch((error: unknown) => {
        if (error instanceof Unavailable) return 'unavailable'
        throw error
      })
      await check(opened, answer, failAt)
      if (store.calls < failAt) return equal(failAt > 5, true)
    }
  }

  test('CreateTable with a policy: whoever it keeps out is out of every table that was made', async () => {
    await failingAtEach(
      open,
      ({ create }, node) => create({ ResourcePolicy: guarded }, 'create', node),
      async (world, answer) => {
        const isThere = world.kit.backend.tables.has('Fresh')
        if (answer === 'ok') equal(await world.letIn(), 'bob eve')
        else if (isThere) equal(await world.letIn(), 'bob')
        else equal(['ann bob', 'bob'].includes(await world.letIn()), true)
      },
    )
  })
  test('CreateTable with a policy that the backend refuses', async () => {
    await failingAtEach(
      async () => {
        const world = await open()
        world.kit.backend.faults.set('CreateTable', 'ValidationException')
        return world
      },
      ({ create }, node) => create({ ResourcePolicy: guarded }, 'create', node),
      async (world) => equal(['ann bob', 'bob'].includes(await world.letIn()), true),
    )
  })
  test('CreateTable over what is left of a former table', async () => {
    await failingAtEach(
      () => stale(guarded),
      ({ create }, node) => create({}, 'create', node),
      async (world, answer) => {
        const isThere = world.kit.backend.tables.has('Fresh')
        if (answer === 'ok') equal(await world.letIn(), 'ann bob')
        else equal((await world.letIn()).includes('eve'), !isThere && (await world.kept())[0] === 'policy')
      },
    )
  })
  test('DeleteTable: whoever the policy keeps out is out as long as the table is there', async () => {
    await failingAtEach(
      () => made(guarded),
      ({ remove }, node) => remove('remove', node),
      async (world) => {
        const isThere = world.kit.backend.tables.has('Fresh')
        const letIn = await world.letIn()
        equal(isThere ? ['bob eve', 'bob'].includes(letIn) : ['ann bob', 'bob'].includes(letIn), true)
      },
    )
  })
})

describe('what was held for a request whose end nobody heard', () => {
  const after = (ms: number) => new Date(NOW.getTime() + ms)
  const held = async (operation: 'CreateTable' | 'DeleteTable', fault: Fault) => {
    const world = operation === 'CreateTable' ? await open() : await made(guarded)
    world.kit.backend.faults.set(operation, fault)
    notEqual(await (operation === 'CreateTable' ? world.create({ ResourcePolicy: guarded }) : world.remove()), 'ok')
    return world
  }
  test('stays held while the request may be under way', async () => {
    for (const operation of ['CreateTable', 'DeleteTable'] as const) {
      for (const fault of ['done', 'lost'] as const) {
        const world = await held(operation, fault)
        const before = await world.kept()
        equal(await settlePolicies(world.kit.settling, after(settledMs - 1)), 1)
        deepEqual(await world.kept(), before)
      }
    }
  })
  for (const [operation, fault, kept, letIn] of [
    ['CreateTable', 'done', ['policy'], 'bob eve'],
    ['CreateTable', 'lost', [], 'ann bob'],
    ['DeleteTable', 'done', [], 'ann bob'],
    ['DeleteTable', 'lost', ['policy'], 'bob eve'],
  ] as const) {
    test(`is settled by whether the table is there: ${operation}, ${fault}`, async () => {
      const world = await held(operation, fault)
      await settlePolicies(world.kit.settling, after(settledMs))
      deepEqual(await world.kept(), kept)
      equal(await world.letIn(), letIn)
      equal(await settlePolicies(world.kit.settling, after(2 * settledMs)), 0)
    })
  }
  test('stays held while the backend does not say', async () => {
    const world = await held('DeleteTable', 'lost')
    world.kit.backend.faults.set('DescribeTable', 'away')
    await settlePolicies(world.kit.settling, after(settledMs))
    deepEqual(await world.kept(), ['policy leaving'])
  })
  test('stays held while no backend is configured', async () => {
    const world = await held('DeleteTable', 'done')
    const backends = { find: () => undefined, serves: () => false }
    await settlePolicies({ ...world.kit.settling, backends }, after(settledMs))
    deepEqual(await world.kept(), ['policy leaving'])
  })
  test('makes room for another attempt when it is old, as when the backend comes back', async () => {
    const world = await held('CreateTable', 'lost')
    equal(await world.create({ ResourcePolicy: other }, 'second'), 'ResourceInUseException')
    await settlePolicies(world.kit.settling, after(settledMs))
    equal(await world.create({ ResourcePolicy: other }, 'second'), 'ok')
    equal(await world.letIn(), 'ann eve')
  })
})
