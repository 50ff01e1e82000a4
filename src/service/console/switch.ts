// A console session goes on as another role, and back; and its credentials are shown. Each only if it is still the session that was read.
import type { PassRejection } from '../parts.ts'
import type { ConsoleSession, PassCredentials } from './session.ts'
import { eventOf, type SessionRecords, unchangedIn } from './session-record.ts'
import { signInEntry, type Visit } from './sign-in-events.ts'

const mostRecentRoles = 6

export async function switchTo(
  records: SessionRecords,
  session: ConsoleSession,
  to: PassCredentials,
  visit: Visit,
): Promise<{ readonly switched: true } | { readonly rejected: PassRejection | 'changed' }> {
  records.requireFresh(visit.now)
  const read = await records.open(to, visit.now)
  if ('rejected' in read) return read
  const base = session.before ?? session.current
  const arn = read.opened.subject?.arn ?? ''
  const recentRoles = [arn, ...session.recentRoles.filter((role) => role !== arn)].slice(0, mostRecentRoles)
  const sealed = records.seal(session, {
    ...{ ...unchangedIn(session), current: to, before: base.credentials, recentRoles },
  })
  const entry = signInEntry(visit, { ...eventOf(base, 'SwitchRole'), data: { SwitchTo: arn } })
  const done = await records.change(session, (record) => ({ ...record, sealed }), records.append(visit.now, [entry]))
  return done ? { switched: true } : { rejected: 'changed' }
}

export async function switchBack(records: SessionRecords, session: ConsoleSession, visit: Visit): Promise<boolean> {
  records.requireFresh(visit.now)
  if (session.before === undefined) return false
  const sealed = records.seal(session, { ...unchangedIn(session), current: session.before.credentials })
  const entry = signInEntry(visit, eventOf(session.current, 'ExitRole'))
  return records.change(session, (record) => ({ ...record, sealed }), records.append(visit.now, [entry]))
}

export async function noteShown(
  records: SessionRecords,
  session: ConsoleSession,
  form: string,
  visit: Visit,
): Promise<boolean> {
  records.requireFresh(visit.now)
  const entry = signInEntry(visit, { ...eventOf(session.current, 'ShowCredentials'), data: { Form: form } })
  return records.change(session, (record) => record, records.append(visit.now, [entry]))
}
