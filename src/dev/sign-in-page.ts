// The pages of the development identity provider: who one wants to be, and that a sign-in came to nothing.
import type { Reply } from '../server/exchange.ts'
import { html, page } from './html.ts'
import { called, type Person } from './people.ts'

/** One button a person: each sends the form with that person's name. `home` is the path of the start page. */
export function chooser(home: string, people: readonly Person[], problem?: string): Reply {
  const title = 'Sign in to Example Corp'
  const buttons = people.map(
    (person) => html`<li><button class="person" name="person" value="${person.name}"><b>${called(person)}</b>
<span class="soft">${person.email}, team ${person.team}</span></button></li>
`,
  )
  return page(
    title,
    html`<h1>${title}</h1>
<p>Who are you? This identity provider is for development: choosing somebody is all the proof it asks for.</p>
${problem === undefined ? [] : html`<p role="alert"><strong>${problem}</strong></p>`}
<form method="post">
<ul class="people">
${buttons}</ul>
</form>
<nav><a href="${home}">Back to the start</a></nav>`,
    problem === undefined ? 200 : 400,
  )
}

/** A sign-in that came to nothing, with the way to begin anew. */
export function refusal(home: string, words: string): Reply {
  return page(
    'Sign-in ended',
    html`<h1>Sign-in ended</h1>
<p>${words}</p>
<nav><a href="${home}sign-in">Sign in again</a> <a href="${home}">Back to the start</a></nav>`,
    400,
  )
}
