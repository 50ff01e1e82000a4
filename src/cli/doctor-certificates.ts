// Doctor's check of trust anchors and their revocation lists (service/rolesanywhere/warnings.ts): nobody else is told that they end.
import { revocationLists, trustAnchors } from '../service/rolesanywhere/records.ts'
import { anchorKind, arnOf, listKind } from '../service/rolesanywhere/targets.ts'
import { anchorWarnings, listWarnings } from '../service/rolesanywhere/warnings.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** How many warnings are reported one by one. */
const maxNamed = 5

export async function checkCertificates(store: Reader, now: Date): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const list of await everything(store, revocationLists)) {
    for (const says of listWarnings(list, now)) {
      const then = 'import the authority’s present list (aws rolesanywhere update-crl)'
      findings.push(note('revocation list', `${arnOf(listKind, list)}: ${says}`, then))
    }
  }
  for (const anchor of await everything(store, trustAnchors)) {
    for (const says of anchorWarnings(anchor, now)) {
      const then = 'put the authority’s next certificate into the bundle (aws rolesanywhere update-trust-anchor)'
      findings.push(note('trust anchor', `${arnOf(anchorKind, anchor)}: ${says}`, then))
    }
  }
  const more = findings.length - maxNamed
  return more <= 0 ? findings : [...findings.slice(0, maxNamed), note('trust anchor', `${more} more such warnings`)]
}
