// A sign-in that begins here: `/saml/login/<SAMLProviderUUID>` sends the browser to its company's provider with a signed
// AuthnRequest (SAML profiles 4.1.4.1).
import { authnRequest } from '../../federation/saml/requests.ts'
import { ownEntityId } from '../../federation/saml/sp-metadata.ts'
import type { KnownSamlProvider } from '../../service/contracts/saml.ts'
import type { Reply } from '../exchange.ts'
import { destinationOf } from '../federation/destinations.ts'
import type { Page, PageRequest } from '../pages/page.ts'
import { consumerPath, loginPath, ownConsumerPath, type SignInParts } from './parts.ts'
import { refuse } from './problems.ts'
import { newRequestId } from './request-ids.ts'
import { sendRequest, signOnOf } from './send-request.ts'

export const loginPages = (parts: SignInParts): readonly Page[] => [
  { method: 'GET', path: loginPath(':uuid'), handle: (request) => login(parts, request) },
]

async function login(parts: SignInParts, { exchange, params, query, now }: PageRequest): Promise<Reply | undefined> {
  const { saml, ownKeys, cookie, browsers, random } = parts
  const provider = await saml.byUuid(params.uuid ?? '')
  if (provider === undefined) return undefined
  const none = (reason: string) => {
    const said = 'Sign-in cannot begin here. Begin it at your company’s own page.'
    return refuse(parts, exchange, { said, reason, status: 404 }, now)
  }
  if ('unusable' in provider.compiled) return none(`saml-unusable: ${provider.compiled.unusable}`)
  const { entityId } = provider.compiled.provider
  const endpoint = signOnOf(provider.compiled.provider)
  if ('none' in endpoint) return none(endpoint.none)
  const { id: browser, headers } = cookie.readOrRenew(exchange)
  const keys = await ownKeys(now)
  const request = authnRequest(
    {
      ...{ id: newRequestId(keys, browser, entityId, random), issuer: ownEntityId, now },
      destination: endpoint.location,
    },
    consumerOf(parts, provider),
  )
  // INVARIANT: what comes back as RelayState is compared with the list again: the provider is not trusted with it.
  const wanted = query.get('RelayState')
  const relay = wanted === null || wanted === '' ? undefined : destinationOf(browsers.site, wanted)
  return sendRequest(browsers.site, keys, endpoint, request, relay, headers)
}

/** Where every account's roles are seen; a provider that must encrypt is reached by its own address alone. */
function consumerOf({ publicUrl }: SignInParts, { uuid, compiled }: KnownSamlProvider): string {
  const isRequired = 'encryption' in compiled && compiled.encryption === 'Required'
  return publicUrl + (isRequired ? ownConsumerPath(uuid) : consumerPath)
}
