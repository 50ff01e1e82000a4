// Roles to choose from: those that the session switched to before, as cards by account; and those of its account, if it may list
// them, with AssumeRole's own decision for each. Whether a role is there is told by nothing but what AssumeRole tells.
import { parseArn } from '../../core/arn.ts'
import { type Html, html } from '../pages/html.ts'
import { form } from './layout.ts'
import { pageOfList, paging, table } from './lists.ts'
import * as paths from './paths.ts'
import { refusedNote } from './refused.ts'
import type { SessionRequest } from './session-page.ts'

/** Fewer than other lists have: each row has a button, and is a decision. */
const rowsHere = 20
/** A longer ARN would make a page of such roles too large. */
const longestButton = 160

const pathAndName = (arn: string) => (parseArn(arn)?.resource ?? '').replace(/^role\//, '')

/** Roles as cards, one for each account. */
async function cardsOf(
  { parts }: SessionRequest,
  arns: readonly string[],
  choice: (arn: string) => Html,
): Promise<readonly Html[]> {
  const byAccount = Map.groupBy(arns, (arn) => parseArn(arn)?.account ?? '')
  return Promise.all(
    [...byAccount].map(async ([account, arns]) => {
      const name = await parts.accountName(account)
      return html`<section class="card"><h3>${name}</h3>${name === account ? [] : html`<p class="id">${account}</p>`}
<ul class="choices">${arns.map((arn) => html`<li>${choice(arn)}</li>`)}</ul></section>
`
    }),
  )
}

const now = (arn: string) => html`<span class="choice now">${pathAndName(arn)} <span class="chip">now</span></span>`

export async function recentRoles(request: SessionRequest): Promise<Html> {
  const { session } = request
  const here = session.current.subject?.arn
  const cards = await cardsOf(request, session.recentRoles, (arn) =>
    arn === here ? now(arn) : html`<button class="choice" name="arn" value="${arn}">${pathAndName(arn)}</button>`,
  )
  if (cards.length === 0) return html``
  return html`<section aria-labelledby="recent"><h2 id="recent">Recent roles</h2>
${form(request, paths.switchPath, html`<div class="cards">${cards}</div>`)}</section>`
}

/**
 * What the company offered at the sign-in. Another of them is taken by signing in again, since the response was good for this session;
 * a person of a connector has a page of theirs for it.
 */
export async function offeredRoles(request: SessionRequest): Promise<Html> {
  const { session, parts } = request
  const { issuer } = session
  if (issuer === undefined) return html``
  const isHere = new URL(issuer).origin === parts.browsers.site.origin
  if (session.offeredRoles.length === 0) {
    const how = isHere
      ? html`<a href="${issuer}">choose among your roles</a>`
      : html`<a href="${issuer}" rel="noreferrer">sign in again</a> and choose it`
    return html`<p class="soft">For another role that your company gives you, ${how}.</p>`
  }
  const base = (session.before ?? session.current).subject?.arn
  const cards = await cardsOf(request, session.offeredRoles, (arn) =>
    arn === base ? now(arn) : html`<a class="choice" href="${issuer}" rel="noreferrer">${pathAndName(arn)}</a>`,
  )
  return html`<section aria-labelledby="offered"><h2 id="offered">Roles that your company gives you</h2>
<p class="soft">${isHere ? 'To take another, choose it on the page of your roles.' : 'To take another, sign in again and choose it.'}</p>
<div class="cards">${cards}</div></section>`
}

export async function rolesOfAccount(request: SessionRequest): Promise<Html> {
  const { call, session, parts, exchange } = request
  const { account } = session.current.pass
  const heading = html`<h2 id="all">Roles of ${await parts.accountName(account)}</h2>`
  const called = await call('iam', 'ListRoles', pageOfList(request, rowsHere))
  if ('refused' in called) {
    return html`<section aria-labelledby="all">${heading}<details><summary>The roles of this account cannot be listed</summary>
${refusedNote(called)}</details></section>`
  }
  const { Roles = [], Marker: more } = called.output
  const base = session.before ?? session.current
  const decided = await Promise.all(
    Roles.map(async ({ RoleName: name = '', Arn: arn = '' }) => ({
      ...{ name, arn },
      may: await parts.tries(exchange, base.credentials, 'sts', 'AssumeRole', {
        ...{ RoleArn: arn, RoleSessionName: base.pass.name },
      }),
    })),
  )
  const here = session.current.subject?.arn
  const choice = (name: string, arn: string, may: boolean | undefined): Html => {
    if (arn === here) return html`<span class="chip">now</span>`
    if (may === undefined) return html`<span class="soft">Not known now</span>`
    if (!may) return html`<span class="soft">Not allowed</span>`
    return arn.length > longestButton
      ? html`<span class="verdict yes">Allowed</span> <span class="soft">enter its ARN above</span>`
      : html`<button class="small" name="arn" value="${arn}" aria-label="${`Switch to ${name}`}">Switch</button>`
  }
  const rows = decided.map(({ name, arn, may }) => [html`${name}`, choice(name, arn, may)])
  return html`<section aria-labelledby="all">${heading}
${form(
  request,
  paths.switchPath,
  table({
    ...{ id: 'roles', caption: 'Roles of this account, and whether you may switch to them', rows },
    ...{ columns: ['Role', 'Switch'], none: 'This account has no roles.' },
  }),
)}${paging(request, paths.switchPath, more)}</section>`
}
