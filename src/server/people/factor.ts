// `/signin/factor`: the second factor, where a row of the table asks for it. What the person was about to do goes on from there.
import { factorOf, verifyFactor } from '../../service/people/factors.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import { isNavigation } from '../pages/navigation.ts'
import { notice, requestIdNote } from '../pages/notice.ts'
import { type Page, text } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { answerField, factorKinds } from './factor-kinds.ts'
import { type Goal, goalFields, goalOf, goOn, hiddenGoal, withGoal } from './goal.ts'
import { enrolPath, factorPath, type PeopleParts } from './parts.ts'
import { type Renewed, renewed } from './renewed.ts'
import { who } from './show-roles.ts'

export function factorPages(parts: PeopleParts): readonly Page[] {
  return [
    {
      method: 'GET',
      path: factorPath,
      async handle({ exchange, query, now }) {
        if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
        const mine = await renewed(parts, exchange, now)
        return 'status' in mine
          ? mine
          : askFactor(
              parts,
              exchange,
              mine,
              goalOf((name) => query.get(name)),
            )
      },
    },
    {
      ...{ method: 'POST', path: factorPath, guard: parts.browser.guard, fields: [answerField, ...goalFields] },
      async handle({ exchange, now }, fields) {
        const mine = await renewed(parts, exchange, now)
        return 'status' in mine ? mine : verify(parts, exchange, mine, fields, now)
      },
    },
  ]
}

async function askFactor(
  parts: PeopleParts,
  exchange: Exchange,
  { signIn }: Renewed,
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

async function verify(
  parts: PeopleParts,
  exchange: Exchange,
  mine: Renewed,
  fields: FormFields,
  now: Date,
): Promise<Reply> {
  const goal = goalOf((name) => fields.get(name))
  const answer = (fields.get(answerField) ?? '').replaceAll(' ', '')
  const signIn = await verifyFactor(parts.factors, mine.signIn, answer, exchange, now)
  if (signIn !== undefined) return goOn(parts, exchange, { ...mine, signIn }, goal, now)
  parts.refused(exchange, `sign-in ${mine.signIn.id}: the second factor is wrong, or locked`, now)
  return askFactor(parts, exchange, mine, goal, true)
}
