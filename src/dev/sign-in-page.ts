// The pages of the development identity providers: the choice of a person, and the page of a failed sign-in.
import type { Reply } from '../server/exchange.ts'
import { document } from '../server/pages/document.ts'
import type { FormGuard } from '../server/pages/form-guard.ts'
import { html } from '../server/pages/html.ts'
import { pathIn, type Site } from '../server/pages/site.ts'
import { called, type Person } from './people.ts'

export interface ChooserOptions {
  readonly problem?: string
  /** What is said of a person beside address and team. */
  readonly about?: (person: Person) => string
}

/** One button for each person, which submits the form with that person's name. */
export function chooser(
  site: Site,
  people: readonly Person[],
  { field, headers }: ReturnType<FormGuard['issue']>,
  { problem, about = () => '' }: ChooserOptions = {},
): Reply {
  const title = 'Sign in to Example Corp'
  const buttons = people.map(
    (person) => html`<li><button class="person" name="person" value="${person.name}"><b>${called(person)}</b>
<span class="soft">${person.email}, team ${person.team}${about(person)}</span></button></li>
`,
  )
  return document(
    site,
    title,
    html`<h1>${title}</h1>
<p>Who are you? This identity provider is for development: you sign in by choosing a person, without any proof.</p>
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

/** The page of a failed sign-in, with a link to start again. */
export function refusal(site: Site, words: string, headers: readonly string[] = [], again = '/sign-in'): Reply {
  return document(
    site,
    'Sign-in ended',
    html`<h1>Sign-in ended</h1>
<p>${words}</p>
<nav><a href="${pathIn(site, again)}">Sign in again</a> <a href="${site.home}">Back to the start</a></nav>`,
    { status: 400, headers },
  )
}
