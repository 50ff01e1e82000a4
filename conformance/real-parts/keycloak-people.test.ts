// Keycloak as it comes, as what people sign in with: by OpenID Connect and by SAML, each a connector, from our page to the roles that
// their groups give and the console; and a person whom it knows no more.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { adminArn, brokerAndRoles, readerArn } from '../clients/company.ts'
import { folder } from '../clients/folder.ts'
import { registerSaml } from '../clients/saml-servers.ts'
import { browserFlags } from './browser-flags.ts'
import { clientSecret, passwordOf, peopleRealm, type RealmPerson } from './keycloak-people-realm.ts'
import { startKeycloak } from './keycloak-server.ts'
import { describeWith } from './part.ts'
import { choose, offered } from './saml-browser.ts'
import { account, serve } from './served.ts'

const erin = { username: 'erin', groups: ['engineers', 'auditors'] }
const nick = { username: 'nick', groups: ['visitors'] }
const realm = 'people'

describeWith('KEYCLOAK', 'Keycloak', (home) =>
  describeWith('CHROMIUM', 'people in a browser', async (executablePath) => {
    const keycloak = await startKeycloak(home, folder())
    const server = await serve({ pages: true })
    const admin = server.as(server.root)
    await brokerAndRoles(admin)
    const at = (name: string) => `${server.publicUrl}/signin/with/${name}`
    const [consumer, callback] = [`${at('saml')}/saml`, `${at('oidc')}/callback`]
    await keycloak.addRealm(peopleRealm(realm, [erin, nick], { callback, entity: at('saml'), consumer }))
    const descriptor = await fetch(`${keycloak.issuer(realm)}/protocol/saml/descriptor`)
    const { arn } = await registerSaml(admin, 'keycloak', await descriptor.text())
    const common = { 'sign-in-hours': 1 }
    const assignments = ['oidc', 'saml'].flatMap((connector) => [
      { connector, group: 'engineers', roles: [adminArn] },
      { connector, group: 'auditors', roles: [readerArn] },
    ])
    const table = {
      brokers: [{ account, user: 'hallpass-broker' }],
      connectors: [
        {
          ...{ name: 'oidc', kind: 'oidc', title: 'Keycloak by OpenID Connect', issuer: keycloak.issuer(realm) },
          ...{ 'client-id': 'hallpass', 'client-secret-file': 'secret', 'ca-file': 'ca.pem', ...common },
          allow: ['127.0.0.0/8', '::1'],
        },
        {
          ...{ name: 'saml', kind: 'saml', title: 'Keycloak by SAML', provider: arn, ...common },
          ...{ 'groups-attribute': 'groups', 'login-attribute': 'uid' },
        },
      ],
      assignments,
    }
    // YAML holds JSON.
    server.apply(JSON.stringify({ people: table }), { secret: clientSecret, 'ca.pem': keycloak.ca })

    const browser = await chromium.launch({ executablePath, args: browserFlags })
    after(() => browser.close())
    async function visit<T>(work: (page: Page) => Promise<T>): Promise<T> {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      try {
        return await work(await context.newPage())
      } finally {
        await context.close()
      }
    }
    async function signIn(page: Page, title: string, { username }: RealmPerson) {
      await page.goto(`${server.publicUrl}/signin`)
      await page.getByRole('link', { name: title }).click()
      await page.locator('#username').fill(username)
      await page.locator('#password').fill(passwordOf({ username }))
      await page.locator('#kc-login').click()
    }

    /** Signs in, and once more as people do: on a busy machine Keycloak may take longer than Hallpass waits for it. */
    async function signInAtLast(page: Page, title: string, person: RealmPerson) {
      await signIn(page, title, person)
      const chooser = page.getByRole('heading', { name: 'Choose a role' }).waitFor({ timeout: 25_000 })
      if (
        await chooser.then(
          () => true,
          () => false,
        )
      )
        return
      console.log(`signing in once more, after: ${await page.locator('body').innerText()}`)
      await page.context().clearCookies()
      await signIn(page, title, person)
    }

    for (const title of ['Keycloak by OpenID Connect', 'Keycloak by SAML']) {
      describe(title, () => {
        test('signs a person in, and offers the roles of their groups', () =>
          visit(async (page) => {
            await signInAtLast(page, title, erin)
            assert.deepEqual([...(await offered(page))].sort(), [adminArn, readerArn])
            assert.match(await page.locator('body').innerText(), /You are signed in as erin/)
          }))

        test('leads a person to the console of the chosen role', () =>
          visit(async (page) => {
            await signInAtLast(page, title, erin)
            await offered(page)
            await choose(page, readerArn)
            await page.waitForURL(`${server.publicUrl}/console`)
            const session = /arn:aws:sts::111122223333:assumed-role\/Reader\/erin-[a-z2-7]{10}(?![\w@.-])/
            assert.match(await page.locator('body').innerText(), session)
          }))

        test('signs somebody in whose groups give nothing, and says so', () =>
          visit(async (page) => {
            await signIn(page, title, nick)
            await page.getByText('Your groups give you no role here.').waitFor()
          }))

        test('asks for the password again where a second factor is to be set up, whatever session there is', () =>
          visit(async (page) => {
            await signIn(page, title, nick)
            await page.getByText('Your groups give you no role here.').waitFor()
            // A session at Keycloak is used without a question, and is fresh for no longer than it is.
            await page.goto(`${at(title.endsWith('SAML') ? 'saml' : 'oidc')}/start?afresh=yes`)
            await page.locator('#password').fill(passwordOf(nick))
            await page.locator('#kc-login').click()
            await page.getByText('Your groups give you no role here.').waitFor()
            await page.goto(`${server.publicUrl}/signin/factor/enrol`)
            await page.getByRole('button', { name: 'Set it up' }).click()
            await page.getByRole('img', { name: 'QR code of the key below' }).waitFor()
          }))

        test('does not sign in who takes the answer to another browser', () =>
          visit(async (page) => {
            const answer = page.waitForRequest((sent) => {
              const { origin, pathname } = new URL(sent.url())
              return [callback, consumer].includes(origin + pathname)
            })
            await signIn(page, title, erin)
            const sent = await answer
            const [url, body] = [sent.url(), sent.postData()]
            await visit(async (other) => {
              if (body === null) await other.goto(url)
              else {
                const response = new URLSearchParams(body).get('SAMLResponse') ?? ''
                await other.setContent(
                  `<form method="post" action="${url}"><input name="SAMLResponse" value="${response}"><button>Go</button></form>`,
                )
                await other.getByRole('button', { name: 'Go' }).click()
              }
              await other.getByText('This sign-in was not begun in this browser').waitFor()
            })
          }))
      })
    }

    test('a person whom it disabled loses the sign-in by OpenID Connect at the next page', () =>
      visit(async (page) => {
        await signInAtLast(page, 'Keycloak by OpenID Connect', erin)
        await offered(page)
        await keycloak.disable(realm, erin.username)
        // What the provider said a moment ago counts for five seconds.
        await page.waitForTimeout(5_500)
        await page.goto(`${server.publicUrl}/signin/roles`)
        await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
      }))
  }),
)
