// `/signin/factor/enrol`: somebody sets up their first second factor. INVARIANT: a password alone sets up none (service/people/factors/enrolment.ts).

import type { Connector } from '../../service/contracts/people-table.ts'
import {
  beginSetup,
  endSetup,
  isFreshSignIn,
  isOfProvider,
  type Setup,
  setupOf,
} from '../../service/people/factors/enrolment.ts'
import { factorOf } from '../../service/people/factors/factors.ts'
import { connectorNamed } from '../../service/people/table/named.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { type Html, html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { answerField, codeInput } from './factor-kinds.ts'
import { type Goal, goalFields, goalOf, goOn, hiddenGoal } from './goal.ts'
import { nextField } from './next.ts'
import { afreshField, enrolPath, type PeopleParts, rolesPath, startPath } from './parts.ts'
import { type PersonRequest, personPages } from './person-page.ts'
import { qrPicture } from './qr.ts'
import { who } from './show-roles.ts'

const codeField = 'enrolment-code'
const setupField = 'setup'

export const enrolPages = (parts: PeopleParts): readonly Page[] =>
  personPages(parts, {
    ...{ path: enrolPath, fields: [codeField, setupField, answerField, ...goalFields] },
    show: (request, query) => askVoucher(parts, request, goalOf(query)),
    take: (request, fields) => (fields.has(setupField) ? finish : start)(parts, request, goalOf(fields), fields),
  })

/** What stands in a page of the setup. */
interface Step {
  readonly goal: Goal
  readonly content: Html
  readonly button: string
  readonly status?: number
}

async function step(
  { browser }: PeopleParts,
  exchange: Exchange,
  { goal, content, button, status = 200 }: Step,
): Promise<Reply> {
  const { site } = browser
  const action = pathIn(site, enrolPath)
  const { field } = await browser.guard.issue(exchange, action)
  return notice(
    site,
    'Set up a second factor',
    html`<form method="post" action="${action}">${field}${hiddenGoal(goal)}
${content}
<p><button class="button">${button}</button></p></form>
${status === 200 ? [] : requestIdNote(exchange.requestId)}
<nav><a href="${pathIn(site, rolesPath)}">Back to the roles</a></nav>`,
    { status, formTargets: ["'self'"] },
  )
}

async function askVoucher(
  parts: PeopleParts,
  { exchange, mine: { signIn, table }, now }: PersonRequest,
  goal: Goal,
  isRefused = false,
): Promise<Reply> {
  if ((await factorOf(parts.factors, signIn)) !== undefined) return hasOne(parts)
  const connector = connectorNamed(table, signIn.connector)
  const intro = html`<p>You are signed in as ${who(signIn)}. Some roles need a second factor: an app on your phone that shows a new code every thirty seconds.</p>`
  if (isFreshSignIn(connector, signIn, now)) return step(parts, exchange, { goal, content: intro, button: 'Set it up' })
  const content = html`${intro}
<p>${connector !== undefined && isOfProvider(connector) ? byProvider(parts, connector, goal, now) : byCode}</p>
${isRefused ? html`<p role="alert">This code is not valid. It may be mistyped, used, or more than a day old.</p>` : []}
<p class="field"><label for="${codeField}">Enrolment code</label>
<input id="${codeField}" name="${codeField}" autocomplete="off" autocapitalize="none" spellcheck="false" required="" autofocus=""></p>`
  return step(parts, exchange, { goal, content, button: 'Continue', ...(isRefused ? { status: 403 } : {}) })
}

const byCode = html`A password alone is not enough to set one up. Ask the people who run this server for an enrolment code: it can be used once, within a day.`

/** Back here, by a login at the provider that it makes anew. */
function byProvider({ browser: { site }, next }: PeopleParts, { name, title }: Connector, goal: Goal, now: Date): Html {
  const back = `${pathIn(site, enrolPath)}?${new URLSearchParams(goal as Record<string, string>)}`
  const search = new URLSearchParams({ [afreshField]: 'yes', [nextField]: next.seal(back, now) })
  return html`<a href="${`${pathIn(site, startPath(name))}?${search}`}">Sign in anew with ${title}</a> to set one up: a session that you have there already is not enough. Or ask the people who run this server for an enrolment code, which can be used once, within a day.`
}

const hasOne = ({ browser: { site } }: PeopleParts): Reply =>
  notice(
    site,
    'You have a second factor',
    html`<p>If you have lost it, ask the people who run this server to remove it. Then you can set up another one.</p>
<nav><a href="${pathIn(site, rolesPath)}">Back to the roles</a></nav>`,
    { status: 409 },
  )

/** A form of the setup, as it was sent. */
type Take = (parts: PeopleParts, request: PersonRequest, goal: Goal, fields: FormFields) => Promise<Reply>

const start: Take = async (parts, request, goal, fields) => {
  const { exchange, now } = request
  const { signIn, table } = request.mine
  if ((await factorOf(parts.factors, signIn)) !== undefined) return hasOne(parts)
  const connector = connectorNamed(table, signIn.connector)
  const setup = await beginSetup(parts.factors, signIn, connector, fields.get(codeField) ?? '', now)
  if (setup !== undefined) return showSeed(parts, request, setup, goal)
  parts.refused(exchange, `sign-in ${signIn.id}: the enrolment code is wrong, used or too old`, now)
  return askVoucher(parts, request, goal, true)
}

const finish: Take = async (parts, request, goal, fields) => {
  const { exchange, mine, now } = request
  const { signIn } = mine
  const sealed = fields.get(setupField) ?? ''
  const ended = await endSetup(parts.factors, signIn, sealed, fields.get(answerField) ?? '', exchange, now)
  if (typeof ended === 'object') return goOn(parts, { ...request, mine: { ...mine, signIn: ended.signIn } }, goal)
  const setup = ended === 'wrong' ? setupOf(parts.factors, signIn, sealed, now) : undefined
  if (setup !== undefined) return showSeed(parts, request, setup, goal, true)
  parts.refused(
    exchange,
    `sign-in ${signIn.id}: a second factor was not set up: over, used, or there is one already`,
    now,
  )
  return askVoucher(parts, request, goal, true)
}

/** Characters of a login that an app shows. A QR code holds no login of any length. */
const mostShown = 40

/** How an app names what it shows codes of. */
function otpauth({ browser: { site } }: PeopleParts, login: string, seed: string): string {
  const issuer = encodeURIComponent(new URL(site.origin).host)
  const account = encodeURIComponent([...login].slice(0, mostShown).join(''))
  return `otpauth://totp/${issuer}:${account}?secret=${seed}&issuer=${issuer}`
}

function showSeed(
  parts: PeopleParts,
  { exchange, mine: { signIn } }: PersonRequest,
  { seed, sealed }: Setup,
  goal: Goal,
  isWrong = false,
): Promise<Reply> {
  const content = html`<p>Scan this with an authenticator app, or type the key into it. Then enter the code that it shows.</p>
${qrPicture(otpauth(parts, signIn.login, seed), 'QR code of the key below')}
<p class="soft">Key: <code>${seed.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
${isWrong ? html`<p role="alert">This code is not right. Check the time on your phone, and enter the code that the app shows now.</p>` : []}
<input type="hidden" name="${setupField}" value="${sealed}">
${codeInput('Six-digit code')}`
  return step(parts, exchange, { goal, content, button: 'Finish', ...(isWrong ? { status: 403 } : {}) })
}
