// A posted response, verified: as it comes, and again at each step that goes on with it.
import type { RejectedSaml, Saml, SignInProof } from '../../service/contracts/saml.ts'

/** What one provider record vouches for. */
export type Proven = Exclude<SignInProof, RejectedSaml>

/** Those that vouch for it, in the order in which it names them; or why the first one does not. */
export async function verifyPosted(
  saml: Pick<Saml, 'signIn'>,
  response: string,
  uuid: string | undefined,
  now: Date,
): Promise<readonly [Proven, ...Proven[]] | RejectedSaml> {
  const proofs = await saml.signIn(response, uuid === undefined ? {} : { uuid }, now)
  if ('rejected' in proofs) return proofs
  const [first, ...others] = proofs.filter((proof): proof is Proven => !('rejected' in proof))
  if (first !== undefined) return [first, ...others]
  const why = proofs.find((proof) => 'rejected' in proof)
  return why ?? { rejected: 'no-provider', detail: 'it names no provider' }
}
