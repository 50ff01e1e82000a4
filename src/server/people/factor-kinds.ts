// How each kind of second factor is asked for.
import type { FactorKind } from '../../service/people/factors/factor-records.ts'
import { type Html, html } from '../pages/html.ts'

interface KindOnPage {
  readonly asks: Html
  /** The answer's field, with its label. */
  readonly field: Html
  readonly wrong: string
}

/** The field in which a kind's answer comes. */
export const answerField = 'answer'

/** A field for the six digits that an app shows. */
export const codeInput = (label: string): Html => html`<p class="field"><label for="${answerField}">${label}</label>
<input id="${answerField}" name="${answerField}" inputmode="numeric" autocomplete="one-time-code" spellcheck="false" required="" autofocus=""></p>`

/** INVARIANT: a kind of factor is a row here. */
export const factorKinds: Readonly<Record<FactorKind, KindOnPage>> = {
  totp: {
    asks: html`Enter the code that your authenticator app shows for this server.`,
    field: codeInput('Six-digit code'),
    wrong: 'This code was not accepted. Wait until your app shows another one; after several wrong codes, wait longer.',
  },
}
