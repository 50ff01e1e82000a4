// Where a new session comes from: who began its chain, and the credentials that it descends from.
import type { Ancestor, Identity, Pass } from '../../core/identity.ts'
import type { Subject } from '../contracts/subject.ts'

/** DIVERGES: AWS states no bound on role chaining; a token that names its ancestors needs one. */
export const maxChain = 10

export interface Lineage {
  readonly ancestors: readonly Ancestor[]
  /** Provider and subject, or the unique id of the user or role the chain began with. */
  readonly by: string
  /** The caller's own credentials are temporary: AWS's role chaining. */
  readonly chained: boolean
  /** Whether somebody vouches for whoever began the chain: what descends from a guest's session is a guest's. */
  readonly vouched: boolean
}

/** `by` of a chain that begins with a proof. */
export const proofBy = ({ provider, subject }: { readonly provider: string; readonly subject: string }) =>
  `${provider} ${subject}`

/** What `by` of every person of a connector begins with: no provider's ARN or name does. */
const personsBegin = 'connector/'

/** `by` of what a person of a connector is given. */
export const personBy = (connector: string, id: string) => proofBy({ provider: personsBegin + connector, subject: id })

/** In place of a connector, of what an operator is given without one: no connector is called so. */
export const OPERATOR = 'operator:break-glass'

/** The connector of the person whose pass this is; undefined for every other pass. No connector's name has a blank in it. */
export const connectorNameOf = ({ by }: Pick<Pass, 'by'>): string | undefined =>
  by.startsWith(personsBegin) ? by.slice(personsBegin.length, by.indexOf(' ')) : undefined

/** The broker user that a person's pass descends from; undefined for every other pass. */
export const brokerUserOf = ({ by, ancestors }: Pick<Pass, 'by' | 'ancestors'>): Ancestor | 'unknown' | undefined =>
  by.startsWith(personsBegin) ? (ancestors[0] ?? 'unknown') : undefined

/** The lineage of a session that is issued to this caller. */
export function lineageOf(identity: Identity, subject: Subject | undefined): Lineage {
  switch (identity.kind) {
    case 'session': {
      const { pass } = identity
      const { id, principal, version, account } = pass
      const parent: Ancestor = { id, principal, version, account }
      return { ancestors: [...pass.ancestors, parent], by: pass.by, chained: true, vouched: pass.vouched }
    }
    case 'root':
    case 'user':
      return {
        ancestors: [
          {
            // Of a broker user the sign-in stands where a key would: whatever the person is given ends with it.
            id: identity.accessKeyId ?? identity.onBehalf.signIn,
            principal: identity.principal,
            version: subject?.version ?? 0,
            account: identity.account,
          },
        ],
        by: identity.onBehalf?.by ?? identity.principal,
        chained: false,
        vouched: true,
      }
    case 'proof':
      return {
        ancestors: identity.ancestors ?? [],
        by: proofBy(identity),
        chained: false,
        vouched: identity.voucher !== 'nobody',
      }
    case 'service':
      return {
        ancestors: [identity.attestation],
        by: proofBy({ provider: identity.name, subject: identity.subject }),
        chained: false,
        vouched: true,
      }
    case 'anonymous':
      throw new TypeError('an anonymous caller begins no session')
  }
}
