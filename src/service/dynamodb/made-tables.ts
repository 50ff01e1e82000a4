// Tables that are made and removed, with their policies. INVARIANT: in no moment is a table there without what its policy denies, and
// what fails in between leaves more refused, never more allowed: whatever a policy denies is denied before the backend is asked and
// until it has answered, and nothing that it allows is allowed in that time.
import { andThen } from '../../core/maybe.ts'
import type { Transaction } from '../../store/store.ts'
import { withDetail } from '../../wire/errors.ts'
import { frontDoor } from '../../wire/front-door.ts'
import type { BarCause } from '../bar-cause.ts'
import type { Relayed } from '../contracts/relayed.ts'
import type { AnsweringOperation, Call } from '../operation.ts'
import { notKnown, tableThereNow } from './existence.ts'
import type { Forward, Forwarding } from './forward.ts'
import {
  finishMaking,
  finishRemoval,
  holdForMaking,
  holdForRemoval,
  type MakingHold,
  releaseMaking,
  releaseRemoval,
  tableExists,
} from './held-policies.ts'
import { checkTablePolicy } from './policy-grammar.ts'
import { policiesOf } from './policy-records.ts'
import type { PolicyParts } from './resource-policy.ts'
import type { Table } from './table.ts'

export interface MadeParts extends PolicyParts {
  /** Whether this server still receives the store's feed: one that does not writes nothing. */
  readonly fresh: (now: Date) => boolean
}

interface Making extends Forward {
  /** What is written with the record of the answer, once the backend has done it. */
  readonly done: { write?: (tx: Transaction) => Promise<void> }
}

// biome-ignore lint/suspicious/noExplicitAny: as of Forwarding
type MakingOperation = AnsweringOperation<any, any, Making>

type Send = () => Promise<Relayed>

/** An operation that is passed on between what is written before it and after it. */
const around = (
  operation: Forwarding,
  handle: (input: object, making: Making, call: Call, send: Send) => Promise<Relayed>,
): MakingOperation => ({
  ...operation,
  load: (input, call) => andThen(operation.load(input, call), (forward) => ({ ...forward, done: {} })),
  handle: (input, making, call, decisions) =>
    handle(input, making, call, async () => operation.handle(input, making, call, decisions)),
  commit: (_input, { done }) => done.write,
})

/** The table that a request makes or removes: the last that it names. */
function tableOf({ plan }: Forward): Table {
  const table = plan.tables.at(-1)
  if (table === undefined) throw new TypeError('a request that names no table makes none')
  return table
}

/**
 * An operation that makes a table. `policyOf`: the policy that it is made with. A table that is there is left alone: the backend
 * refuses to make it again.
 */
export const makesTable = (
  parts: MadeParts,
  operation: Forwarding,
  policyOf: (input: { readonly ResourcePolicy?: string | undefined }) => string | undefined = () => undefined,
): MakingOperation =>
  around(operation, async (input, making, call, send) => {
    const table = tableOf(making)
    const { store } = parts
    const { requestId: by } = call
    const hold = await heldForMaking(parts, table, policyOf(input), call)
    if (hold === undefined) return send()
    const undo = () => store.transact((tx) => releaseMaking(tx, table, by))
    const answer = await sent(making, send, undo)
    if (answer.status === 200) making.done.write = (tx) => finishMaking(tx, table, hold, by)
    return answer
  })

async function heldForMaking(
  parts: MadeParts,
  table: Table,
  text: string | undefined,
  { requestId: by, now }: Call,
): Promise<MakingHold | undefined> {
  if (text !== undefined) checkTablePolicy(text, 'table')
  else if ((await policiesOf(parts.store, table)).length === 0) return undefined
  requireFresh(parts, now)
  const existence = await tableThereNow(parts, table, now)
  if (existence === 'unknown') throw notKnown(table.name)
  if (existence === 'absent') return parts.store.transact((tx) => holdForMaking(tx, table, text, by, now))
  if (text === undefined) return undefined
  throw tableExists(table)
}

/** An operation that removes a table. */
export const removesTable = (parts: MadeParts, operation: Forwarding): MakingOperation =>
  around(operation, async (_input, making, call, send) => {
    const table = tableOf(making)
    const { store } = parts
    const { requestId: by, now } = call
    requireFresh(parts, now)
    if ((await policiesOf(store, table)).length > 0) {
      await store.transact((tx) => holdForRemoval(tx, table, by, now))
    }
    const answer = await sent(making, send, (code) =>
      store.transact((tx) =>
        // It went by an earlier request whose answer nobody heard.
        code === 'ResourceNotFoundException' ? finishRemoval(tx, table, true, by, now) : releaseRemoval(tx, table, by),
      ),
    )
    if (answer.status === 200 && (await policiesOf(store, table)).length > 0) {
      const isGone = (await tableThereNow(parts, table, now)) === 'absent'
      making.done.write = (tx) => finishRemoval(tx, table, isGone, by, now)
    }
    return answer
  })

/**
 * Sends it, and undoes what was held for it if the backend did not do it. INVARIANT: where nobody knows whether it was done (no answer,
 * a failure of the backend's own), what was held stays held.
 */
async function sent(making: Making, send: Send, undo: (code: string | undefined) => Promise<void>): Promise<Relayed> {
  let answer: Relayed
  try {
    answer = await send()
  } catch (error) {
    if (!making.outcome.forwarded) await undo(undefined)
    throw error
  }
  if (answer.status >= 400 && answer.status < 500) await undo(answer.error?.code)
  return answer
}

function requireFresh({ fresh }: MadeParts, now: Date): void {
  if (!fresh(now)) throw withDetail(frontDoor('unavailable', 'aws-json'), 'not-hearing' satisfies BarCause)
}
