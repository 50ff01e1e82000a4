// The console session of a cookie: read from the store and opened anew at every request.
import { digest } from '../../core/digest.ts'
import { Unavailable } from '../../store/store.ts'
import type { PassRejection } from '../parts.ts'
import { type ConsoleSessionRecord, consoleSessions } from './records.ts'
import type { ConsoleSession, FoundSession, OpenedCredentials, SessionEnd } from './session.ts'
import { type ConsoleSessionsOptions, type Read, type SessionRecords, type State, unchanged } from './session-record.ts'

const seenEveryMs = 60_000

export async function find(
  { store, idleMinutes }: Pick<ConsoleSessionsOptions, 'store' | 'idleMinutes'>,
  records: SessionRecords,
  cookie: string,
  now: Date,
): Promise<FoundSession> {
  const record = (await store.find(consoleSessions, 'cookie', [digest(cookie)]))?.record
  if (record === undefined) return undefined
  if (now.getTime() >= record.endsAt) return ended(record, 'expired')
  const state = records.stateOf(record)
  const current = await records.open(state.current, now)
  const before = state.before && (await records.open(state.before, now))
  if (now.getTime() - record.seenAt > idleMinutes * 60_000) {
    const first = before !== undefined && 'opened' in before ? before : current
    return { ...ended(record, 'idle'), ...('opened' in first ? { left: sessionOf(record, state, first.opened) } : {}) }
  }
  if (isHeld(current) || isHeld(before)) {
    // The person is there: it is not over for want of use while it is held.
    if (now.getTime() - record.seenAt >= seenEveryMs) await noteSeen(records, record, now)
    return ended(record, 'held')
  }
  if ('rejected' in current) return returned(records, record, state, { rejected: current.rejected, before, now })
  // INVARIANT: no session outlives what it began with.
  if (before !== undefined && 'rejected' in before) return ended(record, before.rejected)
  if (now.getTime() - record.seenAt >= seenEveryMs) await noteSeen(records, record, now)
  const session = sessionOf(record, state, current.opened)
  return { session: before === undefined ? session : { ...session, before: before.opened } }
}

const isHeld = (read: Read | undefined): boolean => read !== undefined && 'rejected' in read && read.rejected === 'held'
const issuerOf = ({ issuer }: ConsoleSessionRecord) => (issuer === undefined ? {} : { issuer })
const ended = (record: ConsoleSessionRecord, why: SessionEnd) => ({ ended: why, ...issuerOf(record) })

function sessionOf(record: ConsoleSessionRecord, state: State, current: OpenedCredentials): ConsoleSession {
  const { account, id, sealed, startedAt, endsAt } = record
  const { formKey, ...kept } = unchanged(state)
  return {
    ...{ account, id, current, startedAt: new Date(startedAt), sealed, ...kept, ...issuerOf(record) },
    endsAt: new Date(Math.min(endsAt, current.pass.expiresAt * 1000)),
    formKey: Buffer.from(formKey, 'base64url'),
  }
}

/** What the session was switched to is over; what it began with may not be: then it goes on as that. */
async function returned(
  records: SessionRecords,
  record: ConsoleSessionRecord,
  state: State,
  {
    rejected,
    before,
    now,
  }: { readonly rejected: PassRejection; readonly before: Read | undefined; readonly now: Date },
): Promise<FoundSession> {
  if (before === undefined || 'rejected' in before) return ended(record, rejected)
  const sealed = records.seal(record, { ...unchanged(state), current: before.opened.credentials })
  await records.change(record, (record) => ({ ...record, sealed, seenAt: now.getTime() }))
  return { session: { ...sessionOf({ ...record, sealed }, state, before.opened), returned: rejected } }
}

/** A time that cannot be written ends the session sooner, never later. */
async function noteSeen(records: SessionRecords, record: ConsoleSessionRecord, now: Date): Promise<void> {
  try {
    await records.change(record, (record) => ({ ...record, seenAt: Math.max(record.seenAt, now.getTime()) }))
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
  }
}
