// Forms that do something with the session's credentials. The session may have gone on as another role, in another account, or
// back, in another tab: then nothing is done.
import type { Maybe } from '../../core/maybe.ts'
import type { Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import type { FormPage } from '../pages/page.ts'
import { holderOf } from './facts.ts'
import { page } from './layout.ts'
import * as paths from './paths.ts'
import { type ConsoleParts, roleField, type SessionRequest, takesFormOfAnyRole } from './session-page.ts'

/** INVARIANT: what a form does is done with the credentials that its page was made with, or not at all. */
export const takesForm = (
  parts: ConsoleParts,
  path: string,
  fields: readonly string[],
  handle: (request: SessionRequest, fields: FormFields) => Maybe<Reply>,
): FormPage =>
  takesFormOfAnyRole(parts, path, fields, (request, sent) =>
    sent.get(roleField) === request.session.current.credentials.accessKeyId ? handle(request, sent) : changed(request),
  )

const changed = (request: SessionRequest): Promise<Reply> =>
  page(request, {
    ...{ title: 'Nothing was done', here: paths.consolePath, status: 409 },
    content: html`<h1>Nothing was done</h1>
<div class="note refused" role="alert"><p>Your session was changed in another window: you are ${holderOf(request.session.current)} now. Load the page again.</p></div>`,
  })
