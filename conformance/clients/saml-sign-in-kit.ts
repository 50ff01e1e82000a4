// What tests of the SAML sign-in endpoint run on: two accounts with a record of one company's provider, its roles, browsers, and what
// the provider's page does.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { CreateAccountAliasCommand } from '@aws-sdk/client-iam'
import { type ResponseChoice, samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { createOwnKeys } from '../../src/service/saml/own-keys.ts'
import { consoleUrl, publicUrl, toServer } from './console-tools.ts'
import { type Misfortune, misfortune } from './misfortune.ts'
import { allow, manager, member, role } from './people.ts'
import { leads } from './saml-messages.ts'
import { pairOf, registerSaml, responding, type Stated, stating, trustingSaml } from './saml-servers.ts'
import { testServer } from './server.ts'

export const samlUrl = `${publicUrl}/saml`
export const company = 'https://idp.example'

let between: Misfortune | undefined
export const server = await testServer({
  settings: { 'public-url': publicUrl },
  over(made) {
    between = misfortune(made)
    return between
  },
})
/** What stands between the server and its store. */
export const store = between as unknown as Misfortune
export const admin = await manager(server)
export const payments = await member(server, admin, 'Payments <b>', 'payments@example.com')
export const idp = samlProvider()
export const mine = await registerSaml(admin, 'Company', idp.metadata())
export const theirs = await registerSaml(payments.admin, 'Company', idp.metadata())
await admin.iam.send(new CreateAccountAliasCommand({ AccountAlias: 'example-main' }))

export const reader = await role(admin, 'Reader', trustingSaml(mine.arn), {
  permissions: allow('iam:ListRoles'),
  maxSessionDuration: 7200,
})
export const writer = await role(admin, 'Writer', trustingSaml(mine.arn))
export const closed = await role(admin, 'Closed', trustingSaml(mine.arn, { StringEquals: { 'SAML:sub': 'nobody' } }))
export const payer = await role(payments.admin, 'Payer', trustingSaml(theirs.arn))
export const absent = `arn:aws:iam::${server.account}:role/Absent`
/** Pairs of every role, of which one does not exist and one lets nobody in. */
export const all = [...[reader, writer, closed, absent].map((arn) => pairOf(arn, mine.arn)), pairOf(payer, theirs.arn)]

export const visitor = (): Browser => browser(toServer(server))
const respond = responding(server, idp)

/** A response that is made for us. */
export const made = (pairs: readonly string[], choice: ResponseChoice = {}, ...more: readonly Stated[]): string =>
  respond({ recipient: samlUrl, attributes: stating(pairs, ...more), ...choice })

/** The same with one role. */
export const one = (choice: ResponseChoice = {}, ...more: readonly Stated[]): string =>
  made([pairOf(reader, mine.arn)], choice, ...more)

type More = Readonly<Record<string, string>>

/** What the provider's page does. */
export const post = (person: Browser, SAMLResponse: string, more: More = {}, url = samlUrl): Promise<Shown> =>
  person.sendFrom(company, url, { SAMLResponse, ...more })

/** Posts a response that is taken, and follows. */
export async function signIn(person: Browser, response: string, more: More = {}, url = samlUrl): Promise<Shown> {
  const posted = await post(person, response, more, url)
  if (posted.status !== 303) throw new Error(`${posted.status}: ${posted.text}`)
  return person.open(leads(posted))
}

export const sessionOf = ({ jar }: Browser) => jar.value(consoleUrl, '__Host-hallpass-session')

/** What the operator is told of a refusal, by the id on its page. */
export async function explained({ text }: Shown): Promise<string> {
  const id = /<code>([0-9a-f-]{36})<\/code>/.exec(text)?.[1] ?? ''
  // Refusals are noted by the second.
  await server.move(2_000)
  const found = await why(server.engine.store, id)
  if (found === undefined) throw new Error(`not found: ${id}`)
  return explainForOperator(found)
}

/** The key that our messages are signed with. */
export async function ourKey(): Promise<KeyObject> {
  const { key } = await createOwnKeys(server.engine.parts)(server.now())
  return createPublicKey(key)
}
