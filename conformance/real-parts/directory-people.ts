// Hallpass as it ships with connectors of real directories, and their people: in Chromium, at the broker's API, on the command line.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { brokerPaths } from '../../src/wire/broker-api.ts'
import { brokerAndRoles } from '../clients/company.ts'
import { keysOf } from '../clients/people.ts'
import type { Keys } from '../clients/server.ts'
import { browserFlags } from './browser-flags.ts'
import { corp, groups, ipaGroups, ipaPeople, ipaSearcher, people, searcher } from './openldap-company.ts'
import type { OpenLdap } from './openldap-server.ts'
import { password } from './samba-company.ts'
import type { Samba } from './samba-server.ts'
import { choose } from './saml-browser.ts'
import { account, type Served, serve } from './served.ts'

export { password }
export const broker = [{ account, user: 'hallpass-broker' }]

const bound = (name: string) => ({ 'ca-file': 'ca.pem', 'bind-name': name, 'bind-password-file': 'bind.secret' })

/** A connector of the table. Without replication each OpenLDAP has entryUUIDs of its own: of several, people are known by their uid. */
export const openLdapConnector = (name: string, servers: readonly OpenLdap[], startTls = false) => ({
  ...{ name, kind: 'directory', title: `Directory ${name}`, preset: 'openldap', ...bound(searcher.name) },
  servers: servers.map(({ url, plainUrl }) => (startTls ? plainUrl : url)),
  ...(startTls ? { 'start-tls': true } : {}),
  people: { base: people, ...(servers.length > 1 ? { 'id-attribute': 'uid' } : {}) },
  groups: { base: groups },
})
/** With what FreeIPA's and posix groups' presets say, and nothing beside. */
export const presetConnector = (preset: 'freeipa' | 'posix', { url }: OpenLdap) => {
  const [bind, base] = preset === 'freeipa' ? [ipaSearcher, [ipaPeople, ipaGroups]] : [searcher, [people, groups]]
  return {
    ...{ name: preset, kind: 'directory', title: `Directory ${preset}`, preset, ...bound(bind.name), servers: [url] },
    ...{ people: { base: base[0] }, groups: { base: base[1] } },
  }
}
export const openLdapGroup = (name: string) => `cn=${name},ou=groups,${corp}`

export const sambaConnector = (name: string, { url, domain }: Samba) => ({
  ...{ name, kind: 'directory', title: `Directory ${name}`, preset: 'active-directory', servers: [url] },
  ...{ ...bound('hallpass@corp.example'), people: { base: domain }, groups: { base: `OU=Groups,${domain}` } },
})

export interface Table {
  readonly connectors: readonly object[]
  readonly assignments: readonly object[]
  /** From which device codes may be asked for; none if not given. */
  readonly deviceNetworks?: readonly string[]
}

/** Serves, with a broker user without a key, the roles Admin and Reader, and the table. Stopped after the suite that calls this. */
export async function servePeople(
  { connectors, assignments, deviceNetworks = [] }: Table,
  ca: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const server = await serve({ pages: true, settings })
  await brokerAndRoles(server.as(server.root))
  // YAML holds JSON.
  const text = JSON.stringify({
    people: { brokers: broker, connectors, assignments, 'device-networks': deviceNetworks },
  })
  server.apply(text, { 'ca.pem': ca, 'bind.secret': password })
  return server
}

/** Opens pages, each in a browser of its own: without cookies of the others. Closed after the suite that calls this. */
export async function pages(executablePath: string): Promise<() => Promise<Page>> {
  const browser = await chromium.launch({ executablePath, args: browserFlags })
  const contexts: BrowserContext[] = []
  after(() => browser.close())
  return async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    contexts.push(context)
    return context.newPage()
  }
}

/** Sends the form of a directory, which the sign-in page leads to, or which stands there. */
export async function submitLogin(page: Page, title: string, login: string, typed = password): Promise<void> {
  await page.getByRole('link', { name: title }).click()
  await fillLogin(page, login, typed)
}

export async function fillLogin(page: Page, login: string, typed = password): Promise<void> {
  await page.getByLabel('Login').fill(login)
  await page.getByLabel('Password').fill(typed)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** From the sign-in page by the chooser to the console of the role, whose session has the name of the person. */
export async function toConsole(page: Page, { publicUrl }: Served, title: string, login: string, role: string) {
  await page.goto(`${publicUrl}/signin`)
  await submitLogin(page, title, login)
  await page.getByRole('heading', { name: 'Choose a role' }).waitFor()
  await choose(page, role)
  await page.waitForURL(`${publicUrl}/console`)
  return page.locator('body').innerText()
}

export interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Asks the broker's API with a login of the directory. */
export async function askBroker(
  { publicUrl }: Served,
  path: 'credentials' | 'roles' | 'console',
  body: object,
): Promise<Answered> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(publicUrl + brokerPaths[path], { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  return { status: answer.status, body: JSON.parse(text), text }
}

/** The keys of an answer of `credentials`. */
export function givenKeys({ status, body, text }: Answered): Keys {
  assert.equal(status, 200, text)
  return keysOf(body.Credentials as Parameters<typeof keysOf>[0])
}

/** Who the keys are to the server; undefined where it refuses them. */
export const whoIs = (server: Served, keys: Keys): Promise<string | undefined> =>
  server
    .as(keys)
    .sts.send(new GetCallerIdentityCommand({}))
    .then(
      ({ Arn }) => Arn,
      (error) => {
        assert.equal(error.name, 'InvalidClientTokenId')
        return undefined
      },
    )
