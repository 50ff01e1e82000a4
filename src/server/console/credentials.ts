// The session's credentials for programs. Shown only when a form asks, one form of them at a time, never kept by a browser;
// that they were shown is in the audit before they are.
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { type CredentialForm, credentialForms } from './credential-forms.ts'
import { holderOf, timeText } from './facts.ts'
import { form, page } from './layout.ts'
import * as paths from './paths.ts'
import { takesForm } from './role-form.ts'
import { type ConsoleParts, reads, type SessionRequest } from './session-page.ts'

const title = 'Credentials'

export const credentialPages = (parts: ConsoleParts): readonly Page[] => [
  reads(parts, paths.credentialsPath, (request) =>
    page(request, { title, here: paths.credentialsPath, content: offer(request, undefined) }),
  ),
  takesForm(parts, paths.credentialsPath, ['for'], async (request, fields) => {
    const wanted = credentialForms.find(({ id }) => id === fields.get('for'))
    if (wanted === undefined) {
      return page(request, { title, here: paths.credentialsPath, content: offer(request, undefined), status: 400 })
    }
    return show(request, wanted)
  }),
]

const unknownApi = html`<p class="note">Before you use them, set <code>AWS_ENDPOINT_URL</code> and <code>AWS_ENDPOINT_URL_STS</code> to the
address of this server’s APIs, which is not known here: ask the people who run it. Without it programs send these credentials to AWS.</p>`

async function show(request: SessionRequest, wanted: CredentialForm): Promise<Reply> {
  const { parts, session, exchange, now } = request
  if (!(await parts.browsers.noteShown(exchange, session, wanted.id, now))) {
    const changed = html`<div class="note refused" role="alert"><p>Your session was changed in another window. Choose again.</p></div>
${offer(request, undefined)}`
    return page(request, { title, here: paths.credentialsPath, content: changed, status: 409 })
  }
  const { pass, credentials } = session.current
  const text = wanted.text({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: pass.secret.reveal(),
    sessionToken: credentials.token,
    profile: holderOf(session.current).replace(/[^\w.-]/g, '-'),
    apiUrl: parts.apiUrl,
  })
  const block = html`<section class="card" aria-labelledby="shown"><h2 id="shown">${wanted.name}</h2>
${parts.apiUrl === undefined ? unknownApi : []}
<p>${wanted.says} A click selects all of it. <button type="button" class="small" data-copies="credentials" hidden="">Copy</button></p>
<pre id="credentials" class="secret" tabindex="0" aria-label="${`Credentials for ${wanted.name}`}">${text}</pre>
</section>
`
  return page(request, { title, here: paths.credentialsPath, content: offer(request, { wanted, block }) })
}

function offer(
  request: SessionRequest,
  shown: { readonly wanted: CredentialForm; readonly block: Html } | undefined,
): Html {
  const { endsAt } = request.session
  const buttons = credentialForms.map(({ id, name }) =>
    id === shown?.wanted.id
      ? html`<button class="choice" name="for" value="${id}" aria-pressed="true">${name}</button>`
      : html`<button class="choice" name="for" value="${id}">${name}</button>`,
  )
  return html`<h1>${title}</h1>
<p class="lead">Temporary credentials of this session, for the command line and other programs. They have the permissions that you have here, and work until
<time datetime="${endsAt.toISOString()}">${timeText(endsAt)}</time> or until you sign out.</p>
${form(request, paths.credentialsPath, html`<fieldset><legend>Show them for</legend><div class="choices">${buttons}</div></fieldset>`)}
${shown === undefined ? html`<p class="soft">Nothing is shown until you choose one. Each time is recorded in the account’s audit log.</p>` : shown.block}`
}
