// A role is taken on: by the broker, as the person; and the console opens with it, this one or that of the role's own target.
import { rememberRole } from '../../service/console/last-roles.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { AllowedRole } from '../../service/contracts/people.ts'
import { SYSTEM } from '../../service/people/sign-in-content.ts'
import type { Given } from '../broker/broker.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { consolePath } from '../federation/destinations.ts'
import { askBeforeReplacing } from '../federation/documents.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/notice.ts'
import { roleField } from '../pages/role-chooser.ts'
import { pathIn } from '../pages/site.ts'
import { connectorPath, factorPath, type PeopleParts, rolesPath } from './parts.ts'
import { isOfPerson, personKey } from './person-key.ts'
import type { Renewed } from './renewed.ts'
import { showRoles, who } from './show-roles.ts'
import { problem, tryAgain } from './words.ts'

/** `isAsked`: the person has said that the session of somebody else may end. */
export async function enterRole(
  parts: PeopleParts,
  exchange: Exchange,
  mine: Renewed,
  arn: string,
  isAsked: boolean,
  now: Date,
): Promise<Reply> {
  const { consoles, people, broker, refused } = parts
  const { signIn, roles } = mine
  // INVARIANT: the table decides, at this moment: the form's word counts for nothing.
  const role = roles.find((one) => one.arn === arn)
  if (role === undefined) {
    refused(exchange, `sign-in ${signIn.id}: a role was chosen that is not among the person's`, now)
    return showRoles(parts, exchange, mine, now, { alert: html`Choose one of these roles.`, status: 403 })
  }
  if (role.multiFactor && signIn.multiFactorAt === undefined) return toFactor(parts, role)
  const found = role.target === undefined ? await consoles.of(exchange, now) : undefined
  const session = found !== undefined && 'session' in found ? found.session : undefined
  const isOthers = session !== undefined && !isOfPerson(session, signIn)
  if (isOthers && !isAsked) return askToReplace(parts, exchange, mine, role, session)
  if (!(await people.signIns.noteGiven(signIn.id, role, now)))
    return problem(consoles.site, exchange, 'Your sign-in has ended. Sign in again.', 403)
  const given = await broker.assumeRole(exchange, signIn, role, undefined, now)
  if ('refused' in given) {
    const { refused: why, requestId } = given
    if (why.status >= 500 || why.code.startsWith('Throttling')) return problem(consoles.site, given, tryAgain, 503)
    const alert = html`You may not use this role. Choose another, if there is one.`
    return showRoles(parts, exchange, mine, now, { alert, refused: { arn, requestId }, status: 403 })
  }
  if (role.target !== undefined) {
    await parts.store.transact((tx) => rememberRole(tx, SYSTEM, personKey(signIn), arn, now))
    return openElsewhere(parts, exchange, role.target, role, given)
  }
  return beginSession(parts, exchange, mine, role, given, { session, isOthers }, now)
}

function toFactor({ browser: { site } }: PeopleParts, { arn }: AllowedRole): Reply {
  const search = new URLSearchParams({ [roleField]: arn })
  return { status: 303, headers: ['Location', `${pathIn(site, factorPath)}?${search}`], body: '' }
}

async function askToReplace(
  { browser, consoles }: PeopleParts,
  exchange: Exchange,
  { signIn }: Renewed,
  { arn }: AllowedRole,
  session: ConsoleSession,
): Promise<Reply> {
  const action = pathIn(browser.site, rolesPath)
  const { field } = await browser.guard.issue(exchange, action)
  const hidden = [
    [roleField, arn],
    ['replace', 'yes'],
  ] as const
  return askBeforeReplacing(
    consoles.site,
    session,
    { term: 'You would be', who: html`${who(signIn)}, in ${arn}` },
    { action, field, hidden },
  )
}

async function beginSession(
  parts: PeopleParts,
  exchange: Exchange,
  { signIn, roles }: Renewed,
  { arn }: AllowedRole,
  { credentials }: Given,
  before: { readonly session: ConsoleSession | undefined; readonly isOthers: boolean },
  now: Date,
): Promise<Reply> {
  const { consoles, people } = parts
  const { site } = consoles
  const destination = pathIn(site, consolePath)
  const connector = (await people.table()).connectors.find(({ name }) => name === signIn.connector)
  const again = connector?.hidden === true ? connectorPath(connector.name) : rolesPath
  const begun = await consoles.begin(
    exchange,
    {
      credentials: { accessKeyId: credentials.AccessKeyId, token: credentials.SessionToken },
      ...{ destination: site.origin + destination, issuer: parts.publicUrl + again },
      offeredRoles: roles.flatMap((role) => (role.target === undefined ? [role.arn] : [])),
      ...(before.session === undefined ? {} : { replaces: { session: before.session, signsOut: before.isOthers } }),
      async provided(tx) {
        await rememberRole(tx, SYSTEM, personKey(signIn), arn, now)
        return true
      },
    },
    now,
  )
  if ('rejected' in begun) {
    parts.refused(exchange, `sign-in ${signIn.id}: the session is ${begun.rejected}`, now)
    return problem(site, exchange, tryAgain, 403)
  }
  return { status: 303, headers: ['Location', destination, ...begun.headers], body: '' }
}

/**
 * Leads to the console of a target. Browsers hold every redirect that follows a form to the form's policy, and where a console of
 * AWS's redirects to is AWS's to say: so a page of its own leads there, which a browser leaves by itself.
 * INVARIANT: the link is one of the target's federation endpoint.
 */
async function openElsewhere(
  { broker, people, consoles: { site } }: PeopleParts,
  exchange: Exchange,
  name: string,
  { sessionSeconds }: AllowedRole,
  given: Given,
): Promise<Reply> {
  const target = (await people.table()).targets.find((one) => one.name === name)
  const link = target && (await broker.consoleLink(name, given, sessionSeconds))
  if (link === undefined || new URL(link).origin !== new URL(target?.federation ?? '').origin)
    return problem(site, exchange, 'The console of this role cannot be opened now. Try again in a moment.', 503)
  const { href, host } = new URL(link)
  return notice(
    site,
    'Your console opens',
    html`<p>You are led to <b>${host}</b>.</p>
<p><a class="button inline" href="${href}" rel="noreferrer">Open the console</a></p>
<nav><a href="${pathIn(site, rolesPath)}">Choose another role</a></nav>`,
    { headers: ['Refresh', `0; url=${href}`] },
  )
}
