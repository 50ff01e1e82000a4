// Get…, Delete…, Enable… and Disable…: the same of every kind of record.
import type { Transaction } from '../../store/store.ts'
import type { Call } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import type { RolesanywhereName } from './define.ts'
import type { Resource } from './records.ts'
import { current, type Kind, onTarget, present, type Target, targetOf } from './targets.ts'

/** A kind of record, as operations on one of them see it: how an input names it, and how it is answered. */
export interface Shown<R extends Resource, I, O> {
  readonly kind: Kind<R>
  readonly idOf: (input: I) => string
  readonly show: (record: R) => O
}

const loading = <R extends Resource, I, O>({ store }: Pick<Parts, 'store'>, { kind, idOf }: Shown<R, I, O>) => ({
  load: (input: I, call: Call) => targetOf(store, kind, call, idOf(input)),
})

export const getting = <R extends Resource, I, O>(
  parts: Pick<Parts, 'store'>,
  action: RolesanywhereName,
  shown: Shown<R, I, O>,
) => ({
  ...loading(parts, shown),
  checks: (_: unknown, target: Target<R>) => [onTarget(action, target)],
  handle: (_: unknown, target: Target<R>) => shown.show(present(target)),
})

/** `also`: what goes with it. */
export const deleting = <R extends Resource, I, O>(
  parts: Pick<Parts, 'store'>,
  action: RolesanywhereName,
  shown: Shown<R, I, O>,
  also: (tx: Transaction, record: R) => Promise<void> = async () => {},
) => ({
  ...loading(parts, shown),
  checks: (_: unknown, target: Target<R>) => [onTarget(action, target)],
  change: async (tx: Transaction, _: unknown, target: Target<R>) => {
    const record = await current(tx, target)
    await also(tx, record)
    await tx.delete(target.kind.collection, [target.account, target.region, target.id])
    return shown.show(record)
  },
})

export const switching = <R extends Resource & { readonly isEnabled: boolean }, I, O>(
  parts: Pick<Parts, 'store'>,
  action: RolesanywhereName,
  shown: Shown<R, I, O>,
  isEnabled: boolean,
) => ({
  ...loading(parts, shown),
  checks: (_: unknown, target: Target<R>) => [onTarget(action, target)],
  change: async (tx: Transaction, _: unknown, target: Target<R>, { now }: Call) => {
    const record = { ...(await current(tx, target)), isEnabled, updatedAt: isoTime(now) }
    await tx.replace(target.kind.collection, record)
    return shown.show(record)
  },
})
