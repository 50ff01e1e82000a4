// How the role chooser of a person of a connector looks: the roles that the groups give, in each account.
import { lastRoleOf } from '../../service/console/last-roles.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { SYSTEM } from '../../service/people/sign-ins/sign-in-content.ts'
import { accountName } from '../../service/principals/account-name.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { document } from '../pages/document.ts'
import { type Html, html } from '../pages/html.ts'
import { brandLine, requestIdNote } from '../pages/notice.ts'
import { type OfferedRole, refusedIn, roleChoices } from '../pages/role-chooser.ts'
import { pathIn } from '../pages/site.ts'
import { factorNote } from './factor-note.ts'
import { type PeopleParts, rolesPath, signOutPath } from './parts.ts'
import { personKey } from './person-key.ts'
import type { Renewed } from './renewed.ts'

/** A role that refused the person at this request. */
export interface RefusedRole {
  readonly arn: string
  readonly requestId: string
}

export async function showRoles(
  parts: PeopleParts,
  exchange: Exchange,
  { signIn, roles }: Renewed,
  now: Date,
  { alert, refused, status = 200 }: { alert?: Html; refused?: RefusedRole; status?: number } = {},
): Promise<Reply> {
  const { browser, store } = parts
  const { site } = browser
  const last = await lastRoleOf(store, SYSTEM, personKey(signIn))
  const offered = roles.map(
    ({ arn, account, multiFactor }): OfferedRole => ({
      ...{ arn, account },
      ...(multiFactor && signIn.multiFactorAt === undefined ? { needs: 'needs a second factor' } : {}),
      ...(arn === refused?.arn ? { closed: refusedIn(refused.requestId) } : {}),
    }),
  )
  const elsewhere = new Map(roles.flatMap(({ account, target }) => (target === undefined ? [] : [[account, target]])))
  const choices = await roleChoices(
    offered,
    last,
    async (account) => elsewhere.get(account) ?? accountName(store, account),
  )
  const form = (path: string, content: Html) => roleForm(parts, exchange, path, content)
  const title = roles.length === 0 ? 'No role for you' : 'Choose a role'
  const content = html`${brandLine(site)}<h1>${title}</h1>
<p>You are signed in as ${who(signIn)}.${roles.length === 0 ? '' : ' Choose what to work as; you can come back for another role.'}</p>
${alert === undefined ? [] : html`<p role="alert">${alert}</p>`}
${await factorNote(parts, signIn, now)}
${roles.length === 0 ? nothing : html`${choices.filter}${await form(rolesPath, choices.fields)}`}
${status === 200 ? [] : requestIdNote(exchange.requestId)}
${await form(signOutPath, html`<p><button class="quiet">Sign out</button></p>`)}`
  return document(site, `${title} · Hallpass`, content, { status, formTargets: ["'self'"], runsScript: true })
}

export const who = ({ login }: Pick<SignIn, 'login'>): Html => html`<b><bdi>${login}</bdi></b>`

const nothing = html`<p>Your groups give you no role here. If you need one, tell the people who run this server which.</p>`

/** Who signed in has the cookie already: there are no headers to give. */
async function roleForm({ browser }: PeopleParts, exchange: Exchange, path: string, content: Html): Promise<Html> {
  const action = pathIn(browser.site, path)
  const { field } = await browser.guard.issue(exchange, action)
  return html`<form method="post" action="${action}">${field}${content}</form>`
}
