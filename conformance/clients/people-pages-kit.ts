// What tests of the pages of people's sign-in run on: a company with people in every state, a server, and browsers.

import type { AccountState } from '../../src/dev/directory/entries.ts'
import { type Browser, browser, type Fields, type Shown } from '../../src/server/pages/testing/browser.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { adminArn, brokerAndRoles, company, passwordOf, personEntry, readerArn } from './company.ts'
import { consoleUrl, publicUrl, toServer } from './console-tools.ts'
import { manager, role, trusts } from './people.ts'
import { testServer } from './server.ts'

export const signInUrl = `${publicUrl}/signin`
export const formUrl = `${signInUrl}/with/corp`
export const rolesUrl = `${signInUrl}/roles`
export const factorUrl = `${signInUrl}/factor`
export const enrolUrl = `${factorUrl}/enrol`

export const corp = await company()
export const server = await testServer({ settings: { 'public-url': publicUrl } })
export const admin = await manager(server)
await brokerAndRoles(admin)
export const closedArn = await role(admin, 'Closed', trusts(`arn:aws:iam::${server.account}:root`))

/** Admin needs a second factor, Reader none. Ann may have both, ben is a reader. Closed lets nobody in. */
const applyTable = () =>
  corp.apply(server, {
    roles: [
      ['admins', adminArn, { 'second-factor': true }],
      ['readers', readerArn],
      ['readers', closedArn],
    ],
  })
await applyTable()

export const states = [
  'disabled',
  'locked',
  'account-expired',
  'not-now',
  'password-expired',
  'password-must-change',
] as const
for (const state of states) {
  const login = state satisfies AccountState
  corp.directory.entries.push({
    ...personEntry(login, `10000000-0000-4000-8000-${String(states.indexOf(state)).padStart(12, '0')}`),
    state,
  })
}

export const visitor = (): Browser => browser(toServer(server))

/** Fills in the form of the directory, as its page stands. */
export async function tryLogin(
  person: Browser,
  login: string,
  password = passwordOf(login),
  url = signInUrl,
): Promise<Shown> {
  return person.send(await person.open(url), { login, password })
}

/** Signs in, and follows to the roles. */
export async function signedIn(login: string, person = visitor()): Promise<{ person: Browser; roles: Shown }> {
  const sent = await tryLogin(person, login)
  if (sent.status !== 303) throw new Error(`${sent.status}: ${sent.text}`)
  return { person, roles: await person.open(leads(sent)) }
}

export const choose = (person: Browser, roles: Shown, roleIndex: string, more: Fields = {}): Promise<Shown> =>
  person.send(roles, { roleIndex, ...more }, '/roles')

/** Where an answer leads. */
export const leads = ({ headers, url }: Shown): string => new URL(headers.get('location') ?? '', url).href

export const peopleCookie = ({ jar }: Browser) => jar.value(publicUrl, '__Host-hallpass-people')
export const consoleCookie = ({ jar }: Browser) => jar.value(consoleUrl, '__Host-hallpass-session')

/** What the operator is told of a refusal, by the id on its page. */
export async function explained({ text }: Pick<Shown, 'text'>): Promise<string> {
  const id = /<code>([0-9a-f-]{36})<\/code>/.exec(text)?.[1] ?? ''
  // Refusals are noted by the second.
  await server.move(2_000)
  const found = await why(server.engine.store, id)
  if (found === undefined) throw new Error(`not found: ${id}`)
  return explainForOperator(found)
}
