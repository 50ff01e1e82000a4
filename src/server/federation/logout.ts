// `logout` of the federation endpoint, and `/oauth?Action=logout` as tools ask for it: signs out, and leads on to a page of the
// list. DIVERGES: AWS signs out whoever follows such a link from anywhere. Here a sign-out takes the credentials back, so a
// link on another site asks first.
import type { Form } from '../../wire/form.ts'
import type { BrowserSessions } from '../console-session.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { afterSignOut } from './destinations.ts'
import { askToSignOut, problemPage } from './documents.ts'

export const logoutFields = ['redirect_uri'] as const

/** A link that was followed. */
export const logout = (browsers: BrowserSessions, exchange: Exchange, parameters: Form, now: Date) =>
  signOut(browsers, exchange, parameters, now, isOwnWish(exchange) ? 'wished' : 'linked')

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
  if ('ended' in found) {
    const { left } = found
    if (left === undefined) return leadsTo(browsers.forget())
    // Nobody used it for too long, and what was copied from it may be good for hours.
    return leadsTo(how === 'linked' ? [] : await browsers.end(exchange, left, now))
  }
  if (how === 'linked') return askToSignOut(browsers, found.session, [['redirect_uri', redirectUri]])
  return leadsTo(await browsers.end(exchange, found.session, now))
}

/** Whether the person, or a page of ours, asked for it, by the browser's own word (Fetch Metadata). */
function isOwnWish({ message }: Exchange): boolean {
  const site = isRepeated(message) ? undefined : message.headers.get('sec-fetch-site')
  return site === 'none' || site === 'same-origin'
}
