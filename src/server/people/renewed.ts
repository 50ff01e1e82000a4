// Who is in front of a page, as their connector has them at this moment, and what the table gives them. INVARIANT: asked anew before
// each thing that is given: whom the connector lets in no more is given nothing.
import type { AllowedRole, SignIn } from '../../service/contracts/people.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { redirects } from '../pages/redirect.ts'
import { type PeopleParts, signInPath } from './parts.ts'
import { notNow, problem } from './words.ts'

export interface Renewed {
  readonly signIn: SignIn
  readonly roles: readonly AllowedRole[]
}

/** Or the answer for whom there is nothing. */
export async function renewed(parts: PeopleParts, exchange: Exchange, now: Date): Promise<Renewed | Reply> {
  const { people, browser, refused } = parts
  const { site } = browser
  const found = await browser.of(exchange, now)
  if (found === undefined) return redirects(site, [signInPath])(signInPath)
  const asked = await people.signIns.renew(found.id, now)
  if ('ended' in asked) {
    refused(exchange, `sign-in ${found.id}: ${asked.ended}: ${asked.detail}`, now)
    if (asked.ended === 'unavailable') return problem(site, exchange, notNow, 503)
    return problem(site, exchange, 'Your sign-in has ended. Sign in again.', 403)
  }
  const { signIn } = asked
  const person = { ...signIn, id: signIn.personId }
  return { signIn, roles: people.allowed(await people.table(), person).roles }
}
