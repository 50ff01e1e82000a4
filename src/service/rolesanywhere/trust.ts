// Trust anchors and profiles as sessions need them: cached until one of their records changes, asked when a session begins and each time
// that it is opened. A change on this node counts once it is answered; one on another, when the feed reports it.
import type { Ancestor } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import { createLru } from '../../core/token/lru.ts'
import { type Certificate, serialHex } from '../../federation/x509/certificate.ts'
import { type Path, type PathRejection, validatePath } from '../../federation/x509/path.ts'
import { createKnownCertificates, type PresentedCertificates } from '../../federation/x509/presented.ts'
import type { Reader, Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { AnchorView, CertificateTrust, IssuedBy } from '../contracts/certificate-trust.ts'
import { accounts } from '../records.ts'
import type { Living } from '../session/attestations.ts'
import { readAttestation } from './attestation.ts'
import { authoritiesIn } from './authorities.ts'
import { certificateSubjects, profiles, revocationLists, trustAnchors } from './records.ts'

/** More than an anchor may have. */
const mostLists = 10

/** `lives`: whether what a session began with still vouches for it. */
export function createCertificateTrust(store: Store, clock: () => Date): CertificateTrust & { readonly lives: Living } {
  const options = { maxBytes: 32 << 20, weight: (value: object) => 1_000 + 2 * JSON.stringify(value).length }
  const anchors = accountCache<AnchorView>(store, clock, { ...options, load: loadAnchor, weight: weighAnchor })
  const profilesById = accountCache(store, clock, {
    ...options,
    load: (reader, account, rest) => reader.get(profiles, [account, ...placeIn(rest)]),
  })
  const subjects = accountCache(store, clock, {
    ...options,
    load: (reader, account, rest) => reader.get(certificateSubjects, [account, ...placeIn(rest)]),
  })
  const known = createKnownCertificates()
  const paths = createLru<Path>({ bytes: 8 << 20, share: 0.5 })

  const anchor: CertificateTrust['anchor'] = ({ account, region, id }) => anchors.get(account, `${region}/${id}`)
  const profile: CertificateTrust['profile'] = ({ account, region, id }) => profilesById.get(account, `${region}/${id}`)

  function pathTo(view: AnchorView, presented: PresentedCertificates, now: number): PathFound {
    const key = `${view.fingerprint} ${presented.fingerprint}`
    const kept = paths.get(key)
    // INVARIANT: of a path that was found before, only the time is looked at: certificates do not change.
    if (kept !== undefined && now >= kept.notBefore && now <= kept.notAfter) return kept
    const path = validatePath(presented.leaf, presented.intermediates, view.authorities, now)
    if ('rejected' in path) return path
    paths.set(key, path, 1_000, view.account)
    known.keep(presented)
    return path
  }

  function lives({ account, principal }: Ancestor, id: string, now: Date): Maybe<boolean> {
    const attested = readAttestation(id)
    if (attested === undefined || now.getTime() > attested.notAfter) return false
    const { region, issued } = attested
    return andThen(anchor({ account, region, id: principal }), (view) => {
      if (view === undefined || !vouches(view, issued, now.getTime())) return false
      return andThen(profile({ account, region, id: attested.profile }), (found) => found?.isEnabled === true)
    })
  }

  return {
    known,
    anchor,
    profile,
    subject: ({ account, region, id }) => subjects.get(account, `${region}/${id}`),
    pathTo,
    standing,
    lives,
  }
}

type PathFound = Path | { readonly rejected: PathRejection }

const placeIn = (rest: string): readonly [string, string] => {
  const slash = rest.lastIndexOf('/')
  return [rest.slice(0, slash), rest.slice(slash + 1)]
}

/** Undefined for one that is not there, or cannot be read, or whose account is closed. */
async function loadAnchor(reader: Reader, account: string, rest: string): Promise<AnchorView | undefined> {
  const [region, id] = placeIn(rest)
  const record = await reader.get(trustAnchors, [account, region, id])
  const authorities = record === undefined ? undefined : authoritiesIn(record.bundle)
  if (record === undefined || authorities === undefined) return undefined
  const owner = await reader.get(accounts, [account])
  if (owner?.status !== 'ACTIVE') return undefined
  const { items } = await reader.list(revocationLists, 'anchor', { prefix: [account, region, id], limit: mostLists })
  return {
    ...{ account, region, id, isEnabled: record.isEnabled, authorities },
    fingerprint: `${id} ${authorities.map(({ fingerprint }) => fingerprint).join(' ')}`,
    lists: items
      .filter(({ isEnabled }) => isEnabled)
      .map(({ issuer, nextUpdate, revoked }) => ({ issuer, nextUpdate, revoked: new Set(revoked) })),
  }
}

const weighAnchor = ({ authorities, lists }: AnchorView) =>
  2_000 +
  authorities.reduce((sum, { der }) => sum + 4_000 + 6 * der.length, 0) +
  lists.reduce((sum, { revoked }) => sum + 100 * revoked.size, 0)

/** Of every certificate of a path, from the workload's to the one that the anchor issued. */
export const issuedOn = ({ certificates, anchor }: Pick<Path, 'certificates' | 'anchor'>): readonly IssuedBy[] =>
  certificates.map(({ serial }, at) => ({
    issuer: (certificates[at + 1] ?? anchor).keyId,
    serial: serialHex(serial),
  }))

/**
 * What the anchor's revocation lists say of the certificates of a path.
 * DIVERGES: AWS is not known to look at nextUpdate. Here a list that has ended says that nothing its authority issued is good: what was
 * revoked since cannot be known.
 */
function standing(
  { lists }: AnchorView,
  issued: readonly IssuedBy[],
  now: number,
): 'revoked' | 'list-ended' | undefined {
  const about = lists.filter((list) => issued.some(({ issuer }) => issuer === list.issuer))
  const isRevoked = issued.some(({ issuer, serial }) =>
    about.some((list) => list.issuer === issuer && list.revoked.has(serial)),
  )
  if (isRevoked) return 'revoked'
  return about.some(({ nextUpdate }) => now > nextUpdate) ? 'list-ended' : undefined
}

/** Whether an anchor lets sessions live that began with a path to it: it is enabled, still has that authority, and revokes nothing of it. */
function vouches(view: AnchorView, issued: readonly IssuedBy[], now: number): boolean {
  const top = issued.at(-1)?.issuer
  const isAuthority = view.authorities.some(({ keyId, notAfter }: Certificate) => keyId === top && now <= notAfter)
  return view.isEnabled && isAuthority && standing(view, issued, now) === undefined
}
