// The overview: who somebody is, for how long, and what they can do here.
import type { Reply } from '../exchange.ts'
import { nameOf } from '../federation/documents.ts'
import { type Html, html } from '../pages/html.ts'
import type { Page } from '../pages/page.ts'
import { redirects } from '../pages/redirect.ts'
import { pathIn } from '../pages/site.ts'
import { holderOf, multiFactor, personOf, provenBy, timeText } from './facts.ts'
import { page } from './layout.ts'
import { fitting } from './lists.ts'
import * as paths from './paths.ts'
import { type ConsoleParts, reads, type SessionRequest, takesFormOfAnyRole } from './session-page.ts'

export function homePages(parts: ConsoleParts): readonly Page[] {
  const { browsers } = parts
  const redirect = redirects(browsers.site, [paths.consolePath])
  return [
    // Whoever has the server's name alone.
    { method: 'GET', path: '/', handle: () => redirect(paths.consolePath) },
    reads(parts, paths.consolePath, home),
    takesFormOfAnyRole(parts, paths.signOutPath, [], async ({ exchange, session, now }) => {
      const offer = await parts.offerLogout(exchange, session, now)
      const headers = await browsers.end(exchange, session, now)
      return offer === undefined ? redirect(paths.consolePath, undefined, headers) : offer(headers)
    }),
  ]
}

async function home(request: SessionRequest): Promise<Reply> {
  const { session, parts } = request
  const { site } = parts.browsers
  const { current, before, startedAt, endsAt, issuer } = session
  const { pass } = current
  const name = await parts.accountName(pass.account)
  const content = html`<h1>${personOf(current)}</h1>
<p class="lead">${holderOf(current)} in ${name}, until ${until(endsAt)}</p>
<div class="cards">
${way(pathIn(site, paths.credentialsPath), 'Credentials', 'For a shell, a profile of the AWS CLI, or an .env file.')}
${way(pathIn(site, paths.switchPath), 'Switch role', 'Continue as another role for up to an hour.')}
${way(pathIn(site, paths.permissionsPath), 'What may I do?', 'Check an operation without performing it, and see which policy decides.')}
</div>
<section class="card" aria-labelledby="who"><h2 id="who">Who you are</h2>
<dl>
${row('Person', personOf(current))}${row('Session name', pass.name)}${row(pass.kind === 'federated-user' ? 'Federated by' : 'Role', holderOf(current))}
${row('Account', name === pass.account ? name : `${name} (${pass.account})`)}${row('Source identity', pass.sourceIdentity ?? 'None')}
${row('Multi-factor', multiFactor(current))}${row('Authenticated by', provenBy(before ?? current))}
${issuer === undefined || new URL(issuer).origin === site.origin ? [] : html`<dt>Signed in from</dt><dd><a href="${issuer}" rel="noreferrer">${new URL(issuer).host}</a></dd>`}
${before === undefined ? [] : row('Switched from', `${holderOf(before)} in ${await parts.accountName(before.pass.account)}`)}
<dt>ARN</dt><dd><code>${nameOf(current)}</code></dd>
</dl></section>
<div class="columns">
<section class="card" aria-labelledby="long"><h2 id="long">How long</h2>
<dl>${row('Began', timeText(startedAt))}<dt>Ends</dt><dd>${until(endsAt)}</dd>
${before === undefined ? [] : html`<dt>Then</dt><dd>You are ${holderOf(before)} again, until ${until(new Date(before.pass.expiresAt * 1000))}</dd>`}</dl>
<p class="soft">Signing out ends the session at once, everywhere, and with it the credentials that you copied.</p></section>
<section class="card" aria-labelledby="tags"><h2 id="tags">Session tags</h2>${tags(pass.tags, pass.transitive)}</section>
</div>`
  return page(request, { title: 'Overview', here: paths.consolePath, content })
}

const until = (time: Date): Html => html`<time datetime="${time.toISOString()}">${timeText(time)}</time>`

const row = (name: string, value: string): Html => html`<dt>${name}</dt><dd>${value}</dd>`

const way = (href: string, name: string, says: string): Html =>
  html`<a class="card way" href="${href}"><b>${name}</b><span>${says}</span></a>
`

function tags(all: Readonly<Record<string, string>>, transitive: readonly string[]): Html {
  const pieces = Object.entries(all).map(
    ([key, value]) =>
      html`<dt>${key}</dt><dd>${value}${transitive.includes(key) ? html` <span class="chip">transitive</span>` : []}</dd>
`,
  )
  if (pieces.length === 0) return html`<p class="soft">This session has no tags.</p>`
  const { fit, left } = fitting(pieces, 6000)
  return html`<dl>${fit}</dl>${left === 0 ? [] : html`<p class="soft">And ${left} more.</p>`}`
}
