// A sign-in that begins here: `/saml/login/<SAMLProviderUUID>` sends the browser to its company's provider with a signed
// AuthnRequest (SAML profiles 4.1.4.1), by redirect, or by a form where the provider takes no redirect.

import { redirectTo } from '../../federation/saml/redirect.ts'
import { authnRequest } from '../../federation/saml/requests.ts'
import { signElement } from '../../federation/saml/sign.ts'
import { ownEntityId } from '../../federation/saml/sp-metadata.ts'
import type { KnownSamlProvider } from '../../service/contracts/saml.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { Reply } from '../exchange.ts'
import { destinationOf } from '../federation/destinations.ts'
import { isFormTarget } from '../pages/headers.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import type { Page, PageRequest } from '../pages/page.ts'
import { linkTo } from './link-to.ts'
import { consumerPath, loginPath, ownConsumerPath, type SignInParts } from './parts.ts'
import { refuse } from './problems.ts'
import { newRequestId } from './request-ids.ts'

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
  const { entityId, singleSignOn } = provider.compiled.provider
  const endpoint = singleSignOn.find(({ binding }) => binding === 'redirect') ?? singleSignOn[0]
  if (endpoint === undefined) return none('the provider’s metadata has no SingleSignOnService for browsers')
  if (endpoint.binding === 'post' && !isFormTarget(new URL(endpoint.location).origin))
    return none('no policy of a page can name the host of the provider’s SingleSignOnService')
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
  if (endpoint.binding === 'redirect') {
    const location = redirectTo(endpoint.location, 'SAMLRequest', request, relay, keys.key)
    return { status: 302, headers: ['Location', location, ...headers], body: '' }
  }
  return byForm(parts, endpoint.location, signed(request, keys), relay, headers)
}

/** Where every account's roles are seen; a provider that must encrypt is reached by its own address alone. */
function consumerOf({ publicUrl }: SignInParts, { uuid, compiled }: KnownSamlProvider): string {
  const isRequired = 'encryption' in compiled && compiled.encryption === 'Required'
  return publicUrl + (isRequired ? ownConsumerPath(uuid) : consumerPath)
}

const signed = (xml: string, { key, certificate }: OwnKeys) =>
  Buffer.from(signElement(xml, { key, certificate })).toString('base64')

function byForm(
  { browsers }: SignInParts,
  location: string,
  message: string,
  relay: string | undefined,
  headers: readonly string[],
): Reply {
  const { origin, host } = new URL(location)
  return notice(
    browsers.site,
    'Sign in',
    html`<p>You sign in at your company’s own page, at ${host}.</p>
<form method="post" action="${linkTo(location)}">
<input type="hidden" name="SAMLRequest" value="${message}">
${relay === undefined ? [] : html`<input type="hidden" name="RelayState" value="${relay}">`}
<p><button class="button">Continue</button></p>
</form>`,
    { formTargets: [origin], headers },
  )
}
