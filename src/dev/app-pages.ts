// The demonstration's application, under the pages' name: where one begins, signs in with the development identity
// provider (OpenID Connect, authorization code with PKCE), and is shown what to paste; or goes on as a guest.
import { hash } from 'node:crypto'
import type { Reply } from '../server/exchange.ts'
import { isRepeated } from '../server/exchange.ts'
import type { Asked, Page } from '../server/pages.ts'
import { employeeCommands, guestCommands, type Shell } from './app-commands.ts'
import { type Html, html, onward, page } from './html.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { called, type Person } from './people.ts'
import { refusal } from './sign-in-page.ts'

export interface AppOptions {
  /** Path of the start page: `/`, or longer when the public URL is. */
  readonly home: string
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
  /** Writes a token where the shell finds it; answers the file's name. */
  readonly keepToken: (name: string, token: string) => string
}

/** Somebody on the way to the identity provider and back, or who is back. */
type Visit =
  | { readonly state: string; readonly verifier: string; readonly nonce: string; readonly until: number }
  | { readonly person: Person; readonly token: string; readonly file: string; readonly until: number }

const cookieName = 'hallpass_dev'
const wayMs = 600_000
const stayMs = 3_600_000
const mostVisits = 1000

/** Paths below the public URL. */
export const signedInPath = '/signed-in'

export function appPages(options: AppOptions): readonly Page[] {
  const { home, issuer, client, provider, people, role, pool, shell, random, keepToken } = options
  const visits = new Map<string, Visit>()
  const secret = () => random(32).toString('base64url')

  /** Remembers a visit under a new name: nobody keeps one that was known before they signed in. */
  function remember(visit: Visit): readonly string[] {
    const id = secret()
    if (visits.size >= mostVisits) visits.delete(visits.keys().next().value ?? '')
    visits.set(id, visit)
    return ['Set-Cookie', `${cookieName}=${id}; Path=${home}; HttpOnly; SameSite=Lax`]
  }

  function visitOf({ exchange: { message }, now }: Asked): { id: string; visit: Visit } | undefined {
    const cookies = isRepeated(message) ? '' : (message.headers.get('cookie') ?? '')
    const id = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{43})(?:;|$)`).exec(cookies)?.[1] ?? ''
    const visit = visits.get(id)
    return visit !== undefined && visit.until > now.getTime() ? { id, visit } : undefined
  }

  const employee = (asked: Asked) => {
    const found = visitOf(asked)?.visit
    return found !== undefined && 'person' in found ? found : undefined
  }

  function begin({ now }: Asked): Reply {
    const visit = { state: secret(), verifier: secret(), nonce: secret(), until: now.getTime() + wayMs }
    const query = new URLSearchParams({
      client_id: client.id,
      redirect_uri: client.redirect,
      response_type: 'code',
      scope: 'openid profile email',
      state: visit.state,
      nonce: visit.nonce,
      code_challenge: hash('sha256', visit.verifier, 'base64url'),
      code_challenge_method: 'S256',
      // One is asked every time: that is what is tried out here.
      prompt: 'login',
    })
    return onward(`${issuer}/auth?${query}`, remember(visit))
  }

  async function end(asked: Asked): Promise<Reply> {
    const { query, now } = asked
    const found = visitOf(asked)
    if (found === undefined || !('state' in found.visit) || query.get('state') !== found.visit.state) {
      return refusal(home, 'This sign-in was not begun in this browser, or too long ago.')
    }
    const { id, visit } = found
    // A sign-in ends once, whatever comes of it.
    visits.delete(id)
    const code = query.get('code')
    // RFC 9207: the answer is from the provider that was asked.
    if (code === null || query.get('iss') !== issuer) return refusal(home, 'The identity provider did not sign you in.')
    const token = await provider.redeem(code, visit.verifier)
    const claims = token === undefined ? undefined : claimsOf(token)
    const person = people.find(({ name }) => name === claims?.sub)
    if (token === undefined || person === undefined || claims?.nonce !== visit.nonce) {
      return refusal(home, 'The identity provider’s answer does not belong to this sign-in.')
    }
    const file = keepToken(person.name, token)
    return onward(`${home}employee`, remember({ person, token, file, until: now.getTime() + stayMs }))
  }

  const get = (path: string, handle: Page['handle']): Page => ({ method: 'GET', path, handle })
  return [
    get('/', (asked) => startPage(home, employee(asked)?.person)),
    get('/sign-in', begin),
    get(signedInPath, end),
    get('/employee', (asked) => {
      const found = employee(asked)
      if (found === undefined) return onward(home)
      const { person, token, file } = found
      return employeePage(home, person, token, file, employeeCommands(shell, person.name, role, file))
    }),
    get('/guest', async () => {
      const id = await pool()
      return guestPage(home, id === undefined ? undefined : guestCommands(shell, id))
    }),
  ]
}

/** Claims of a token that came from the provider itself. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

const commands = (text: string, label: string): Html => html`<pre tabindex="0" aria-label="${label}">${text}</pre>`

function startPage(home: string, person: Person | undefined): Reply {
  const back =
    person === undefined
      ? html``
      : html`<p>You are signed in as ${called(person)}: <a href="${home}employee">your commands</a>.</p>`
  return page(
    'Hallpass development server',
    html`<h1>Hallpass</h1>
<p>This server runs on your machine alone and hands out temporary credentials for a demonstration, Example Corp. Try it as
somebody who works there, or as a visitor of its app.</p>
${back}
<div class="cards">
<section class="card"><h2>Employee</h2>
<p>Sign in at the company’s identity provider. What it says of you buys the credentials of a role.</p>
<a class="deed" href="${home}sign-in">Sign in as an employee</a></section>
<section class="card"><h2>Guest</h2>
<p>No sign-in: an identity pool gives every visitor an identity, and credentials for little.</p>
<a class="deed" href="${home}guest">Continue as a guest</a></section>
</div>
<p class="soft">Profiles for developers, and the first commands to try, are in the terminal that runs the server.</p>`,
  )
}

function employeePage(
  home: string,
  person: Person,
  token: string,
  file: string,
  { aim, trade, use, refused }: ReturnType<typeof employeeCommands>,
): Reply {
  return page(
    `${called(person)} at Example Corp`,
    html`<h1>Signed in as ${called(person)}</h1>
<p>The identity provider gave this application a token that says so. It is in <code>${file}</code> and good for an hour.</p>
<dl><dt>Subject</dt><dd>${person.name}</dd><dt>Address</dt><dd>${person.email}</dd><dt>Team</dt><dd>${person.team}</dd></dl>
<p>Paste these into a shell; they need the AWS CLI alone. A click selects a block.</p>
<h2>1. Say where the APIs are</h2>
${commands(aim, 'Commands that say where the APIs are')}
<h2>2. Trade the token for credentials</h2>
<p>No key signs this: the token is the proof, and the role’s trust policy decides.</p>
${commands(trade, 'Commands that trade the token for credentials')}
<h2>3. Use them as programs do</h2>
<p>Every AWS SDK trades the token by itself when it is told of these three things.</p>
${commands(use, 'Commands that use the role')}
<h2>4. Be refused, and ask why</h2>
${commands(refused, 'Commands that are refused')}
<details><summary>What the token says</summary>
${commands(JSON.stringify(claimsOf(token), null, 2), 'Claims of the token')}</details>
<details><summary>The token itself</summary>
${commands(token, 'The token')}</details>
<nav><a href="${home}sign-in">Sign in as somebody else</a> <a href="${home}">Back to the start</a></nav>`,
  )
}

function guestPage(home: string, shown: ReturnType<typeof guestCommands> | undefined): Reply {
  const none = html`<p>There is no identity pool with guests in the demonstration any more.</p>`
  const steps =
    shown === undefined
      ? none
      : html`<p>Paste these into a shell; they need the AWS CLI alone. A click selects a block.</p>
<h2>1. Say where the APIs are</h2>
${commands(shown.aim, 'Commands that say where the APIs are')}
<h2>2. Become an identity</h2>
<p>Nothing is proven and nothing signed: whoever asks is a new guest.</p>
${commands(shown.identity, 'Commands that make a guest identity')}
<h2>3. Have its credentials</h2>
<p>They are those of the pool’s role for guests, for an hour.</p>
${commands(shown.credentials, 'Commands that get a guest’s credentials')}`
  return page(
    'A guest of Example Corp',
    html`<h1>You are a guest</h1>
<p>Apps give visitors credentials without asking who they are. An identity pool says how little those may do.</p>
${steps}
<nav><a href="${home}sign-in">Sign in as an employee</a> <a href="${home}">Back to the start</a></nav>`,
  )
}
