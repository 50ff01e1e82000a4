// The demonstration's application, on the host of the pages: a visitor starts here, signs in with the development identity
// provider (OpenID Connect, authorization code with PKCE) or continues as a guest, and sees commands to paste.
import { challengeMethod, challengeOf } from '../core/pkce.ts'
import type { Reply } from '../server/exchange.ts'
import { consolePath } from '../server/federation/destinations.ts'
import { createCookie } from '../server/pages/cookie.ts'
import { document } from '../server/pages/document.ts'
import { createFormGuard } from '../server/pages/form-guard.ts'
import { type Html, html } from '../server/pages/html.ts'
import type { Page, PageRequest, ReadPage } from '../server/pages/page.ts'
import { redirects } from '../server/pages/redirect.ts'
import { pathIn, type Site } from '../server/pages/site.ts'
import { signInPath } from '../server/people/parts.ts'
import { employeeCommands, guestCommands, type Shell } from './app-commands.ts'
import { directoryPeople } from './directory/people.ts'
import { keysForGuest, keysForToken, newGuest, type Told } from './dynamodb/notes-client.ts'
import { notesForm, notesPage, type Visitor } from './dynamodb/notes-pages.ts'
import { authorizationPath, type IdentityProvider } from './identity-provider.ts'
import { called, type Person } from './people.ts'
import { samlPath } from './saml-addresses.ts'
import { refusal } from './sign-in-page.ts'

export interface AppOptions {
  readonly site: Site
  readonly issuer: string
  readonly client: { readonly id: string; readonly redirect: string }
  readonly provider: Pick<IdentityProvider, 'redeem'>
  readonly people: readonly Person[]
  /** ARN of the role that employees assume. */
  readonly role: string
  /** The identity pool that has guests; undefined when there is none. */
  readonly pool: () => Promise<string | undefined>
  readonly shell: Shell
  readonly random: (bytes: number) => Buffer
  /** The password of the company directory's people. */
  readonly directoryPassword: string
  /** Writes a token to a file that the shell can read, and returns the file's name. */
  readonly keepToken: (name: string, token: string) => string
}

/** A visitor who is signing in at the identity provider, or who has signed in. */
type Visit =
  | { readonly state: string; readonly verifier: string; readonly nonce: string; readonly until: number }
  | { readonly person: Person; readonly token: string; readonly file: string; readonly until: number }

const signInMs = 600_000
const signedInMs = 3_600_000
const mostVisits = 1000

/** Paths below the public URL. */
export const signedInPath = '/signed-in'

export function appPages(options: AppOptions): readonly Page[] {
  const { site, issuer, client, provider, people, role, pool, shell, random, directoryPassword, keepToken } = options
  const visits = new Map<string, Visit>()
  const secret = () => random(32).toString('base64url')
  const cookie = createCookie({ site, name: 'hallpass_dev', allowsHttp: true, random })
  const redirect = redirects(site, ['/', '/employee', authorizationPath])

  /** Remembers a visit under a new cookie: one that was known before the sign-in must not work after it. */
  function remember(visit: Visit): readonly string[] {
    const { id, headers } = cookie.renew()
    if (visits.size >= mostVisits) visits.delete(visits.keys().next().value ?? '')
    visits.set(id, visit)
    return headers
  }

  function visitOf({ exchange, now }: PageRequest): { id: string; visit: Visit } | undefined {
    const id = cookie.read(exchange) ?? ''
    const visit = visits.get(id)
    return visit !== undefined && visit.until > now.getTime() ? { id, visit } : undefined
  }

  const employee = (request: PageRequest) => {
    const visit = visitOf(request)?.visit
    return visit !== undefined && 'person' in visit ? visit : undefined
  }

  function begin({ now }: PageRequest): Reply {
    const visit = { state: secret(), verifier: secret(), nonce: secret(), until: now.getTime() + signInMs }
    const query = new URLSearchParams({
      client_id: client.id,
      redirect_uri: client.redirect,
      response_type: 'code',
      scope: 'openid profile email',
      state: visit.state,
      nonce: visit.nonce,
      code_challenge: challengeOf(visit.verifier),
      code_challenge_method: challengeMethod,
      // Ask who it is every time: the demonstration is about signing in.
      prompt: 'login',
    })
    return redirect(authorizationPath, query, remember(visit))
  }

  async function end(request: PageRequest): Promise<Reply> {
    const { query, now } = request
    const begun = visitOf(request)
    if (begun === undefined || !('state' in begun.visit) || query.get('state') !== begun.visit.state) {
      return refusal(site, 'This sign-in was begun in another browser, or too long ago.')
    }
    const { id, visit } = begun
    // A sign-in can be finished once, whether it succeeds or not.
    visits.delete(id)
    const code = query.get('code')
    // RFC 9207: the answer must come from the provider that got the request.
    if (code === null || query.get('iss') !== issuer) {
      return refusal(site, 'The identity provider did not sign you in.', cookie.clear())
    }
    const token = await provider.redeem(code, visit.verifier)
    const claims = token === undefined ? undefined : claimsOf(token)
    const person = people.find(({ name }) => name === claims?.sub)
    if (token === undefined || person === undefined || claims?.nonce !== visit.nonce) {
      return refusal(site, 'The identity provider’s answer does not belong to this sign-in.', cookie.clear())
    }
    const file = keepToken(person.name, token)
    return redirect('/employee', undefined, remember({ person, token, file, until: now.getTime() + signedInMs }))
  }

  const get = (path: string, handle: ReadPage['handle']): ReadPage => ({ method: 'GET', path, handle })
  return [
    get('/', (request) => startPage(site, employee(request)?.person, directoryPassword)),
    get('/sign-in', begin),
    get(signedInPath, end),
    get('/employee', (request) => {
      const visit = employee(request)
      if (visit === undefined) return redirect('/')
      const { person, token, file } = visit
      return employeePage(site, person, token, file, employeeCommands(shell, person.name, role, file))
    }),
    get('/guest', async () => {
      const id = await pool()
      return guestPage(site, id === undefined ? undefined : guestCommands(shell, id))
    }),
  ]
}

/** Claims of a token that came from the provider itself. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

const commands = (text: string, label: string): Html => html`<pre tabindex="0" aria-label="${label}">${text}</pre>`

function startPage(site: Site, person: Person | undefined, directoryPassword: string): Reply {
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
<p>Sign in to an app of the company (OpenID Connect). The app’s token about you is exchanged for the credentials of a role.</p>
<a class="button" href="${pathIn(site, '/sign-in')}">Sign in to the app</a></section>
<section class="card"><h2>Guest</h2>
<p>Use the company’s app without signing in. An identity pool gives every visitor an identity, and credentials that allow little.</p>
<a class="button" href="${pathIn(site, '/guest')}">Continue as a guest</a></section>
</div>
<p class="soft">For the command line, the terminal that runs the server shows profiles and first commands to try.
<a href="${pathIn(site, consolePath)}">Back to the console</a>, if you are signed in.</p>`,
  )
}

function employeePage(
  site: Site,
  person: Person,
  token: string,
  file: string,
  { endpoint, assume, use, refused }: ReturnType<typeof employeeCommands>,
): Reply {
  return document(
    site,
    `${called(person)} at Example Corp`,
    html`<h1>Signed in as ${called(person)}</h1>
<p>The identity provider gave this application a token that says so. It is in <code>${file}</code> and is valid for an hour.</p>
<dl><dt>Subject</dt><dd>${person.name}</dd><dt>Address</dt><dd>${person.email}</dd><dt>Team</dt><dd>${person.team}</dd></dl>
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
<details><summary>Claims of the token</summary>
${commands(JSON.stringify(claimsOf(token), null, 2), 'Claims of the token')}</details>
<details><summary>The token itself</summary>
${commands(token, 'The token')}</details>
<nav><a href="${pathIn(site, '/sign-in')}">Sign in as somebody else</a> <a href="${site.home}">Back to the start</a></nav>`,
  )
}

function guestPage(site: Site, steps: ReturnType<typeof guestCommands> | undefined): Reply {
  const content =
    steps === undefined
      ? html`<p>The demonstration’s identity pool was deleted, or allows no guests any more.</p>`
      : html`<p>Paste these into a shell; they need only the AWS CLI. A click selects a block.</p>
<h2>1. Set the endpoint of the APIs</h2>
${commands(steps.endpoint, 'Commands that set the endpoint of the APIs')}
<h2>2. Get an identity</h2>
<p>The request proves nothing and is not signed: each one makes a new guest.</p>
${commands(steps.identity, 'Commands that make a guest identity')}
<h2>3. Get its credentials</h2>
<p>They are those of the pool’s role for guests, and are valid for an hour.</p>
${commands(steps.credentials, 'Commands that get a guest’s credentials')}`
  return document(
    site,
    'A guest of Example Corp',
    html`<h1>You are a guest</h1>
<p>Apps can give visitors credentials without asking who they are. The identity pool’s role for guests limits what those may do.</p>
${content}
<nav><a href="${pathIn(site, '/sign-in')}">Sign in to the app</a> <a href="${site.home}">Back to the start</a></nav>`,
  )
}
