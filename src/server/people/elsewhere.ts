// The console of a role that is at a target.
import { rememberRole } from '../../service/console/last-roles.ts'
import type { AllowedRole, PeopleTable } from '../../service/contracts/people-table.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { SYSTEM } from '../../service/people/sign-ins/sign-in-content.ts'
import { targetNamed } from '../../service/people/table/named.ts'
import type { Given } from '../broker/broker.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import { pathIn, type Site } from '../pages/site.ts'
import { type PeopleParts, rolesPath } from './parts.ts'
import { personKey } from './person-key.ts'
import { problem } from './words.ts'

export interface TakenElsewhere {
  readonly signIn: SignIn
  readonly role: AllowedRole & { readonly target: string }
  readonly given: Given
  readonly table: PeopleTable
}

/** Opens it. INVARIANT: the link is one of the target's own federation endpoint. */
export async function openElsewhere(
  { broker, store, browser: { site } }: Pick<PeopleParts, 'broker' | 'store' | 'browser'>,
  exchange: Pick<Exchange, 'requestId'>,
  { signIn, role, given, table }: TakenElsewhere,
  now: Date,
): Promise<Reply> {
  const target = targetNamed(table, role.target)
  const link = target && (await broker.consoleLink(target, given, role.sessionSeconds))
  if (link === undefined || new URL(link).origin !== new URL(target?.federation ?? '').origin)
    return problem(site, exchange, html`The console of this role cannot be opened now. Try again in a moment.`, 503)
  await store.transact((tx) => rememberRole(tx, SYSTEM, personKey(signIn), role.arn, now))
  return leadingPage(site, new URL(link))
}

/**
 * A page that a browser leaves by itself. A redirect would not do: browsers hold every redirect that follows a form to the form's
 * policy, and where a console of AWS's redirects to is AWS's to say.
 */
const leadingPage = (site: Site, { href, host }: URL): Reply =>
  notice(
    site,
    'Your console opens',
    html`<p>You are led to <b>${host}</b>.</p>
<p><a class="button inline" href="${href}" rel="noreferrer">Open the console</a></p>
<nav><a href="${pathIn(site, rolesPath)}">Choose another role</a></nav>`,
    { headers: ['Refresh', `0; url=${href}`] },
  )
