// What tests of the pages of people's sign-in run on: a company with people in every state, a server, and browsers.

import type { AccountState } from '../../src/dev/directory/entries.ts'
import type { Broker } from '../../src/server/broker/broker.ts'
import { type Browser, browser, type Fields, type Shown } from '../../src/server/pages/testing/browser.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { adminArn, brokerAndRoles, brokerOf, company, passwordOf, personEntry, readerArn } from './company.ts'
import { consoleUrl, publicUrl, toServer } from './console-tools.ts'
import { manager } from './people.ts'
import { firstAccount, type TestServer, testServer } from './server.ts'

export const signInUrl = `${publicUrl}/signin`
export const formUrl = `${signInUrl}/with/corp`
export const rolesUrl = `${signInUrl}/roles`
export const factorUrl = `${signInUrl}/factor`
export const enrolUrl = `${factorUrl}/enrol`

export const closedArn = `arn:aws:iam::${firstAccount}:role/Closed`
export const awsArn = 'arn:aws:iam::999900001111:role/Elsewhere'
export const awsLink = 'https://signin.aws.example/federation?Action=login&SigninToken=planted-token'

export const corp = await company()
const broker: Broker = {
  async assumeRole(exchange, signIn, role, seconds, now) {
    if (role.arn === closedArn)
      return { refused: { code: 'AccessDenied', status: 403, message: 'no' }, requestId: exchange.requestId }
    // What a target gives is no pass of ours: any credentials do.
    const here = role.target === undefined ? role : { ...role, arn: readerArn, account: firstAccount }
    return brokerOf(server).assumeRole(exchange, signIn, here, seconds, now)
  },
  federationToken: () => Promise.reject(new TypeError('no page asks for it')),
  consoleLink: async () => awsLink,
}
export const server: TestServer = await testServer({ settings: { 'public-url': publicUrl }, broker })
export const admin = await manager(server)
await brokerAndRoles(admin)

/** Admin needs a second factor, Reader none. Ann may have both, ben is a reader. Closed lets nobody in. */
const aws = {
  ...{ name: 'aws', accounts: ['999900001111'], sts: 'https://sts.aws.example', region: 'us-east-1' },
  ...{
    federation: 'https://signin.aws.example/federation',
    console: 'https://console.aws.example/',
    audience: 'sts.aws.example',
  },
}

export const applyTable = (isElsewhere = false) =>
  corp.apply(server, {
    roles: [
      ['admins', adminArn, { 'second-factor': true }],
      ['readers', readerArn],
      ['readers', closedArn],
      ...(isElsewhere ? [['readers', awsArn] as const] : []),
    ],
    more: isElsewhere ? { targets: [aws] } : {},
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
