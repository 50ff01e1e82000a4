// The page of development mode's SAML provider that sends its response on.
import type { Reply } from '../server/exchange.ts'
import { document } from '../server/pages/document.ts'
import { html } from '../server/pages/html.ts'
import { pathIn, type Site } from '../server/pages/site.ts'
import { called, type Person } from './people.ts'
import { samlPath } from './saml-addresses.ts'

export interface Continuation {
  /** Where the response goes, below the public URL. */
  readonly consumer: string
  /** The response. */
  readonly xml: string
  readonly relay: string | undefined
}

/** What carries a SAML response to its consumer (SAML 2.0 bindings 3.5.4): other providers send the form by a script. */
export function continuation(site: Site, person: Person, { consumer, xml, relay }: Continuation): Reply {
  const response = Buffer.from(xml).toString('base64')
  const state = relay === undefined ? [] : html`<input type="hidden" name="RelayState" value="${relay}">`
  return document(
    site,
    `${called(person)} at Example Corp`,
    html`<h1>Signed in as ${called(person)}</h1>
<p>Example Corp has signed a response that says who you are and which roles you have. Your browser takes it to Hallpass. A real
provider does this at once, without this page.</p>
<form method="post" action="${pathIn(site, consumer)}">
<input type="hidden" name="SAMLResponse" value="${response}">${state}
<button class="button">Continue</button>
</form>
<details><summary>What the response says</summary>
<pre tabindex="0" aria-label="The response">${xml}</pre></details>
<nav><a href="${pathIn(site, samlPath)}">Sign in as somebody else</a> <a href="${site.home}">Back to the start</a></nav>`,
    { formTargets: ["'self'"] },
  )
}
