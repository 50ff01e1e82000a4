// `logout` of the federation endpoint, and `/oauth?Action=logout` as tools ask for it: signs out, and leads on to a page of the
// list. DIVERGES: AWS signs out whoever follows such a link from anywhere. Here a sign-out takes the credentials back, so a
// link on another site asks first; and so does one that leads on to a login, wherever it was: a mail program's links come from
// nowhere, and somebody else's session is replaced by nothing that was not asked.
import type { Form } from '../../wire/form.ts'
import type { BrowserSessions } from '../console-session.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { isNavigation } from '../pages/navigation.ts'
import { text } from '../pages/page.ts'
import { afterSignOut, leadsToLogin } from './destinations.ts'
import { askToSignOut, problemPage } from './documents.ts'

export const logoutFields = ['redirect_uri'] as const

/** A link that was followed. */
export async function logout(
  browsers: BrowserSessions,
  exchange: Exchange,
  parameters: Form,
  now: Date,
): Promise<Reply> {
  // What a browser loads while somebody types an address is no wish of theirs yet.
  if (!isNavigation(exchange)) return text(403, 'A sign-out is a page that a browser opens.')
  return signOut(browsers, exchange, parameters, now, isOwnWish(exchange) ? 'wished' : 'linked')
}

/** The form of somebody who was asked. */
export const confirmedLogout = (browsers: BrowserSessions, exchange: Exchange, fields: Form, now: Date) =>
  signOut(browsers, exchange, fields, now, 'confirmed')

async function signOut(
  browsers: BrowserSessions,
  exchange: Exchange,
  parameters: Form,
  now: Date,
  how: 'wished' | 'linked' | 'confirmed',
): Promise<Reply> {
  const { site } = browsers
  const redirectUri = parameters.get('redirect_uri') ?? ''
  const to = afterSignOut(site, redirectUri)
  if (to === undefined) return problemPage(site, 'You are still signed in: the sign-out leads to another site.', 400)
  const leadsTo = (headers: readonly string[]): Reply => ({
    ...{ status: how === 'confirmed' ? 303 : 302, headers: ['Location', to, ...headers], body: '' },
  })
  const found = await browsers.of(exchange, now)
  if (found === undefined) return leadsTo([])
  const signsIn = leadsToLogin(site, to)
  const asks = how === 'linked' || (how === 'wished' && signsIn)
  if ('ended' in found) {
    const { left, ended } = found
    // It goes on later: a link from anywhere does not take it away.
    if (ended === 'held' && asks) return leadsTo([])
    if (left === undefined) return leadsTo(browsers.forget(exchange))
    // Nobody used it for too long, and what was copied from it may be good for hours.
    return leadsTo(asks ? [] : await browsers.end(exchange, left, now))
  }
  if (asks) return askToSignOut(browsers, found.session, signsIn, [['redirect_uri', redirectUri]])
  return leadsTo(await browsers.end(exchange, found.session, now))
}

/** Whether the person, or a page of ours, asked for it, by the browser's own word (Fetch Metadata). */
function isOwnWish({ message }: Exchange): boolean {
  const site = isRepeated(message) ? undefined : message.headers.get('sec-fetch-site')
  return site === 'none' || site === 'same-origin'
}
