// What all changes of console sessions are made of: passes opened, the record sealed, changed if nobody changed it, and removed.
import { type Store, type Transaction, Unavailable } from '../../store/store.ts'
import { AUDIT_JOURNAL, type Audit } from '../audit/journal.ts'
import type { Subjects } from '../contracts/subject.ts'
import type { Passes, PassRejection, Vault } from '../parts.ts'
import type { Revocation, Revocations } from '../session/revocations.ts'
import { revoke } from '../session/revoke.ts'
import { type ConsoleSessionRecord, consoleSessions } from './records.ts'
import type { ConsoleSession, EarlierPass, OpenedCredentials, PassCredentials, PassToEnd } from './session.ts'
import { type SignInEvent, signInEntry, type Visit } from './sign-in-events.ts'

export interface ConsoleSessionsOptions {
  readonly store: Store
  readonly vault: Vault
  readonly passes: Pick<Passes, 'open'>
  readonly subjects: Pick<Subjects, 'byId'>
  readonly revocations: Pick<Revocations, 'fresh' | 'learn'>
  readonly audit: Pick<Audit, 'expiryOf'>
  readonly random: (bytes: number) => Buffer
  readonly idleMinutes: number
}

/** What is sealed. */
export interface State {
  readonly current: PassCredentials
  readonly before?: PassCredentials
  /** Absent until it switches to one. */
  readonly recentRoles?: readonly string[]
  /** Absent where the sign-in offered no choice. */
  readonly offeredRoles?: readonly string[]
  /** base64url. */
  readonly formKey: string
  readonly earlier?: readonly EarlierPass[]
}

/** What a switch does not change. */
export const unchanged = ({ formKey, recentRoles = [], offeredRoles = [], earlier = [] }: State) => ({
  ...{ formKey, recentRoles, offeredRoles, earlier },
})
export const unchangedIn = ({ formKey, recentRoles, offeredRoles, earlier }: ConsoleSession) => ({
  ...{ formKey: formKey.toString('base64url'), recentRoles, offeredRoles, earlier },
})

export type Read = { readonly opened: OpenedCredentials } | { readonly rejected: PassRejection }

export const eventOf = ({ pass, subject }: OpenedCredentials, name: SignInEvent['name']) => ({ name, pass, subject })

type RecordName = Pick<ConsoleSessionRecord, 'account' | 'id'>

export type SessionRecords = ReturnType<typeof sessionRecords>

export function sessionRecords({ store, vault, passes, subjects, revocations, audit }: ConsoleSessionsOptions) {
  async function open(credentials: PassCredentials, now: Date): Promise<Read> {
    const opened = await passes.open(credentials.token, credentials.accessKeyId, now)
    if ('rejected' in opened) return opened
    const { pass } = opened
    return { opened: { credentials, pass, subject: await subjects.byId(pass.account, pass.principal) } }
  }

  const stateOf = ({ account, id, sealed }: RecordName & { readonly sealed: string }) =>
    JSON.parse(vault.open(account, id, 'session', sealed)) as State

  const seal = ({ account, id }: RecordName, state: State) => vault.seal(account, id, 'session', JSON.stringify(state))

  /** INVARIANT: a node that does not hear of changes begins and changes nothing. */
  function requireFresh(now: Date): void {
    if (!revocations.fresh(now))
      throw new Unavailable('the change feed is behind: no console session is begun or changed')
  }

  /** Changes a record if it is still the one that was read. False when it is not. */
  async function change(
    { account, id, sealed }: Pick<ConsoleSession, 'account' | 'id' | 'sealed'>,
    changed: (record: ConsoleSessionRecord) => ConsoleSessionRecord,
    also: (tx: Transaction) => void = () => {},
  ): Promise<boolean> {
    return store.transact(async (tx) => {
      const record = await tx.get(consoleSessions, [account, id])
      if (record?.sealed !== sealed) return false
      await tx.replace(consoleSessions, changed(record))
      also(tx)
      return true
    })
  }

  const append = (now: Date, entries: readonly string[]) => (tx: Transaction) =>
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), entries)

  /** Revokes passes, in the caller's transaction. */
  async function revokeAll(tx: Transaction, passes: readonly PassToEnd[], now: Date) {
    const made = []
    for (const { account, id } of passes) made.push(await revoke(tx, account, { kind: 'session', id }, now))
    return made
  }

  /** Removes the record, revokes what is left of its passes and those before, and records the sign-out. */
  async function finish(
    { account, id }: Pick<ConsoleSession, 'account' | 'id'>,
    opened: readonly OpenedCredentials[],
    earlier: readonly EarlierPass[],
    visit: Visit,
  ): Promise<void> {
    const [current] = opened
    const entries = current === undefined ? [] : [signInEntry(visit, eventOf(current, 'Logout'))]
    const made = await store.transact(async (tx) => {
      await tx.delete(consoleSessions, [account, id])
      if (entries.length > 0) append(visit.now, entries)(tx)
      return revokeAll(tx, [...opened.map(({ pass }) => pass), ...earlier], visit.now)
    })
    learn(made)
  }

  /** What was revoked counts on this node at once. */
  function learn(made: readonly Revocation[]): void {
    for (const one of made) revocations.learn(one)
  }

  return { open, seal, stateOf, requireFresh, change, append, revokeAll, finish, learn }
}
