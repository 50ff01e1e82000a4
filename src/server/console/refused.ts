// A refusal as a person is shown it: AWS's own sentence, and the request id by which the operator finds the reason.
import type { Called } from '../operation-caller.ts'
import { type Html, html } from '../pages/html.ts'
import { requestIdNote } from '../pages/notice.ts'

type Refused = Extract<Called<unknown>, { readonly refused: unknown }>

export const refusedNote = (
  { refused, requestId }: Refused,
  words = refused.status === 404 ? 'Not found' : 'This was refused',
): Html =>
  html`<div class="note refused" role="alert"><p><b>${words}</b> <span class="id">${refused.code}</span></p>
<p>${refused.message}</p>
${refused.status === 404 ? [] : requestIdNote(requestId)}</div>
`

/** What was answered, as a page shows it; or the refusal in its place. */
export const shown = <O>(called: Called<O>, show: (output: O) => Html): Html =>
  'refused' in called ? refusedNote(called) : show(called.output)
