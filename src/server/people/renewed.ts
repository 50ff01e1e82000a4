// Who is in front of a page, as their connector has them at this moment, and what the table gives them. INVARIANT: asked anew before
// each thing that is given: whom the connector lets in no more is given nothing.
import type { AllowedRole, PeopleTable } from '../../service/contracts/people-table.ts'
import type { SignIn, SignInEnd } from '../../service/contracts/sign-ins.ts'
import { personOf } from '../../service/people/sign-ins/sign-in-content.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { redirects } from '../pages/redirect.ts'
import { type PeopleParts, signInPath } from './parts.ts'
import { notNow, problem, signInEnded } from './words.ts'

export interface Renewed {
  readonly signIn: SignIn
  readonly roles: readonly AllowedRole[]
  /** The table that gives them. */
  readonly table: PeopleTable
}

/** Or the answer for whom there is nothing. */
export async function renewed(parts: PeopleParts, exchange: Exchange, now: Date): Promise<Renewed | Reply> {
  const { people, browser } = parts
  const found = await browser.of(exchange, now)
  if (found === undefined) return redirects(browser.site, [signInPath])(signInPath)
  const asked = await people.signIns.renew(found.id, now)
  if ('ended' in asked) return endedProblem(parts, exchange, found, asked, now)
  const { signIn } = asked
  const table = await people.table()
  return { signIn, table, roles: people.allowed(table, personOf(signIn)).roles }
}

/** The answer to somebody whose sign-in does not go on. */
export function endedProblem(
  { browser: { site }, refused }: PeopleParts,
  exchange: Exchange,
  { id }: Pick<SignIn, 'id'>,
  { ended, detail }: { readonly ended: SignInEnd; readonly detail: string },
  now: Date,
): Reply {
  refused(exchange, `sign-in ${id}: ${ended}: ${detail}`, now)
  if (ended === 'unavailable') return problem(site, exchange, notNow, 503)
  return problem(site, exchange, signInEnded, 403)
}
