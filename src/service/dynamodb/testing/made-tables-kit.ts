// A table that is made and removed with its policy, and three people of whom the policy lets some in.
import { equal } from 'node:assert/strict'
import { ACCOUNT, addUser, type Caller, OTHER, root } from '../../testing/operations-kit.ts'
import { policiesOf } from '../policy-records.ts'
import { tableAt } from '../table.ts'
import { arnOf, ask, ended, everything, openPolicies, type PoliciesKit, policy, userWith } from './policies-kit.ts'

export const ann = `arn:aws:iam::${ACCOUNT}:user/Ann`
export const bob = `arn:aws:iam::${ACCOUNT}:user/Bob`
export const eve = `arn:aws:iam::${OTHER}:user/Eve`
export const lets = (AWS: string, Action = 'dynamodb:GetItem') => ({
  ...{ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' },
})
export const keeps = (AWS: string, Action = 'dynamodb:GetItem') => ({ ...lets(AWS, Action), Effect: 'Deny' })
/** Ann, who may do all, is kept out, and Eve of another account let in. */
export const guarded = policy(keeps(ann), lets(eve))
/** Bob is kept out. */
export const other = policy(keeps(bob), lets(eve))

export interface World {
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

export async function open(): Promise<World> {
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
export async function made(text?: string): Promise<World> {
  const world = await open()
  equal(await world.create(text === undefined ? {} : { ResourcePolicy: text }), 'ok')
  return world
}

/** A policy of a table that went behind our back. */
export async function stale(text: string): Promise<World> {
  const world = await made(text)
  world.kit.backend.tables.delete('Fresh')
  world.kit.backend.seen.length = 0
  return world
}
