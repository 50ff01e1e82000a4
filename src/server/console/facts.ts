// What a session says of whose it is, in words.
import { multiFactorAt } from '../../core/identity.ts'
import type { OpenedCredentials } from '../../service/console/session.ts'
import { connectorNameOf, OPERATOR } from '../../service/session/lineage.ts'

/** The person, as far as it is known: whoever the source identity names, else the name of the session. */
export const personOf = ({ pass }: OpenedCredentials): string => pass.sourceIdentity ?? pass.name

/** What the session's permissions are of. */
export function holderOf({ pass, subject }: OpenedCredentials): string {
  return subject?.kind === 'role' || subject?.kind === 'user' ? subject.record.name : `account ${pass.account}`
}

const provider = 'aws:federatedprovider'

/** How whoever began the session proved who they are. */
export function provenBy({ pass }: OpenedCredentials): string {
  const named = pass.keys.get(provider) ?? connectorNameOf(pass)
  if (named === OPERATOR) return 'The server’s operator (break-glass)'
  if (typeof named === 'string') return named
  const [first] = pass.ancestors
  if (first === undefined) return 'Not known'
  return first.id.startsWith('AKIA') ? `Access key ${first.id}` : 'Credentials of another session'
}

export function multiFactor({ pass }: OpenedCredentials): string {
  if (multiFactorAt(pass) !== undefined) return 'Yes'
  const connector = connectorNameOf(pass)
  if (connector === undefined || connector === OPERATOR) return 'Not used for this session'
  // The broker user that assumes the role has no factor: the table asks the person for theirs, and no condition key says so.
  return 'Asked for at the sign-in, where a role needs it'
}

/** `2026-09-01 13:00 UTC`: a time that says its zone, in the one that all times here have. */
export const timeText = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const dayText = (time: Date | undefined): string => time?.toISOString().slice(0, 10) ?? ''

export function leftText(until: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((until.getTime() - now.getTime()) / 60_000))
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours > 0 ? `${hours} h ${rest} min left` : `${minutes} min left`
}
