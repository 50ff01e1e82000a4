// The pages of the development identity provider: who one wants to be, and that a sign-in came to nothing.
import type { Reply } from '../server/exchange.ts'
import { document } from '../server/pages/document.ts'
import type { FormGuard } from '../server/pages/form-guard.ts'
import { html } from '../server/pages/html.ts'
import { pathIn, type Site } from '../server/pages/site.ts'
import { called, type Person } from './people.ts'

/** One button a person: each sends the form with that person's name. */
export function chooser(
  site: Site,
  people: readonly Person[],
  { field, headers }: ReturnType<FormGuard['issue']>,
  problem?: string,
): Reply {
  const title = 'Sign in to Example Corp'
  const buttons = people.map(
    (person) => html`<li><button class="person" name="person" value="${person.name}"><b>${called(person)}</b>
<span class="soft">${person.email}, team ${person.team}</span></button></li>
`,
  )
  return document(
    site,
    title,
    html`<h1>${title}</h1>
<p>Who are you? This identity provider is for development: choosing somebody is all the proof it asks for.</p>
${problem === undefined ? [] : html`<p role="alert"><strong>${problem}</strong></p>`}
<form method="post">
${field}
<ul class="people">
${buttons}</ul>
</form>
<nav><a href="${site.home}">Back to the start</a></nav>`,
    { status: problem === undefined ? 200 : 400, formTargets: ["'self'"], headers },
  )
}

/** A sign-in that came to nothing, with the way to begin anew. */
export function refusal(site: Site, words: string, headers: readonly string[] = []): Reply {
  return document(
    site,
    'Sign-in ended',
    html`<h1>Sign-in ended</h1>
<p>${words}</p>
<nav><a href="${pathIn(site, '/sign-in')}">Sign in again</a> <a href="${site.home}">Back to the start</a></nav>`,
    { status: 400, headers },
  )
}
