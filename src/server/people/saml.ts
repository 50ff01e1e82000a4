// Signing in at a SAML provider as a connector (SAML profiles 4.1; bindings 3.5): our signed request, the response that the provider's
// page posts, and the GET that has the browser's cookie and decides what becomes of it.
//
// INVARIANT: a response counts in the browser that asked for it, once. One that nobody asked for, as a company's own page sends
// it, signs nobody in: whoever posts it could sign another person's browser in as themselves. Its page begins a sign-in here,
// which the provider answers without a question where the person has signed in there.
import { addressNetwork } from '../../core/address-network.ts'
import { persistent } from '../../federation/saml/names.ts'
import { authnRequest } from '../../federation/saml/requests.ts'
import { personOf } from '../../service/console/saml-logins.ts'
import type { SamlConnector } from '../../service/contracts/people-table.ts'
import { connectorOfKind } from '../../service/people/table/named.ts'
import { connectorConsumer, connectorEntity, type PersonProof } from '../../service/saml/people.ts'
import { once } from '../../service/session/once.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { connectorMetadata } from '../signin/metadata.ts'
import { isRequestOf, newRequestId } from '../signin/request-ids.ts'
import { sendRequest, signOnOf } from '../signin/send-request.ts'
import { useOnce } from './once.ts'
import { startPath } from './parts.ts'
import { providerPage } from './provider-page.ts'
import { consumerPath, continuePath, metadataPath, nextOf, type ProviderParts, type Start } from './provider-parts.ts'
import { notHere, notReached, refuse } from './provider-refusal.ts'
import { signedIn } from './signed-in.ts'

/** Far beyond a response of 100,000 characters, so that whose company sends too much is told so. */
const longestForm = 1_048_576
/** How long an assertion is fresh, with what clocks may be off. */
const freshMs = 360_000

/** Whose requests are answered: a connector's at one provider. No entity id has a line end. */
const requestsOf = ({ name }: SamlConnector, entityId: string) => `${name}\n${entityId}`

/** Sends the browser to the provider. */
export async function beginSaml(
  parts: ProviderParts,
  exchange: Exchange,
  connector: SamlConnector,
  { next, isAfresh }: Start,
  now: Date,
): Promise<Reply> {
  const { publicUrl, samlPeople, ownKeys, browser, random } = parts
  const { name, idAttribute } = connector
  const none = (why: string) =>
    refuse(parts, exchange, { reason: `${name}: ${why}`, said: notReached, status: 503 }, now)
  const provider = await samlPeople.provider(connector)
  if (provider === undefined) return none(`there is no provider ${connector.provider}`)
  if ('unusable' in provider.compiled) return none(provider.compiled.unusable)
  const { entityId } = provider.compiled.provider
  const endpoint = signOnOf(provider.compiled.provider)
  if ('none' in endpoint) return none(endpoint.none)
  const { id: cookie, headers } = browser.cookie.readOrRenew(exchange)
  const keys = await ownKeys(now)
  const id = newRequestId(keys, cookie, requestsOf(connector, entityId), random)
  const about = { id, issuer: connectorEntity(publicUrl, name), destination: endpoint.location, now }
  const format = idAttribute === undefined ? persistent : undefined
  const request = authnRequest(about, connectorConsumer(publicUrl, name), format, isAfresh)
  return sendRequest(browser.site, keys, endpoint, request, next, headers)
}

export function samlConnectorPages(parts: ProviderParts): readonly Page[] {
  const { samlPeople, ownKeys, publicUrl } = parts
  const { site } = parts.browser
  return [
    {
      ...{ method: 'POST', path: consumerPath(':connector'), isForeign: true, longestForm },
      fields: ['SAMLResponse', 'RelayState'],
      async handle({ exchange, params, now }, fields) {
        const connector = connectorOfKind(await parts.people.table(), params.connector, 'saml')
        return connector && consume(parts, exchange, connector, fields, now)
      },
    },
    providerPage(parts, continuePath, ['saml'], ({ exchange, query, now }, connector) =>
      goOn(parts, exchange, connector, query.get('handle') ?? '', now),
    ),
    {
      method: 'GET',
      path: metadataPath(':connector'),
      async handle({ params, now }) {
        const connector = connectorOfKind(await parts.people.table(), params.connector, 'saml')
        const provider = connector && (await samlPeople.provider(connector))
        if (connector === undefined || provider === undefined) return undefined
        const own = {
          entity: connectorEntity(publicUrl, connector.name),
          consumer: connectorConsumer(publicUrl, connector.name),
        }
        return connectorMetadata(provider, own, (await ownKeys(now)).certificate)
      },
    },
  ]

  /** Keeps what holds, under a handle. INVARIANT: only what a provider signed is kept, and only so much of it at a time. */
  async function consume(
    { kept, limits }: ProviderParts,
    exchange: Exchange,
    connector: SamlConnector,
    fields: FormFields,
    now: Date,
  ): Promise<Reply> {
    const response = fields.get('SAMLResponse') ?? ''
    const proof = await samlPeople.posted(connector, response, now)
    if ('rejected' in proof)
      return refuse(parts, exchange, { reason: `${connector.name}: ${proof.rejected}: ${proof.detail}` }, now)
    const { arn, account } = proof.provider
    const share = `${arn} ${addressNetwork(exchange.from.address)}`
    if (!limits.take('provider-share', share, now) || !limits.take('provider', arn, now)) {
      const said = html`Too many people sign in at this moment. Try again in a minute.`
      return refuse(parts, exchange, { reason: `${connector.name}: too many sign-ins`, said, status: 429 }, now)
    }
    const { issuer, nameId } = proof.assertion
    const person = personOf({ entityId: issuer, nameId: nameId.value })
    // INVARIANT: a RelayState is a text that we sealed, or counts for nothing.
    const next = nextOf(parts, fields.get('RelayState') ?? null, now)
    const posted = { response, connector: connector.name, destination: next ?? '', refused: {} }
    const handle = await kept.keep(account, person, posted, now)
    const location = `${pathIn(site, continuePath(connector.name))}?${new URLSearchParams({ handle })}`
    return { status: 303, headers: ['Location', location], body: '' }
  }
}

async function goOn(
  parts: ProviderParts,
  exchange: Exchange,
  connector: SamlConnector,
  handle: string,
  now: Date,
): Promise<Reply> {
  const { kept, samlPeople, ownKeys, store } = parts
  const { name } = connector
  const notBegun = (reason: string) =>
    refuse(parts, exchange, { reason: `${name}: ${reason}`, said: notHere, status: 400 }, now)
  const browser = parts.browser.cookie.read(exchange)
  if (browser === undefined) return notBegun('a response in a browser that has begun no sign-in')
  const found = await kept.open(handle, browser, now)
  if (found === undefined) return notBegun('the response was used before, or nobody came for it within a minute')
  if (found === 'of-another-browser') return notBegun('the response belongs to another browser')
  if (found.posted.connector !== name) return notBegun('the response was posted to another address')
  // Verified anew: the provider's record, or the table, may have changed since.
  const proof = await samlPeople.posted(connector, found.posted.response, now)
  if ('rejected' in proof)
    return refuse(parts, exchange, { reason: `${name}: ${proof.rejected}: ${proof.detail}` }, now)
  const { inResponseTo, issuer } = proof.assertion
  if (inResponseTo === undefined) return unasked(parts, exchange, connector, now)
  if (!isRequestOf(await ownKeys(now), inResponseTo, browser, requestsOf(connector, issuer)))
    return notBegun('it answers a request that this browser did not begin at this connector (InResponseTo)')
  const isFirst = await store.transact(async (tx) => {
    const used = [await kept.use(tx, found), await useAll(tx, inResponseTo, proof)]
    return used.every(Boolean)
  })
  if (!isFirst) return notBegun('the response, or the request that it answers, was used before')
  return signedIn(parts, exchange, { person: proof.person }, now, found.posted.destination)
}

/** The request that it answers, and the assertion where each of the provider's counts once. */
async function useAll(
  tx: Parameters<typeof useOnce>[0],
  request: string,
  { assertion, oneUse }: PersonProof,
): Promise<boolean> {
  const isFirst = await useOnce(tx, request, assertion.issueInstant.getTime() + freshMs)
  if (oneUse === undefined) return isFirst
  const { account, scope, key, until } = oneUse
  return (await once(tx, account, scope, key, until)) && isFirst
}

function unasked(parts: ProviderParts, exchange: Exchange, { name, title }: SamlConnector, now: Date): Reply {
  const said = html`Your company’s sign-in sent you here, and nobody in this browser had asked it to.
<a href="${pathIn(parts.browser.site, startPath(name))}">Sign in with ${title}</a> to go on.`
  return refuse(parts, exchange, { reason: `${name}: a response that nobody asked for`, said, status: 400 }, now)
}
