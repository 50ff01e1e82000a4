// The documents of the demonstration's application: where a visitor starts, and what is shown to an employee and to a guest.
import type { Reply } from '../server/exchange.ts'
import { consolePath } from '../server/federation/destinations.ts'
import { document } from '../server/pages/document.ts'
import { type Html, html } from '../server/pages/html.ts'
import { pathIn, type Site } from '../server/pages/site.ts'
import { signInPath } from '../server/people/parts.ts'
import type { employeeCommands, guestCommands } from './app-commands.ts'
import { directoryPeople } from './directory/people.ts'
import { called, type Person } from './people.ts'
import { samlPath } from './saml-addresses.ts'

/** Claims of a token that came from the provider itself. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

const commands = (text: string, label: string): Html => html`<pre tabindex="0" aria-label="${label}">${text}</pre>`

export function startPage(site: Site, person: Person | undefined, directoryPassword: string): Reply {
  const back =
    person === undefined
      ? html``
      : html`<p>You are signed in as ${called(person)}: <a href="${pathIn(site, '/employee')}">your commands</a>.</p>`
  return document(
    site,
    'Hallpass development server',
    html`<h1>Hallpass</h1>
<p>This server runs only on your machine. It issues temporary credentials for a demonstration company, Example Corp. There are
four ways to try it.</p>
${back}
<div class="cards">
<section class="card wide"><h2>Console</h2>
<p>Sign in at the company (SAML) as Alice, Bob or Carol and choose one of the roles that the company gives you. The console shows who
you are, gives you credentials for a shell, and lets you switch to other roles.</p>
<a class="button" href="${pathIn(site, samlPath)}">Sign in with your company</a></section>
<section class="card wide"><h2>Company directory</h2>
<p>Sign in with a login and a password, as people do whose company has a directory (LDAP). Hallpass asks the directory, and a table says
which roles its groups may have. Everybody’s password is <code>${directoryPassword}</code>:</p>
<dl>${directoryPeople.map(({ login, says }) => html`<dt>${login}</dt><dd>${says}</dd>`)}</dl>
<a class="button" href="${pathIn(site, signInPath)}">Sign in with the directory</a></section>
<section class="card"><h2>Company app</h2>
<p>Sign in to an app of the company (OpenID Connect). The app’s token about you is exchanged for the credentials of a role,
which open your own rows of a table.</p>
<a class="button" href="${pathIn(site, '/sign-in')}">Sign in to the app</a></section>
<section class="card"><h2>Guest</h2>
<p>Use the company’s app without signing in. An identity pool gives every visitor an identity, and credentials that open
what that identity wrote.</p>
<a class="button" href="${pathIn(site, '/guest')}">Continue as a guest</a></section>
</div>
<p class="soft">For the command line, the terminal that runs the server shows profiles and first commands to try.
<a href="${pathIn(site, consolePath)}">Back to the console</a>, if you are signed in.</p>`,
  )
}

/** A form of the page, with the headers of a page that it stands in. */
export interface PlacedForm {
  readonly form: Html
  readonly headers: readonly string[]
}

export interface EmployeePage {
  readonly person: Person
  readonly token: string
  readonly file: string
  readonly steps: ReturnType<typeof employeeCommands>
  readonly notes: PlacedForm
}

export function employeePage(site: Site, { person, token, file, steps, notes }: EmployeePage): Reply {
  const { endpoint, assume, use, refused } = steps
  return document(
    site,
    `${called(person)} at Example Corp`,
    html`<h1>Signed in as ${called(person)}</h1>
<p>The identity provider gave this application a token that says so. It is in <code>${file}</code> and is valid for an hour.</p>
<dl><dt>Subject</dt><dd>${person.name}</dd><dt>Address</dt><dd>${person.email}</dd><dt>Team</dt><dd>${person.team}</dd></dl>
<h2>Your notes</h2>
<p>They are rows of a table in DynamoDB, which knows nothing of people. The app exchanges your token for the credentials of a role and asks with
these. The role’s policy allows rows under your own name.</p>
${notes.form}
<h2>The same in a shell</h2>
<p>Paste these into a shell; they need only the AWS CLI. A click selects a block.</p>
<h2>1. Set the endpoint of the APIs</h2>
${commands(endpoint, 'Commands that set the endpoint of the APIs')}
<h2>2. Exchange the token for credentials</h2>
<p>No access key signs this request: the token is the proof, and the role’s trust policy decides.</p>
${commands(assume, 'Commands that exchange the token for credentials')}
<h2>3. Let the SDK do it</h2>
<p>With these three variables, every AWS SDK exchanges the token by itself.</p>
${commands(use, 'Commands that use the role')}
<h2>4. See a refusal and its reason</h2>
${commands(refused, 'Commands that are refused')}
<h2>5. Read your own notes, and be refused somebody else’s</h2>
${commands(steps.notes, 'Commands that read notes')}
<details><summary>Claims of the token</summary>
${commands(JSON.stringify(claimsOf(token), null, 2), 'Claims of the token')}</details>
<details><summary>The token itself</summary>
${commands(token, 'The token')}</details>
<nav><a href="${pathIn(site, '/sign-in')}">Sign in as somebody else</a> <a href="${site.home}">Back to the start</a></nav>`,
    { formTargets: ["'self'"], headers: notes.headers },
  )
}

/** `shown`: undefined when the pool allows no guests. */
export function guestPage(
  site: Site,
  shown: { readonly steps: ReturnType<typeof guestCommands>; readonly notes: PlacedForm } | undefined,
): Reply {
  const content =
    shown === undefined
      ? html`<p>The demonstration’s identity pool was deleted, or allows no guests any more.</p>`
      : html`<h2>Your notes</h2>
<p>They are rows of a table in DynamoDB, under the id of the identity that the pool gives you. Credentials of another identity do not open them.</p>
${shown.notes.form}
<h2>The same in a shell</h2>
<p>Paste these into a shell; they need only the AWS CLI. A click selects a block.</p>
<h2>1. Set the endpoint of the APIs</h2>
${commands(shown.steps.endpoint, 'Commands that set the endpoint of the APIs')}
<h2>2. Get an identity</h2>
<p>The request proves nothing and is not signed: each one makes a new guest.</p>
${commands(shown.steps.identity, 'Commands that make a guest identity')}
<h2>3. Get its credentials</h2>
<p>They are those of the pool’s role for guests, and are valid for an hour.</p>
${commands(shown.steps.credentials, 'Commands that get a guest’s credentials')}
<h2>4. Write and read your own note, and be refused somebody else’s</h2>
${commands(shown.steps.notes, 'Commands that write and read notes')}`
  return document(
    site,
    'A guest of Example Corp',
    html`<h1>You are a guest</h1>
<p>Apps can give visitors credentials without asking who they are. The identity pool’s role for guests limits what those may do.</p>
${content}
<nav><a href="${pathIn(site, '/sign-in')}">Sign in to the app</a> <a href="${site.home}">Back to the start</a></nav>`,
    shown === undefined ? {} : { formTargets: ["'self'"], headers: shown.notes.headers },
  )
}
