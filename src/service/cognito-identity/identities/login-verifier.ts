// Verifies logins as proofs of the providers that a pool names, with the kinds of proof that web identities have, and
// translates a proof's rejection for pools.
import type { Expected, ProofRejection, RejectedProof } from '../../../federation/proof.ts'
import type { LoginRejection, LoginSource, LoginVerifier, RejectedLogin } from '../../contracts/logins.ts'
import type { WebIdentity } from '../../contracts/web-identity.ts'

const rejected = (why: LoginRejection, detail: string): RejectedLogin => ({ rejected: why, detail })

export const createLoginVerifier = (webIdentity: Pick<WebIdentity, 'verify'>): LoginVerifier => ({
  async verify(account, source, text, now, address) {
    // DIVERGES: AWS asks its own user pools whether the user is still signed in. No user pool outside AWS can be asked,
    // and a check that is configured and not made would be worse than none.
    if (source.kind === 'user-pool' && source.check) {
      return rejected('unreachable', `${source.name} cannot be asked whether a token still counts`)
    }
    const expected = expectedOf(source)
    const answer = await webIdentity.verify({ account, text, address, expected }, now)
    if (answer === undefined) return rejected('not-offered', `nothing here verifies a login of ${expected.provider}`)
    if ('rejected' in answer) return asLogin(answer)
    const { subject, audience, expiresAt, claims } = answer
    if (audience === undefined) return rejected('audience', 'issued for nobody in particular')
    return { subject, audience, expiresAt, claims }
  },
})

function expectedOf(source: LoginSource): Expected {
  switch (source.kind) {
    case 'oidc':
    case 'saml':
      return { provider: source.arn }
    case 'user-pool':
      return { provider: source.name, audiences: source.clientIds }
    case 'public':
      return { provider: source.name, audiences: [source.app] }
  }
}

/** What a proof's rejection is for a login; one without a row counts as a signature that could not be verified. */
const reasons: { readonly [W in ProofRejection]?: LoginRejection } = {
  malformed: 'malformed',
  encrypted: 'malformed',
  algorithm: 'malformed',
  'bad-claim': 'malformed',
  'many-audiences': 'audience',
  issuer: 'issuer',
  'missing-claim': 'missing-claim',
  audience: 'audience',
  app: 'audience',
  expired: 'expired',
  'not-yet': 'not-yet',
  revoked: 'revoked',
  'not-offered': 'not-offered',
  unreachable: 'unreachable',
  timeout: 'unreachable',
  failing: 'unreachable',
  busy: 'unreachable',
}

function asLogin({ rejected: why, detail, expiresAt }: RejectedProof): RejectedLogin {
  const meaning = reasons[why] ?? 'signature'
  return {
    rejected: meaning,
    // Of a missing claim the detail is its name, which is sent.
    detail: meaning === 'missing-claim' ? detail : `${why}: ${detail}`,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}
