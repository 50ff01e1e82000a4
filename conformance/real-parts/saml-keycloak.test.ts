// Keycloak as it comes, as a company's SAML provider: people sign in there in a browser, and its responses buy roles, plain and
// encrypted.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { DeleteRoleCommand, UpdateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand } from '@aws-sdk/client-sts'
import { chromium, type Page } from 'playwright-core'
import { packedBudget } from '../../src/core/token/packed-size.ts'
import { folder } from '../clients/folder.ts'
import { role } from '../clients/people.ts'
import { attributeName, pairOf, registerSaml, trustingSaml } from '../clients/saml-servers.ts'
import { nobody } from '../clients/server.ts'
import { browserFlags } from './browser-flags.ts'
import { initiated, type SamlClient, type SamlPerson, samlCompany } from './keycloak-saml-realm.ts'
import { startKeycloak } from './keycloak-server.ts'
import { describeWith } from './part.ts'
import { assertInConsole, assertSignedOut, choose, consumerOf, offered, signOut } from './saml-browser.ts'
import { type Traded, taken, traders } from './saml-trades.ts'
import { account, serve } from './served.ts'
import { newCertificate } from './simplesamlphp-server.ts'

const data = folder()
const roleNames = ['developer', 'billing-reader', 'support', 'operator']
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
/** Keycloak's own choice of a NameID. */
const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
const [plain, sealed] = ['keycloak', 'keycloak-encrypted']
const pair = (name: string, provider: string) =>
  pairOf(roleArn(name), `arn:aws:iam::${account}:saml-provider/${provider}`)
const [pairs, sealedPairs] = [roleNames.map((name) => pair(name, plain)), [pair('sealed', sealed)]]

const person = (username: string, own: readonly string[]): SamlPerson => ({
  ...{ username, password: `${username}s password`, pairs: own },
})
const [erin, olga, erinSealed] = [person('erin', pairs.slice(0, 1)), person('olga', pairs), person('erin', sealedPairs)]

interface RealmOptions extends Pick<SamlClient, 'pairs' | 'tags'> {
  readonly registered?: Parameters<typeof registerSaml>[3]
}

/** Tags that leave no room in a pass. */
const tags = Object.fromEntries(
  Array.from({ length: Math.floor((packedBudget - 100) / 80) }, (_, at) => [`filler-${at + 10}`, 'x'.repeat(64)]),
)

describeWith('KEYCLOAK', 'Keycloak', (home) =>
  describeWith('CHROMIUM', 'in a browser', async (executablePath) => {
    const keycloak = await startKeycloak(home, data)
    const server = await serve({ pages: true })
    const admin = server.as(server.root)
    const address = `${server.publicUrl}/saml`

    /** A realm of its own, registered here by its metadata, and set up by ours. */
    async function companyOf(realm: string, name: string, people: readonly SamlPerson[], options: RealmOptions) {
      const entityId = keycloak.issuer(realm)
      const metadata = async () => (await fetch(`${entityId}/protocol/saml/descriptor`)).text()
      await keycloak.addRealm({ realm })
      const { arn, uuid } = await registerSaml(admin, name, await metadata(), options.registered)
      const consumer = await consumerOf(server, uuid)
      await keycloak.addTo(realm, samlCompany(realm, { ...consumer, ...options }, people))
      const start = `${entityId}/protocol/saml/clients/${initiated}`
      return { ...{ realm, entityId, arn, uuid, start, metadata }, addresses: consumer.addresses }
    }
    type Company = Awaited<ReturnType<typeof companyOf>>

    const one = await companyOf('company', plain, [erin, olga], { pairs, tags })
    const { key } = newCertificate('Hallpass')
    const other = await companyOf('sealed', sealed, [erinSealed], {
      pairs: sealedPairs,
      registered: { AssertionEncryptionMode: 'Required', AddPrivateKey: key },
    })
    const own = `${address}/acs/${other.uuid}`
    for (const name of roleNames)
      await role(admin, name, trustingSaml(one.arn, { StringEquals: { 'SAML:aud': address } }))
    await role(admin, 'sealed', trustingSaml(other.arn, { StringEquals: { 'SAML:aud': own } }))

    const browser = await chromium.launch({ executablePath, args: browserFlags })
    after(() => browser.close())

    async function signIn(page: Page, { username, password }: SamlPerson) {
      await page.locator('#username').fill(username)
      await page.locator('#password').fill(password)
      await page.locator('#kc-login').click()
    }

    async function visit<T>(work: (page: Page) => Promise<T>): Promise<T> {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      try {
        return await work(await context.newPage())
      } finally {
        await context.close()
      }
    }

    /** What the provider's page posts for somebody whom nobody asked for. */
    const responseFor = (someone: SamlPerson, { start, addresses: [to = ''] }: Company) =>
      visit(async (page) => {
        await page.goto(start)
        return (await taken(page, to, () => signIn(page, someone))).get('SAMLResponse') ?? ''
      })

    const arnOf = ({ username }: SamlPerson, name: string) => `arn:aws:sts::${account}:assumed-role/${name}/${username}`
    const tradedAs = (someone: SamlPerson, name: string, { entityId }: Company, Audience: string): Traded => ({
      ...{ arn: arnOf(someone, name), Subject: someone.username, SubjectType: unspecified, Issuer: entityId },
      ...{ Audience, SourceIdentity: someone.username },
    })

    describe('a response for somebody with one role', async () => {
      const response = await responseFor(erin, one)

      test('has an Attribute element for each role, and roles that are none of AWS’s in the same attribute', () => {
        const xml = Buffer.from(response, 'base64').toString()
        const values = xml.split(`Name="${attributeName('Role')}"`).slice(1)
        assert(values.length > 3)
        assert.match(xml, />default-roles-company</)
        assert.match(xml, />offline_access</)
      })

      for (const [name, trade] of Object.entries(traders)) {
        test(`is traded by ${name}`, async () => {
          const traded = await trade(server, { role: roleArn('developer'), provider: one.arn, response }, data)
          assert.deepEqual(traded, tradedAs(erin, 'developer', one, address))
        })
      }

      test('buys no role that it does not name', async () => {
        const wanted = { role: roleArn('operator'), provider: one.arn, response }
        await assert.rejects(traders['the SDK for JavaScript'](server, wanted), { name: 'AccessDenied' })
      })
    })

    test('a response with four roles buys each of them, one after the other', async () => {
      const response = await responseFor(olga, one)
      for (const name of roleNames) {
        const wanted = { role: roleArn(name), provider: one.arn, response }
        assert.deepEqual(await traders['the SDK for JavaScript'](server, wanted), tradedAs(olga, name, one, address))
      }
    })

    describe('a response with an encrypted assertion', async () => {
      const response = await responseFor(erinSealed, other)
      const wanted = { role: roleArn('sealed'), provider: other.arn, response }

      test('says nothing to who reads it', () => {
        const xml = Buffer.from(response, 'base64').toString()
        assert.match(xml, /EncryptedAssertion/)
        assert.doesNotMatch(xml, /erin|saml-provider/)
      })

      for (const [name, trade] of Object.entries(traders)) {
        test(`is traded by ${name}`, async () =>
          assert.deepEqual(await trade(server, wanted, data), tradedAs(erin, 'sealed', other, own)))
      }
    })

    for (const [where, begin] of [
      ['the provider', (page: Page, { start }: Company) => page.goto(start)],
      ['our own page', (page: Page, { uuid }: Company) => page.goto(`${server.publicUrl}/saml/login/${uuid}`)],
    ] as const) {
      describe(`a sign-in that begins at ${where}`, () => {
        test('leads somebody with one role straight into the console, and out again on both sides', () =>
          visit(async (page) => {
            await begin(page, one)
            await signIn(page, erin)
            await assertInConsole(page, server, arnOf(erin, 'developer'))
            await signOut(page)
            await assertSignedOut(page, server)
            // The provider asks again who it is.
            await begin(page, one)
            await page.locator('#password').waitFor()
          }))

        test('lets somebody with four roles choose', () =>
          visit(async (page) => {
            await begin(page, one)
            await signIn(page, olga)
            assert.deepEqual([...(await offered(page))].sort(), roleNames.map(roleArn).sort())
            await choose(page, roleArn('operator'))
            await assertInConsole(page, server, arnOf(olga, 'operator'))
          }))

        test('is the same with an encrypted assertion', () =>
          visit(async (page) => {
            await begin(page, other)
            await signIn(page, erinSealed)
            await assertInConsole(page, server, arnOf(erin, 'sealed'))
            await signOut(page)
            await assertSignedOut(page, server)
          }))
      })
    }

    test('a response that is posted in another person’s browser neither replaces their session nor is used in it', () =>
      visit(async (page) => {
        const stolen = await responseFor(olga, one)
        await page.goto(one.start)
        await signIn(page, erin)
        await assertInConsole(page, server, arnOf(erin, 'developer'))
        await page.goto('about:blank')
        await page.setContent(
          `<form method="post" action="${address}"><input name="SAMLResponse" value="${stolen}"><button>Go</button></form>`,
        )
        await page.getByRole('button', { name: 'Go' }).click()
        await choose(page, roleArn('operator'))
        await page.getByRole('heading', { name: 'You are already signed in' }).waitFor()
        await page.getByRole('link', { name: 'Stay signed in' }).click()
        await assertInConsole(page, server, arnOf(erin, 'developer'))
      }))

    test('a console with a pass of the greatest size is over within two seconds after its role was deleted', () =>
      visit(async (page) => {
        const response = await responseFor(olga, one)
        const { PackedPolicySize = 0 } = await server.as(nobody).sts.send(
          new AssumeRoleWithSAMLCommand({
            ...{ RoleArn: roleArn('support'), PrincipalArn: one.arn, SAMLAssertion: response },
          }),
        )
        assert(PackedPolicySize > 90, `${PackedPolicySize} %`)
        await page.goto(one.start)
        await signIn(page, olga)
        await choose(page, roleArn('support'))
        await assertInConsole(page, server, arnOf(olga, 'support'))
        await admin.iam.send(new DeleteRoleCommand({ RoleName: 'support' }))
        const deleted = Date.now()
        await assertSignedOut(page, server)
        assert(Date.now() - deleted < 2000)
      }))

    test('a new signing key counts once its metadata is uploaded; responses of the one before stay good', async () => {
      const old = { role: roleArn('developer'), provider: one.arn, response: await responseFor(erin, one) }
      await keycloak.rotate(one.realm)
      const fresh = { ...old, response: await responseFor(erin, one) }
      const refused = { name: 'InvalidIdentityTokenException', message: 'Response signature invalid' }
      await assert.rejects(traders['the SDK for JavaScript'](server, fresh), refused)
      const SAMLMetadataDocument = await one.metadata()
      await admin.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn: one.arn, SAMLMetadataDocument }))
      for (const each of [fresh, old]) {
        assert.deepEqual(
          await traders['the SDK for JavaScript'](server, each),
          tradedAs(erin, 'developer', one, address),
        )
      }
    })
  }),
)
