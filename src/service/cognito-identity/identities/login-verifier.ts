// Verifies tokens of outside logins with what web identities are verified with: IAM's OpenID Connect providers, well-known
// issuers, and opaque tokens that only their provider can read.
import type { Inspector, OauthProvider } from '../../../federation/oauth/inspect.ts'
import type { KeySource } from '../../../federation/oidc/key-source.ts'
import { readToken, type Unverified } from '../../../federation/oidc/token.ts'
import { type Rejection, type VerifiedToken, verifyToken } from '../../../federation/oidc/verify.ts'
import type { Json } from '../../../wire/json-text.ts'
import type { LoginProof, LoginRejection, LoginSource, LoginVerifier, RejectedLogin } from '../../contracts/logins.ts'
import type { WebIdentity } from '../../contracts/web-identity.ts'
import { type GoogleOptions, googleIssuer } from '../../web-identity/web-identity.ts'

export interface LoginVerifierOptions {
  readonly webIdentity: Pick<WebIdentity, 'verify' | 'verifyKnown'>
  readonly inspector: Inspector
  readonly google: GoogleOptions
  readonly verifying: { readonly keys: KeySource; readonly skewSeconds: number }
}

const rejected = (why: LoginRejection, detail: string): RejectedLogin => ({ rejected: why, detail })

export function createLoginVerifier({
  webIdentity,
  inspector,
  google,
  verifying,
}: LoginVerifierOptions): LoginVerifier {
  /** A signed token, by whoever verifies it. */
  async function signed(
    token: string,
    by: (token: Unverified) => Promise<VerifiedToken | Rejection | undefined>,
  ): Promise<LoginProof | RejectedLogin> {
    const read = readToken(token)
    if ('problem' in read) return rejected('malformed', `${read.problem}: ${read.detail}`)
    const answer = await by(read)
    if (answer === undefined) return rejected('not-offered', 'the account has no such provider')
    if ('rejected' in answer) return told(answer)
    const { subject, audience, expiresAt, claims } = answer
    return { subject, audience, expiresAt, claims }
  }

  async function opaque(provider: OauthProvider, app: string, token: string, now: Date, address: string) {
    const found = await inspector.inspect(provider, token, now, address)
    if ('rejected' in found) return told(found)
    if (found.app !== app) return rejected('audience', `a token for app ${found.app}`)
    const [userClaim, appClaim] = provider === 'www.amazon.com' ? ['user_id', 'app_id'] : ['id', 'app_id']
    const claims = new Map<string, Json>([
      [userClaim, found.subject],
      [appClaim, found.app],
    ])
    return { subject: found.subject, audience: found.app, expiresAt: found.expiresAt, claims }
  }

  async function userPool(
    account: string,
    source: Extract<LoginSource, { kind: 'user-pool' }>,
    token: string,
    now: Date,
  ) {
    // DIVERGES: AWS asks its own user pools whether the user is still signed in. No user pool outside AWS can be asked,
    // and a check that was ordered and not made would be worse than none.
    if (source.check) return rejected('unreachable', `${source.name} cannot be asked whether a token still counts`)
    const known = { issuer: `https://${source.name}`, clientIds: source.clientIds }
    const answer = await signed(token, (read) => webIdentity.verifyKnown(account, known, read, now))
    if ('rejected' in answer || answer.claims.get('token_use') === 'id') return answer
    return rejected('malformed', 'not an ID token')
  }

  function known(account: string, name: string, app: string, token: string, now: Date, address: string) {
    switch (name) {
      case 'accounts.google.com':
        return signed(token, (read) => verifyToken(read, googleIssuer(google, [app]), now, verifying))
      case 'appleid.apple.com':
        return signed(token, (read) => {
          return webIdentity.verifyKnown(account, { issuer: `https://${name}`, clientIds: [app] }, read, now)
        })
      case 'graph.facebook.com':
      case 'www.amazon.com':
        return opaque(name, app, token, now, address)
      default:
        return rejected('not-offered', `tokens of ${name} cannot be verified any more`)
    }
  }

  return {
    verify(account, source, token, now, address) {
      switch (source.kind) {
        case 'oidc':
          return signed(token, (read) => webIdentity.verify(account, urlOf(source.arn), read, now))
        case 'user-pool':
          return userPool(account, source, token, now)
        case 'public':
          return known(account, source.name, source.app, token, now, address)
        case 'saml':
          return rejected('not-offered', 'SAML assertions are no logins yet')
      }
    },
  }
}

/** The URL, without its scheme, in an OpenID Connect provider's ARN. */
const urlOf = (arn: string) => arn.slice(arn.indexOf('/') + 1)

type Why = Rejection['rejected'] | Extract<Awaited<ReturnType<Inspector['inspect']>>, { rejected: unknown }>['rejected']

/** What an outside verifier's reason means to a login; what has no row is a signature that could not be verified. */
const reasons: { readonly [W in Why]?: LoginRejection } = {
  malformed: 'malformed',
  encrypted: 'malformed',
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

function told(why: { readonly rejected: Why; readonly detail: string; readonly expiresAt?: number }): RejectedLogin {
  const meaning = reasons[why.rejected] ?? 'signature'
  // Of a missing claim the detail is its name, which is sent.
  const detail = meaning === 'missing-claim' ? why.detail : `${why.rejected}: ${why.detail}`
  return { rejected: meaning, detail, ...(why.expiresAt === undefined ? {} : { expiresAt: why.expiresAt }) }
}
