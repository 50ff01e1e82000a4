// The demonstration's application, on the host of the pages: a visitor starts here, signs in with the development identity
// provider (OpenID Connect, authorization code with PKCE) or continues as a guest, and sees commands to paste.
import { challengeMethod, challengeOf } from '../core/pkce.ts'
import type { Reply } from '../server/exchange.ts'
import { createCookie } from '../server/pages/cookie.ts'
import { createFormGuard } from '../server/pages/form-guard.ts'
import type { Page, PageRequest, ReadPage } from '../server/pages/page.ts'
import { redirects } from '../server/pages/redirect.ts'
import type { Site } from '../server/pages/site.ts'
import { employeeCommands, guestCommands, type Shell } from './app-commands.ts'
import { claimsOf, employeePage, guestPage, startPage } from './app-documents.ts'
import { otherThan } from './dynamodb/notes.ts'
import { keysForGuest, keysForToken, newGuest, type Told } from './dynamodb/notes-client.ts'
import { notesForm, notesPage, type Visitor } from './dynamodb/notes-pages.ts'
import { authorizationPath, type IdentityProvider } from './identity-provider.ts'
import type { Person } from './people.ts'
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

const employeeNotes = '/employee/notes'
const guestNotes = '/guest/notes'

/** Paths below the public URL. */
export const signedInPath = '/signed-in'

export function appPages(options: AppOptions): readonly Page[] {
  const { site, issuer, client, provider, people, role, pool, shell, random, directoryPassword, keepToken } = options
  const visits = new Map<string, Visit>()
  const secret = () => random(32).toString('base64url')
  const cookie = createCookie({ site, name: 'hallpass_dev', allowsHttp: true, random })
  const guard = createFormGuard({ site, cookie, key: random(32) })
  const notes = { site, guard, url: () => shell.url, why: (id: string) => shell.hallpass(`why ${id}`) }
  const guests = new Map<string, string>()
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

  /** The buttons that are sent to `path`, for a page. */
  function formFor({ exchange }: PageRequest, path: string, other: string) {
    const { field, headers } = guard.issue(exchange, path)
    return { form: notesForm(site, path, other, field), headers }
  }

  async function employeeVisitor(request: PageRequest): Promise<Told<Visitor> | undefined> {
    const visit = employee(request)
    if (visit === undefined) return undefined
    const writer = visit.person.name
    const told = await keysForToken({ url: shell.url, now: request.now }, role, writer, visit.token)
    return 'answer' in told ? { answer: { writer, other: otherThan(writer), keys: told.answer } } : told
  }

  /** The guest of this browser, made with its first question. */
  async function guestVisitor({ exchange, now }: PageRequest): Promise<Told<Visitor> | undefined> {
    const [id, at] = [cookie.read(exchange), await pool()]
    if (id === undefined || at === undefined) return undefined
    const api = { url: shell.url, now }
    const known = guests.get(id)
    const guest = known === undefined ? await newGuest(api, at) : { answer: known }
    if (!('answer' in guest)) return guest
    if (guests.size >= mostVisits) guests.delete(guests.keys().next().value ?? '')
    guests.set(id, guest.answer)
    const told = await keysForGuest(api, guest.answer)
    // It may have been deleted: the next question is another guest's.
    if (!('answer' in told)) guests.delete(id)
    return 'answer' in told ? { answer: { writer: guest.answer, other: otherThan(''), keys: told.answer } } : told
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
      const { name } = person
      const other = otherThan(name)
      const steps = employeeCommands(shell, { name, other, role, file })
      return employeePage(site, { person, token, file, steps, notes: formFor(request, employeeNotes, other) })
    }),
    notesPage(notes, employeeNotes, '/employee', employeeVisitor),
    get('/guest', async (request) => {
      const id = await pool()
      if (id === undefined) return guestPage(site, undefined)
      const other = otherThan('')
      const steps = guestCommands(shell, id, other)
      return guestPage(site, { steps, notes: formFor(request, guestNotes, other) })
    }),
    notesPage(notes, guestNotes, '/guest', guestVisitor),
  ]
}
