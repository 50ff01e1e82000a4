// What a request may set of a pool (API Reference, CreateIdentityPool and UpdateIdentityPool; "Quotas in Amazon Cognito").
import { isAccountId } from '../../../core/arn.ts'
import type { CognitoInput } from '../define.ts'
import { ownProvider, publicProviders } from '../identities/logins.ts'
import type { Pool, UserPoolProvider } from '../records.ts'
import { invalidParameter } from '../refusals.ts'
import { checkTags } from './principal-tags.ts'

type Given = CognitoInput<'CreateIdentityPool'> | CognitoInput<'UpdateIdentityPool'>

const mostUserPools = 50
const mostArns = 50
const mostTags = 50

/** The pool that a request describes, without what the service adds. @throws InvalidParameterException */
export function poolFrom(account: string, given: Given): Omit<Pool, 'account' | 'region' | 'id' | 'createdAt'> {
  const supported = given.SupportedLoginProviders ?? {}
  for (const name of Object.keys(supported)) {
    if (!publicProviders.has(name)) throw invalidParameter(`${name} is not a supported login provider.`)
  }
  const oidc = arnsOf(account, 'oidc-provider', given.OpenIdConnectProviderARNs ?? [])
  const saml = arnsOf(account, 'saml-provider', given.SamlProviderARNs ?? [])
  const developer = given.DeveloperProviderName
  checkDeveloper(developer, oidc)
  const tags = given.IdentityPoolTags ?? {}
  checkPoolTags(tags)
  return {
    name: given.IdentityPoolName,
    allowUnauthenticated: given.AllowUnauthenticatedIdentities,
    ...(given.AllowClassicFlow === undefined ? {} : { allowClassic: given.AllowClassicFlow }),
    supported,
    ...(developer === undefined ? {} : { developer }),
    oidc,
    saml,
    userPools: userPoolsOf(given.CognitoIdentityProviders ?? []),
    tags,
  }
}

/**
 * INVARIANT: a developer's users are named by the developer alone: no provider of the pool has the same name.
 * @throws InvalidParameterException
 */
export function checkDeveloper(developer: string | undefined, oidc: readonly string[]): void {
  if (developer === undefined) return
  if (publicProviders.has(developer) || developer === ownProvider) {
    throw invalidParameter(`${developer} cannot be the name of a developer provider.`)
  }
  if (oidc.some((arn) => arn.endsWith(`:oidc-provider/${developer}`))) {
    throw invalidParameter(`${developer} is the name of an OpenID Connect provider of the pool.`)
  }
}

/** @throws InvalidParameterException */
export function checkPoolTags(tags: Readonly<Record<string, string>>): void {
  checkTags(tags, 'tag')
  if (Object.keys(tags).length > mostTags) throw invalidParameter(`A pool can have at most ${mostTags} tags.`)
}

function arnsOf(account: string, kind: string, arns: readonly string[]): readonly string[] {
  if (arns.length > mostArns) throw invalidParameter(`A pool can have at most ${mostArns} providers of a kind.`)
  for (const arn of arns) {
    const start = `arn:aws:iam::${account}:${kind}/`
    // INVARIANT: a pool believes providers of its own account alone: another's owner could sign anybody in.
    if (!isAccountId(account) || !arn.startsWith(start) || !/^[^\s*?]+$/.test(arn.slice(start.length))) {
      throw invalidParameter(`Invalid provider ARN: ${arn}`)
    }
  }
  if (new Set(arns).size < arns.length) throw invalidParameter('A provider ARN stands twice.')
  return arns
}

type GivenUserPool = NonNullable<Given['CognitoIdentityProviders']>[number]

function userPoolsOf(given: readonly GivenUserPool[]): readonly UserPoolProvider[] {
  if (given.length > mostUserPools) throw invalidParameter(`A pool can have at most ${mostUserPools} user pools.`)
  const seen = new Set<string>()
  return given.map(({ ProviderName, ClientId, ServerSideTokenCheck = false }) => {
    if (ProviderName === undefined || ClientId === undefined) {
      throw invalidParameter('A user pool needs ProviderName and ClientId.')
    }
    if (!/^cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/[\w-]+$/.test(ProviderName)) {
      throw invalidParameter(`Invalid Cognito identity provider: ${ProviderName}`)
    }
    const name = `${ProviderName}:${ClientId}`
    if (seen.has(name)) throw invalidParameter(`${name} stands twice.`)
    seen.add(name)
    return { name: ProviderName, clientId: ClientId, check: ServerSideTokenCheck }
  })
}
