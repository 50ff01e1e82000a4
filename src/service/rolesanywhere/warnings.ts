// What of trust anchors and revocation lists somebody should be told: what has ended, or ends soon, ends sessions.
import { printedName } from '../../federation/x509/name.ts'
import { authoritiesIn } from './authorities.ts'
import type { RevocationListRecord, TrustAnchor } from './records.ts'

const soonMs = { authority: 30 * 86_400_000, list: 86_400_000 }

const ending = (time: number, soon: number, now: Date): string | undefined => {
  if (time - now.getTime() > soon) return undefined
  return `${time < now.getTime() ? 'ended' : 'ends'} at ${new Date(time).toISOString().slice(0, 16)}Z`
}

/** In sentences; none where all is well, or where it is disabled. */
export function anchorWarnings({ isEnabled, bundle }: TrustAnchor, now: Date): readonly string[] {
  if (!isEnabled) return []
  return (authoritiesIn(bundle) ?? []).flatMap(({ subject, notAfter }) => {
    const when = ending(notAfter, soonMs.authority, now)
    return when === undefined ? [] : [`the certificate of ${printedName(subject)} ${when}`]
  })
}

export function listWarnings({ isEnabled, nextUpdate }: RevocationListRecord, now: Date): readonly string[] {
  const when = isEnabled ? ending(nextUpdate, soonMs.list, now) : undefined
  return when === undefined
    ? []
    : [`the revocation list ${when}: no certificate of its authority is taken from then on`]
}
