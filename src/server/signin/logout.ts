// Single logout by redirects (SAML profiles 4.4): a provider signs a person out here, and whoever signs out here is offered the
// provider's sign-out.

import { splitTarget } from '../../core/http.ts'
import { type LogoutRequest, readLogoutRequest, readLogoutResponse } from '../../federation/saml/logout.ts'
import type { SamlIdentityProvider } from '../../federation/saml/provider.ts'
import { redirectTo } from '../../federation/saml/redirect.ts'
import { logoutRequest, logoutResponse } from '../../federation/saml/requests.ts'
import { verifiedMember, verifyQuery } from '../../federation/saml/sign.ts'
import { ownEntityId } from '../../federation/saml/sp-metadata.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { KnownSamlProvider } from '../../service/contracts/saml.ts'
import { Unavailable } from '../../store/store.ts'
import { visitOf } from '../console-session.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { consolePath } from '../federation/destinations.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import { type Page, type PageRequest, text } from '../pages/page.ts'
import { pathIn, type Site } from '../pages/site.ts'
import { linkTo } from './link-to.ts'
import { logoutPath, type SignInParts } from './parts.ts'
import { refuse } from './problems.ts'

const skewSeconds = 60
/** Longer ones are not sent back. */
const longestRelay = 1024

export const logoutPages = (parts: SignInParts): readonly Page[] => [
  { method: 'GET', path: logoutPath(':uuid'), handle: (request) => logout(parts, request) },
]

type Usable = KnownSamlProvider & { readonly compiled: { readonly provider: SamlIdentityProvider } }
const isUsable = (provider: KnownSamlProvider): provider is Usable => 'provider' in provider.compiled

/** The provider of that ARN, as its record now is. */
async function usableByArn({ saml }: Pick<SignInParts, 'saml'>, arn: string): Promise<Usable | undefined> {
  const [, account = '', name = ''] = /^arn:[^:]+:iam::(\d{12}):saml-provider\/(.+)$/.exec(arn) ?? []
  const provider = await saml.byName(account, name)
  return provider !== undefined && isUsable(provider) ? provider : undefined
}

async function logout(parts: SignInParts, { exchange, params, now }: PageRequest): Promise<Reply | undefined> {
  const provider = await parts.saml.byUuid(params.uuid ?? '')
  if (provider === undefined) return undefined
  const { message } = exchange
  if (isRepeated(message) || message.method !== 'GET') return text(405, 'Not with this method.', ['Allow', 'GET'])
  const raw = splitTarget(message.target).query
  const failed = (reason: string) => {
    const said = 'The request to sign out was not made by your company’s sign-in.'
    return refuse(parts, exchange, { said, reason: `logout: ${reason}` }, now)
  }
  if (!isUsable(provider)) return failed('the provider’s record cannot be used')
  // INVARIANT: nothing of a message is read before its signature was verified, by a key of this provider.
  const verified = verifyQuery(raw, provider.compiled.provider.signingKeys)
  if (verified !== 'verified') return failed(verified.rejected)
  const expected = {
    ...{ issuer: provider.compiled.provider.entityId, skewSeconds },
    destination: parts.publicUrl + logoutPath(provider.uuid),
  }
  const answer = verifiedMember(raw, 'SAMLResponse')
  if (answer !== undefined) {
    const read = readLogoutResponse(answer, expected, now)
    return 'rejected' in read ? failed(read.rejected) : signedOut(parts.browsers.site, read.isDone)
  }
  const request = readLogoutRequest(verifiedMember(raw, 'SAMLRequest') ?? '', expected, now)
  if ('rejected' in request) return failed(request.rejected)
  await endSessions(parts, exchange, provider, request, raw, now)
  return answered(parts, provider, request, verifiedMember(raw, 'RelayState'), now)
}

/**
 * Ends the person's sessions. Accounts have records of one provider of their own: INVARIANT: a session ends for a key that is in
 * the record of the provider which it was begun with.
 */
function endSessions(
  parts: SignInParts,
  exchange: Exchange,
  { compiled }: Usable,
  { nameId, sessionIndexes }: LogoutRequest,
  rawQuery: string,
  now: Date,
) {
  const { entityId } = compiled.provider
  async function isOf(arn: string): Promise<boolean> {
    const own = (await usableByArn(parts, arn))?.compiled.provider
    return own?.entityId === entityId && verifyQuery(rawQuery, own.signingKeys) === 'verified'
  }
  return parts.sessions.endOfPerson({ entityId, nameId, indexes: sessionIndexes, isOf }, visitOf(exchange, now))
}

async function answered(
  { ownKeys, browsers, random }: SignInParts,
  { compiled }: Usable,
  { id }: LogoutRequest,
  relay: string | undefined,
  now: Date,
): Promise<Reply> {
  const endpoint = compiled.provider.singleLogout.find(({ binding }) => binding === 'redirect')
  if (endpoint === undefined) return signedOut(browsers.site, true)
  const destination = endpoint.responseLocation ?? endpoint.location
  const xml = logoutResponse({ id: newId(random), issuer: ownEntityId, destination, now }, id, true)
  const echoed = relay !== undefined && relay.length <= longestRelay ? relay : undefined
  const { key } = await ownKeys(now)
  return { status: 302, headers: ['Location', redirectTo(destination, 'SAMLResponse', xml, echoed, key)], body: '' }
}

const newId = (random: (bytes: number) => Buffer) => `_${random(16).toString('hex')}`

const signedOut = (site: Site, isDone: boolean): Reply =>
  notice(
    site,
    'You are signed out',
    html`<p>Your company’s sign-in ${isDone ? 'has signed you out as well' : 'says that you are still signed in there'}.</p>
<nav><a href="${pathIn(site, consolePath)}">Go to the console</a></nav>`,
  )

/**
 * What is shown after a sign-out of a session that a SAML response began: a link to the provider's own sign-out. Undefined: the
 * session began otherwise, or its provider has no such address. Asked before the session ends.
 */
export type OfferLogout = (
  exchange: Exchange,
  session: ConsoleSession,
  now: Date,
) => Promise<((headers: readonly string[]) => Reply) | undefined>

/** INVARIANT: nobody stays signed in here because the way to the provider's sign-out cannot be found. */
export function createOfferLogout(parts: SignInParts): OfferLogout {
  return async (exchange, session, now) => {
    try {
      return await offerOf(parts, session, now)
    } catch (error) {
      if (!(error instanceof Unavailable)) parts.fail(error, exchange.requestId)
      return undefined
    }
  }
}

async function offerOf({ ownKeys, browsers, random, ...parts }: SignInParts, session: ConsoleSession, now: Date) {
  const login = await parts.sessions.samlLogin(session)
  if (login === undefined) return undefined
  const provider = await usableByArn(parts, login.provider)
  const endpoint = provider?.compiled.provider.singleLogout.find(({ binding }) => binding === 'redirect')
  if (endpoint === undefined) return undefined
  const { key } = await ownKeys(now)
  const xml = logoutRequest({ id: newId(random), issuer: ownEntityId, destination: endpoint.location, now }, login)
  const link = linkTo(redirectTo(endpoint.location, 'SAMLRequest', xml, undefined, key))
  return (headers: readonly string[]) =>
    notice(
      browsers.site,
      'You are signed out',
      html`<p>Your session has ended, and the credentials that you copied from it no longer work. You are still signed in at your company.</p>
<p><a class="button" href="${link}" rel="noreferrer">Sign out at ${new URL(endpoint.location).host} too</a></p>
<nav><a href="${session.issuer ?? pathIn(browsers.site, consolePath)}" rel="noreferrer">Sign in again</a></nav>`,
      { headers },
    )
}
