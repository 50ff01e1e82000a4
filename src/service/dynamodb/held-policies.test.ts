// Policies of tables that are being made or removed while something fails, or nobody hears the end: more is refused, never more allowed.
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Unavailable } from '../../store/store.ts'
import { chaos } from '../../store/testing/chaos.ts'
import { NOW } from '../testing/operations-kit.ts'
import { settledMs } from './held-policies.ts'
import { settlePolicies } from './settle-policies.ts'
import { guarded, made, open, other, stale, type World } from './testing/made-tables-kit.ts'
import { nodeOver, type PoliciesKit } from './testing/policies-kit.ts'
import type { Fault } from './testing/scripted-backend.ts'

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
