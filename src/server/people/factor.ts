// `/signin/factor`: the second factor, where a row of the table asks for it. What the person was about to do goes on from there.
import { factorOf, verifyFactor } from '../../service/people/factors/factors.ts'
import type { Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { answerField, factorKinds } from './factor-kinds.ts'
import { type Goal, goalFields, goalOf, goOn, hiddenGoal, withGoal } from './goal.ts'
import { enrolPath, factorPath, type PeopleParts } from './parts.ts'
import { type PersonRequest, personPages } from './person-page.ts'
import { who } from './show-roles.ts'

export const factorPages = (parts: PeopleParts): readonly Page[] =>
  personPages(parts, {
    ...{ path: factorPath, fields: [answerField, ...goalFields] },
    show: (request, query) => askFactor(parts, request, goalOf(query)),
    take: (request, fields) => verify(parts, request, fields),
  })

async function askFactor(
  parts: PeopleParts,
  { exchange, mine: { signIn } }: PersonRequest,
  goal: Goal,
  isWrong = false,
): Promise<Reply> {
  const { browser, factors } = parts
  const { site } = browser
  const factor = await factorOf(factors, signIn)
  if (factor === undefined) return withGoal(site, enrolPath, goal)
  const kind = factorKinds[factor.kind]
  const action = pathIn(site, factorPath)
  const { field } = await browser.guard.issue(exchange, action)
  return notice(
    site,
    'Second factor',
    html`<p>You are signed in as ${who(signIn)}. ${kind.asks}</p>
${isWrong ? html`<p role="alert">${kind.wrong}</p>` : []}
<form method="post" action="${action}">${field}${hiddenGoal(goal)}
${kind.field}
<p><button class="button">Continue</button></p></form>
${isWrong ? requestIdNote(exchange.requestId) : []}`,
    { status: isWrong ? 403 : 200, formTargets: ["'self'"] },
  )
}

async function verify(parts: PeopleParts, request: PersonRequest, fields: FormFields): Promise<Reply> {
  const { exchange, mine, now } = request
  const goal = goalOf(fields)
  const answer = (fields.get(answerField) ?? '').replaceAll(' ', '')
  const signIn = await verifyFactor(parts.factors, mine.signIn, answer, exchange, now)
  if (signIn !== undefined) return goOn(parts, { ...request, mine: { ...mine, signIn } }, goal)
  parts.refused(exchange, `sign-in ${mine.signIn.id}: the second factor is wrong, or locked`, now)
  return askFactor(parts, request, goal, true)
}
