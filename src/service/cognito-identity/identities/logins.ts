// Logins: which provider of a pool a token is said to come from, who verifies it, and how a rejected token is refused
// (Amazon Cognito Developer Guide, "Identity pools third-party identity providers"; API Reference, GetId).
import type { Voucher } from '../../../core/identity.ts'
import { isSharedIssuer } from '../../../core/policy/tenancy.ts'
import type { LoginProof, LoginSource, LoginVerifier, RejectedLogin } from '../../contracts/logins.ts'
import type { Pool } from '../records.ts'
import { invalidLogin, unreachable, unsupportedProvider } from '../refusals.ts'

/** One login of a request, verified. */
export interface VerifiedLogin extends LoginProof {
  /** As the key of the Logins map. */
  readonly provider: string
  /** Its names in `amr`, beside `authenticated`. */
  readonly amr: readonly string[]
  /** Names under which role mappings and attribute maps may apply to it, the most specific first. */
  readonly names: readonly string[]
}

/** The name of our own OpenID tokens among logins. */
export const ownProvider = 'cognito-identity.amazonaws.com'

/** Public providers that a pool may name. */
export const publicProviders: ReadonlySet<string> = new Set([
  'accounts.google.com',
  'api.twitter.com',
  'appleid.apple.com',
  'graph.facebook.com',
  'www.amazon.com',
  'www.digits.com',
])

/** The URL, without its scheme, in an OpenID Connect provider's ARN. */
export const issuerOfArn = (arn: string) => arn.slice(arn.indexOf(':oidc-provider/') + ':oidc-provider/'.length)

/** Who vouches for logins of this name in the pool; undefined when the pool accepts none. */
export function sourceOf(pool: Pool, provider: string): LoginSource | undefined {
  const app = Object.hasOwn(pool.supported, provider) ? pool.supported[provider] : undefined
  if (app !== undefined) return { kind: 'public', name: provider, app }
  const clients = pool.userPools.filter(({ name }) => name === provider)
  if (clients.length > 0) {
    const check = clients.some((client) => client.check)
    return { kind: 'user-pool', name: provider, clientIds: clients.map(({ clientId }) => clientId), check }
  }
  if (pool.saml.includes(provider)) return { kind: 'saml', arn: provider }
  const arn = pool.oidc.find((candidate) => issuerOfArn(candidate) === provider)
  return arn === undefined ? undefined : { kind: 'oidc', arn }
}

/** When logins are presented, and from which address. */
export interface LoginContext {
  readonly now: Date
  readonly from: { readonly address: string }
}

/** Verifies one login of a request. @throws NotAuthorizedException, ExternalServiceException */
export async function verifyLogin(
  verifier: LoginVerifier,
  pool: Pool,
  provider: string,
  token: string,
  { now, from }: LoginContext,
): Promise<VerifiedLogin> {
  const source = sourceOf(pool, provider)
  if (source === undefined) throw unsupportedProvider(`${provider} is not a provider of ${pool.id}`)
  const answer = await verifier.verify(pool.account, source, token, now, from.address)
  if ('rejected' in answer) throw refusalOf(answer, now)
  const { subject, audience } = answer
  if (subject === '' || subject.length > longestSubject) throw invalidLogin('Missing a required claim: sub')
  const names = source.kind === 'user-pool' ? [`${provider}:${audience}`, provider] : [provider]
  if (source.kind === 'oidc') names.push(source.arn)
  return { ...answer, provider, amr: [provider, userNameIn(source, provider, answer)], names }
}

const longestSubject = 1024

/** The second name of a login in `amr`: its user, and how the user signed in. */
function userNameIn(source: LoginSource, provider: string, { subject, audience, claims }: LoginProof): string {
  switch (source.kind) {
    case 'oidc':
      return `${source.arn}:OIDC:${subject}`
    case 'saml':
      return `${source.arn}:SAML:${subject}`
    case 'user-pool':
      return `${provider}:CognitoSignIn:${String(claims.get('sub') ?? subject)}`
    case 'public':
      return `${provider}:${audience}:${subject}`
  }
}

/**
 * Who vouches for the user behind an `amr`: the account, when one name is of a provider of its own, or of its developer.
 * Guests have no such name, nor have logins that anybody can get.
 */
export function voucherOf(amr: readonly string[]): Voucher {
  const own = amr.some((name) => name !== 'authenticated' && name !== 'unauthenticated' && !isOpenToAll(name))
  return own ? 'account' : 'nobody'
}

function isOpenToAll(name: string): boolean {
  const issuer = name.startsWith('arn:') ? issuerOfArn(name).replace(/:OIDC:.*$/s, '') : name
  return isSharedIssuer(issuer) || publicProviders.has(issuer.replace(/:.*$/s, ''))
}

function refusalOf({ rejected, detail, expiresAt }: RejectedLogin, now: Date) {
  switch (rejected) {
    case 'issuer':
      return invalidLogin("Issuer doesn't match providerName", detail)
    case 'missing-claim':
      return invalidLogin(`Missing a required claim: ${detail}`)
    case 'audience':
      return invalidLogin('Incorrect token audience.', detail)
    case 'expired': {
      const seconds = Math.floor(now.getTime() / 1000)
      return invalidLogin(
        expiresAt === undefined ? 'Token expired.' : `Token expired: ${seconds} >= ${expiresAt}`,
        detail,
      )
    }
    case 'not-yet':
      return invalidLogin('Token is not valid yet.', detail)
    case 'signature':
      return invalidLogin("Couldn't verify signed token.", detail)
    case 'revoked':
      return invalidLogin('Token has been revoked.', detail)
    case 'malformed':
      return invalidLogin('Not a valid OpenId Connect identity token.', detail)
    case 'unreachable':
      return unreachable('The identity provider of the login could not be asked.', detail)
    case 'not-offered':
      return unsupportedProvider(detail)
  }
}
