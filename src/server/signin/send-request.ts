// Sends a browser to a company's provider with a signed AuthnRequest (SAML profiles 4.1.4.1): by redirect, or by a form where the
// provider takes no redirect.
import type { Endpoint, SamlIdentityProvider } from '../../federation/saml/provider.ts'
import { redirectTo } from '../../federation/saml/redirect.ts'
import { signElement } from '../../federation/saml/sign.ts'
import type { OwnKeys } from '../../service/saml/own-keys.ts'
import type { Reply } from '../exchange.ts'
import { isFormTarget } from '../pages/headers.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import type { Site } from '../pages/site.ts'
import { linkTo } from './link-to.ts'

/** Where the provider takes requests, a redirect before a form; or why nothing can be sent there. */
export function signOnOf({ singleSignOn }: SamlIdentityProvider): Endpoint | { readonly none: string } {
  const endpoint = singleSignOn.find(({ binding }) => binding === 'redirect') ?? singleSignOn[0]
  if (endpoint === undefined) return { none: 'the provider’s metadata has no SingleSignOnService for browsers' }
  if (endpoint.binding === 'post' && !isFormTarget(new URL(endpoint.location).origin))
    return { none: 'no policy of a page can name the host of the provider’s SingleSignOnService' }
  return endpoint
}

export function sendRequest(
  site: Site,
  keys: OwnKeys,
  { binding, location }: Endpoint,
  request: string,
  relay: string | undefined,
  headers: readonly string[],
): Reply {
  if (binding === 'redirect') {
    const signed = redirectTo(location, 'SAMLRequest', request, relay, keys.key)
    return { status: 302, headers: ['Location', signed, ...headers], body: '' }
  }
  const { key, certificate } = keys
  const message = Buffer.from(signElement(request, { key, certificate })).toString('base64')
  const { origin, host } = new URL(location)
  return notice(
    site,
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
