// Signing in at an OpenID Connect provider: the browser is sent there, and comes back with a code (OpenID Connect Core 1.0, 3.1;
// RFC 6749 4.1; RFC 9700 4). Each connector has a redirect_uri of its own, so that no provider's answer is taken for another's.
import type { OidcConnector } from '../../service/contracts/people-table.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { newBegun, readBegun } from './oidc-state.ts'
import { useUp } from './once.ts'
import { providerPage } from './provider-page.ts'
import { callbackPath, type ProviderParts, type Start } from './provider-parts.ts'
import { notHere, notReached, refuse } from './provider-refusal.ts'
import { signedIn } from './signed-in.ts'

/** What a code that holds nothing costs its address, in requests. */
const costOfWrongCode = 100

const redirectUriOf = ({ publicUrl }: ProviderParts, { name }: OidcConnector) => publicUrl + callbackPath(name)

/** Sends the browser to the provider. */
export async function beginOidc(
  parts: ProviderParts,
  exchange: Exchange,
  connector: OidcConnector,
  { next, isAfresh }: Start,
  now: Date,
): Promise<Reply> {
  const { codeFlows, browser, ownKeys, random } = parts
  const { id, headers } = browser.cookie.readOrRenew(exchange)
  const begun = newBegun(await ownKeys(now), id, connector, next, random, now)
  const flow = { ...begun, redirectUri: redirectUriOf(parts, connector) }
  const led = await codeFlows.of(connector).begin(flow, now, { isAfresh })
  if ('unavailable' in led) {
    const reason = `${connector.name}: ${led.unavailable}`
    return refuse(parts, exchange, { reason, said: notReached, status: 503 }, now)
  }
  return { status: 303, headers: ['Location', led.location, ...headers], body: '' }
}

export const oidcPages = (parts: ProviderParts): readonly Page[] => [
  providerPage(parts, callbackPath, ['oidc'], ({ exchange, query, now }, connector) =>
    callback(parts, exchange, connector, query, now),
  ),
]

async function callback(
  parts: ProviderParts,
  exchange: Exchange,
  connector: OidcConnector,
  query: URLSearchParams,
  now: Date,
): Promise<Reply> {
  const { codeFlows, ownKeys, store } = parts
  const no = (reason: string, said?: Html, status?: number) =>
    refuse(parts, exchange, { reason: `${connector.name}: ${reason}`, said, status }, now)
  const notBegun = (reason: string) => no(reason, notHere, 400)
  const browser = parts.browser.cookie.read(exchange)
  if (browser === undefined) return notBegun('a callback in a browser that has begun no sign-in')
  const states = query.getAll('state')
  const [state = ''] = states
  // INVARIANT: what another browser began, or this one at another connector or too long ago, is not looked at.
  const begun = states.length === 1 ? readBegun(await ownKeys(now), browser, connector, state, now) : undefined
  if (begun === undefined)
    return notBegun('state: this browser began no such sign-in at this connector in the last five minutes')
  if (!(await useUp(store, begun.id, begun.until))) return notBegun('state: it was used before')
  const { nonce, verifier, next } = begun
  const redirectUri = redirectUriOf(parts, connector)
  const outcome = await codeFlows.of(connector).finish(query, { state, nonce, verifier, redirectUri }, now)
  // Anybody may begin a sign-in and bring a code of their own: the provider is asked by this server, and may refuse it all that follow.
  if ('rejected' in outcome && outcome.rejected === 'proof')
    parts.limits.charge('address', exchange.from.address, now, costOfWrongCode)
  if ('person' in outcome) return signedIn(parts, exchange, outcome, now, next)
  if ('unavailable' in outcome) return no(outcome.unavailable, notReached, 503)
  // What the provider wrote for the person is not shown: whoever begins a sign-in can bring a link with words of their own.
  return no(`${outcome.rejected}: ${outcome.detail}`, query.has('error') ? notSignedIn : undefined)
}

const notSignedIn = html`Your company’s sign-in says that it did not sign you in.`
