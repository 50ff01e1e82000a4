// The OpenID Connect provider that an operation acts on, and what its URL and lists may be (IAM API Reference,
// CreateOpenIDConnectProvider).

import { oidcProviderArn } from '../../../core/arn.ts'
import type { AccountQuotas } from '../../../core/quotas.ts'
import type { Reader, Transaction } from '../../../store/store.ts'
import { modelled } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { BarCause } from '../../bar-cause.ts'
import type { WebIdentity } from '../../contracts/web-identity.ts'
import type { Call } from '../../operation.ts'
import { concurrentModification, invalid, invalidInput, noSuchEntity, overQuota } from '../../principals/refusals.ts'
import { type OidcProvider, oidcProviders } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'
import { providerArnOf } from './provider-arn.ts'

const MOST_THUMBPRINTS = 5

export interface ProviderTarget {
  readonly account: string
  /** Whose it is to allow. */
  readonly owner: string
  readonly arn: string
  readonly provider: OidcProvider | undefined
}

/** Looks a provider up by ARN. @throws ValidationError when the text is no provider's ARN. */
export async function providerTarget(reader: Reader, call: Call, text: string): Promise<ProviderTarget> {
  const account = accountOf(call)
  const { account: owner, name: url } = providerArnOf(text, 'oidc-provider')
  // Providers of other accounts are nobody else's.
  const provider = owner === account ? await reader.get(oidcProviders, [account, url]) : undefined
  return { account, owner, arn: text, provider }
}

export const onProvider = (action: IamName, { owner, arn, provider }: ProviderTarget) =>
  check(action, arn, owner, iamResourceTagKeys(provider?.tags))

const notFound = (arn: string) => noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)

/** @throws NoSuchEntity */
export function presentProvider({ provider, arn }: ProviderTarget, missing = notFound): OidcProvider {
  if (provider === undefined) throw missing(arn)
  return provider
}

/**
 * The provider as the transaction sees it.
 *
 * INVARIANT: it is the provider, with the tags, that was authorized.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentProvider(
  tx: Transaction,
  target: ProviderTarget,
  missing = notFound,
): Promise<OidcProvider> {
  const then = presentProvider(target, missing)
  const now = await tx.get(oidcProviders, oidcProviders.key(then))
  if (now === undefined) throw missing(target.arn)
  if (now.id !== then.id || JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw concurrentModification()
  return now
}

/** An issuer that may be registered: whole, its name without the scheme, and its ARN. */
export interface NewProvider {
  readonly issuer: string
  readonly url: string
  readonly arn: string
}

const notNamed = (account: string, issuer: string) =>
  `${'port-not-named' satisfies BarCause}: ${issuer} for account ${account}`

const badUrl = 'Invalid Open ID Connect Provider URL.'
/** Host, port, path. No userinfo, query or fragment, and nothing that another parser could take for one. */
const urlText =
  /^(https?):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(\/[A-Za-z0-9._~!$&'()+,;=:%/-]*)?$/

/**
 * Reads the URL of a new provider.
 * A port, and http on this machine, are extensions: the operator has named that provider for that account.
 * DIVERGES: issuers that are built in, or this server's own, are refused: no account brings keys for them.
 *
 * @throws ValidationError, InvalidInput
 */
export function newProvider(webIdentity: WebIdentity, account: string, issuer: string): NewProvider {
  // Without a scheme or without a host it is no URL at all.
  if (!/^[a-z]+:\/\/[^/?#]/i.test(issuer)) throw invalid(badUrl.slice(0, -1))
  const isConfigured = webIdentity.settingsOf(account, issuer) !== undefined
  const [, scheme, host = '', port, path = ''] = urlText.exec(issuer) ?? []
  if (scheme !== 'https' && !(scheme === 'http' && isConfigured)) {
    if (scheme !== 'http')
      throw invalidInput(/^https:/i.test(issuer) ? badUrl : `${badUrl} The URL must begin with https://.`)
    throw invalidInput(`${badUrl} The URL must begin with https://.`, notNamed(account, issuer))
  }
  if (!URL.canParse(issuer)) throw invalidInput(badUrl)
  if (port !== undefined && !isConfigured) throw invalidInput(badUrl, notNamed(account, issuer))
  // A name of one word would put claims among AWS's own condition keys: `sts:…`, `aws:…`.
  if (!/[.[]/.test(host) && port === undefined && path === '') {
    throw invalidInput(badUrl, 'a host of one word, without a port and a path, is taken for no issuer')
  }
  if (webIdentity.isReserved(issuer)) throw invalidInput(`${badUrl} The provider is built in.`)
  const url = issuer.slice(scheme.length + 3)
  return { issuer, url, arn: oidcProviderArn(account, url) }
}

/** The client ids of a provider, each once. @throws LimitExceeded */
export function clientIdsOf(ids: readonly string[], quotas: AccountQuotas): readonly string[] {
  const list = [...new Set(ids)]
  const most = quotas.ClientIdsPerOpenIdConnectProvider
  if (list.length > most) throw overQuota('ClientIdsPerOpenIdConnectProvider', most)
  return list
}

/** The thumbprints of a provider, in lower case. Their length is the model's to check. @throws InvalidInput */
export function thumbprintListOf(list: readonly string[]): readonly string[] {
  if (list.length > MOST_THUMBPRINTS) throw invalidInput('Thumbprint list must contain fewer than 5 entries.')
  return [...new Set(list.map((thumbprint) => thumbprint.toLowerCase()))]
}

export const unreachable = (issuer: string, detail: string) =>
  modelled('iam', 'OpenIdIdpCommunicationErrorException', `Could not connect to ${issuer}`, { detail })
