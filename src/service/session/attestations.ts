// What vouches for a workload: an enrolled machine, a declared service, a certificate, an association of a cluster. It is the
// first ancestor of the workload's sessions and of all that descends from them, and they live no longer than it does: whoever
// opens a pass asks for it each time, as for the pass's principal.
import type { Ancestor, Pass } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'

export const attestationKinds = ['machine', 'service', 'certificate', 'association'] as const
export type AttestationKind = (typeof attestationKinds)[number]

/** The id of an attestation as an ancestor. No other ancestor has a slash in its id. */
export const attestationId = (kind: AttestationKind, id: string) => `${kind}/${id}`

/** What vouches for the workload that a pass began with; undefined where it began with something else. */
export const attestationOf = ({ ancestors: [first] }: Pick<Pass, 'ancestors'>): Ancestor | undefined =>
  first?.id.includes('/') ? first : undefined

export interface Attestations {
  /** Whether it still vouches: it is there, under the same unique id, enabled, and not revoked. */
  lives(attestation: Ancestor, now: Date): Maybe<boolean>
}

/** Of one kind: the ancestor, and its id without the kind. */
export type Living = (attestation: Ancestor, id: string, now: Date) => Maybe<boolean>

/** Asks whoever keeps attestations of that kind. INVARIANT: one of a kind that nobody keeps is dead. */
export const attestationsOf = (kinds: { readonly [K in AttestationKind]?: Living }): Attestations => ({
  lives(attestation, now) {
    const slash = attestation.id.indexOf('/')
    const kind = attestation.id.slice(0, slash)
    const living = Object.hasOwn(kinds, kind) ? kinds[kind as AttestationKind] : undefined
    return living === undefined ? false : living(attestation, attestation.id.slice(slash + 1), now)
  },
})
