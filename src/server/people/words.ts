// What somebody reads whose sign-in came to nothing. INVARIANT: the same words and the same status, whatever was wrong; only who has
// shown that they know the password is told which. The reason is the operator's (`hallpass why`).
import type { PersonRejection } from '../../federation/person.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import { pathIn, type Site } from '../pages/site.ts'
import { signInPath } from './parts.ts'

const alike =
  'The login or the password is wrong, or this account cannot sign in now. After several attempts, wait before you try again.'

/** Directories say these to whoever knew the password. */
const told: Readonly<Partial<Record<PersonRejection, string>>> = {
  'password-expired': 'Your password has expired. Change it where you usually do, then sign in here.',
  'password-must-change': 'Your password must be changed first. Change it where you usually do, then sign in here.',
}

export const failureWords = (rejected: PersonRejection): string => told[rejected] ?? alike

/** A page that says why nothing goes on, and leads to the sign-in page. */
export const problem = (site: Site, { requestId }: Pick<Exchange, 'requestId'>, said: Html, status: number): Reply =>
  notice(
    site,
    status === 503 ? 'Not available now' : 'You are not signed in',
    html`<p role="alert">${said}</p>
${requestIdNote(requestId)}
<nav><a href="${pathIn(site, signInPath)}">Go to the sign-in page</a></nav>`,
    { status },
  )

export const tryAgain: Html = html`Not now. Go back and try again in a moment.`
export const notNow: Html = html`Your company’s directory cannot be asked now. Try again in a moment.`
export const signInEnded: Html = html`Your sign-in has ended. Sign in again.`
