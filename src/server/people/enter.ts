// A role is taken on: by the broker, as the person; and the console opens with it, this one or that of the role's own target.
import { rememberRole } from '../../service/console/last-roles.ts'
import type { ConsoleSession } from '../../service/console/session.ts'
import type { AllowedRole } from '../../service/contracts/people-table.ts'
import { SYSTEM } from '../../service/people/sign-ins/sign-in-content.ts'
import { connectorNamed } from '../../service/people/table/named.ts'
import type { Given, NotGiven } from '../broker/broker.ts'
import { giveRole } from '../broker/give.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { consolePath } from '../federation/destinations.ts'
import { askBeforeReplacing } from '../federation/documents.ts'
import { html } from '../pages/html.ts'
import { roleField } from '../pages/role-chooser.ts'
import { pathIn } from '../pages/site.ts'
import { openElsewhere } from './elsewhere.ts'
import { connectorPath, factorPath, type PeopleParts, rolesPath } from './parts.ts'
import { isOfPerson, personKey } from './person-key.ts'
import { endedProblem, type Renewed } from './renewed.ts'
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
  const { consoles, refused } = parts
  const role = mine.roles.find((one) => one.arn === arn)
  if (role?.multiFactor === true && mine.signIn.multiFactorAt === undefined) return toFactor(parts, arn)
  const found = role === undefined || role.target !== undefined ? undefined : await consoles.of(exchange, now)
  const session = found !== undefined && 'session' in found ? found.session : undefined
  const isOthers = session !== undefined && !isOfPerson(session, mine.signIn)
  if (role !== undefined && isOthers && !isAsked) return askToReplace(parts, exchange, mine, role, session)
  const { table } = mine
  // INVARIANT: the table decides: what the form says is no more than a wish.
  const outcome = await giveRole(parts, exchange, { signIn: mine.signIn.id, wanted: arn, table }, now)
  if ('ended' in outcome) return endedProblem(parts, exchange, mine.signIn, outcome, now)
  const { signIn } = outcome
  if ('denied' in outcome) {
    if (outcome.denied === 'factor') return toFactor(parts, arn)
    refused(exchange, `sign-in ${signIn.id}: a role was chosen that is not among the person's`, now)
    return showRoles(parts, exchange, mine, now, { alert: html`Choose one of these roles.`, status: 403 })
  }
  if ('refused' in outcome) return refusedRole(parts, exchange, mine, arn, outcome, now)
  const { given, allowed } = outcome
  const { target } = allowed
  if (target !== undefined)
    return openElsewhere(parts, exchange, { signIn, role: { ...allowed, target }, given, table }, now)
  return beginSession(parts, exchange, mine, allowed, given, { session, isOthers }, now)
}

function refusedRole(
  parts: PeopleParts,
  exchange: Exchange,
  mine: Renewed,
  arn: string,
  { refused, requestId }: NotGiven,
  now: Date,
): Promise<Reply> | Reply {
  if (refused.status >= 500 || refused.code.startsWith('Throttling'))
    return problem(parts.consoles.site, { requestId }, tryAgain, 503)
  const alert = html`You may not use this role. Choose another, if there is one.`
  return showRoles(parts, exchange, mine, now, { alert, refused: { arn, requestId }, status: 403 })
}

function toFactor({ browser: { site } }: PeopleParts, arn: string): Reply {
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
  { signIn, roles, table }: Renewed,
  { arn }: AllowedRole,
  { credentials }: Given,
  before: { readonly session: ConsoleSession | undefined; readonly isOthers: boolean },
  now: Date,
): Promise<Reply> {
  const { consoles } = parts
  const { site } = consoles
  const destination = pathIn(site, consolePath)
  const connector = connectorNamed(table, signIn.connector)
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
