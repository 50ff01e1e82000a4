// SimpleSAMLphp as a company's SAML provider: people sign in there in a browser, and its responses buy roles, plain and encrypted.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { GetSAMLProviderCommand, UpdateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { chromium, type Page } from 'playwright-core'
import { folder } from '../clients/folder.ts'
import { role } from '../clients/people.ts'
import { attributeName, pairOf, registerSaml, trustingSaml } from '../clients/saml-servers.ts'
import { browserFlags } from './browser-flags.ts'
import { describeWith } from './part.ts'
import { assertInConsole, assertSignedOut, choose, consumerOf, offered, signOut } from './saml-browser.ts'
import { type Traded, taken, traders } from './saml-trades.ts'
import { account, serve } from './served.ts'
import { type Consumer, newCertificate, startSimpleSamlPhp } from './simplesamlphp-server.ts'

const data = folder()
const providerArn = (name: string) => `arn:aws:iam::${account}:saml-provider/${name}`
const roleNames = ['developer', 'billing-reader', 'support', 'operator']
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const [plain, sealed] = ['company', 'company-encrypted']

const person = (username: string, roles: readonly string[]) => ({
  ...{ username, password: `${username}s password` },
  attributes: {
    [attributeName('Role')]: [
      ...roles.map((name) => pairOf(roleArn(name), providerArn(plain))),
      // In the other order.
      pairOf(providerArn(sealed), roleArn('sealed')),
    ],
    [attributeName('RoleSessionName')]: [`${username}@company.example`],
    [attributeName('SessionDuration')]: ['3600'],
    [attributeName('SourceIdentity')]: [username],
    [attributeName('PrincipalTag:Department')]: ['engineering'],
  },
})
const alice = person('alice', ['developer'])
const carol = person('carol', roleNames)

describeWith('SIMPLESAMLPHP', 'SimpleSAMLphp', (home) =>
  describeWith('CHROMIUM', 'in a browser', async (executablePath) => {
    const provider = await startSimpleSamlPhp(home, data, [alice, carol])
    const server = await serve({ pages: true })
    const admin = server.as(server.root)
    const metadata = await provider.metadata()
    const entityId = `${provider.url}/idp`
    const one = await registerSaml(admin, plain, metadata)
    const keys = newCertificate('Hallpass')
    const other = await registerSaml(admin, sealed, metadata, {
      ...{ AssertionEncryptionMode: 'Required', AddPrivateKey: keys.key },
    })
    const address = `${server.publicUrl}/saml`
    const own = `${address}/acs/${other.uuid}`
    const ofTeam = { StringEquals: { 'aws:RequestTag/Department': 'engineering' } }
    for (const name of roleNames) {
      await role(admin, name, trustingSaml(one.arn, { StringEquals: { 'SAML:aud': address, ...ofTeam.StringEquals } }))
    }
    await role(admin, 'sealed', trustingSaml(other.arn, { StringEquals: { 'SAML:aud': own } }))
    const consumer: Consumer = { entityId: 'urn:amazon:webservices', addresses: [address] }
    const encrypted: Consumer = {
      ...{ entityId: 'https://signin.aws.amazon.com/saml', addresses: [own], encryption: keys.certificate },
    }
    provider.serve([consumer, encrypted])

    const browser = await chromium.launch({ executablePath, args: browserFlags })
    after(() => browser.close())

    async function signIn(page: Page, { username, password }: typeof alice) {
      await page.locator('#username').fill(username)
      await page.locator('#password').fill(password)
      await page.getByRole('button', { name: 'Login' }).click()
    }

    /** What the provider's page posts for somebody whom nobody asked for. */
    async function responseFor(someone: typeof alice, to: Consumer): Promise<string> {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      const page = await context.newPage()
      try {
        await page.goto(provider.start(to))
        return (await taken(page, to.addresses[0] ?? '', () => signIn(page, someone))).get('SAMLResponse') ?? ''
      } finally {
        await context.close()
      }
    }

    const tradedAs = ({ username }: typeof alice, name: string, Audience: string): Traded => ({
      arn: `arn:aws:sts::${account}:assumed-role/${name}/${username}@company.example`,
      ...{ Subject: username, SubjectType: 'persistent', Issuer: entityId, Audience, SourceIdentity: username },
    })

    describe('a response for somebody with one role', async () => {
      const response = await responseFor(alice, consumer)
      for (const [client, trade] of Object.entries(traders)) {
        test(`is traded by ${client}`, async () => {
          const traded = await trade(server, { role: roleArn('developer'), provider: one.arn, response }, data)
          assert.deepEqual(traded, tradedAs(alice, 'developer', address))
        })
      }

      test('buys no role that it does not name', async () => {
        const wanted = { role: roleArn('operator'), provider: one.arn, response }
        await assert.rejects(traders['the SDK for JavaScript'](server, wanted), { name: 'AccessDenied' })
      })

      test('buys nothing when a letter of it was changed', async () => {
        const xml = Buffer.from(response, 'base64').toString()
        const changed = Buffer.from(xml.replaceAll('role/developer', 'role/operator')).toString('base64')
        assert.notEqual(changed, response)
        const wanted = { role: roleArn('operator'), provider: one.arn, response: changed }
        await assert.rejects(traders['the SDK for JavaScript'](server, wanted), {
          ...{ name: 'InvalidIdentityTokenException', message: 'Response signature invalid' },
        })
      })
    })

    test('a response with four roles buys each of them, one after the other', async () => {
      const response = await responseFor(carol, consumer)
      for (const name of roleNames) {
        const traded = await traders['the SDK for JavaScript'](server, {
          ...{ role: roleArn(name), provider: one.arn, response },
        })
        assert.deepEqual(traded, tradedAs(carol, name, address))
      }
    })

    describe('a response with an encrypted assertion', async () => {
      const response = await responseFor(alice, encrypted)
      const wanted = { role: roleArn('sealed'), provider: other.arn, response }

      test('says nothing to who reads it', () => {
        const xml = Buffer.from(response, 'base64').toString()
        assert.match(xml, /EncryptedAssertion/)
        assert.doesNotMatch(xml, /alice|saml-provider/)
      })

      for (const [client, trade] of Object.entries(traders)) {
        test(`is traded by ${client}`, async () =>
          assert.deepEqual(await trade(server, wanted, data), tradedAs(alice, 'sealed', own)))
      }

      test('is nothing to a provider’s record without the key', () =>
        assert.rejects(traders['the SDK for JavaScript'](server, { ...wanted, provider: one.arn }), {
          name: 'InvalidIdentityTokenException',
        }))

      test('is good during a rotation of keys, and for a retired key no longer', async () => {
        const update = (change: object) =>
          admin.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn: other.arn, ...change }))
        const first = await registeredKeys()
        const next = newCertificate('Hallpass')
        await update({ AddPrivateKey: next.key })
        assert.deepEqual(await traders['the SDK for JavaScript'](server, wanted), tradedAs(alice, 'sealed', own))
        provider.serve([consumer, { ...encrypted, encryption: next.certificate }])
        const fresh = { ...wanted, response: await responseFor(alice, encrypted) }
        assert.deepEqual(await traders['the SDK for JavaScript'](server, fresh), tradedAs(alice, 'sealed', own))
        await update({ RemovePrivateKey: first[0] })
        assert.deepEqual(await traders['the SDK for JavaScript'](server, fresh), tradedAs(alice, 'sealed', own))
        await assert.rejects(traders['the SDK for JavaScript'](server, wanted), {
          name: 'InvalidIdentityTokenException',
        })
      })
    })

    async function visit(work: (page: Page) => Promise<void>) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      try {
        await work(await context.newPage())
      } finally {
        await context.close()
      }
    }
    const arnOf = ({ username }: typeof alice, name: string) => tradedAs({ ...alice, username }, name, '').arn

    for (const [where, begin] of [
      ['the provider', (page: Page) => page.goto(provider.start(consumer))],
      ['our own page', (page: Page, uuid: string) => page.goto(`${server.publicUrl}/saml/login/${uuid}`)],
    ] as const) {
      describe(`a sign-in that begins at ${where}`, () => {
        test('leads somebody with one role straight into the console, and out again on both sides', () =>
          visit(async (page) => {
            provider.serve([await consumerOf(server, one.uuid)])
            await begin(page, one.uuid)
            await signIn(page, alice)
            await assertInConsole(page, server, arnOf(alice, 'developer'))
            await signOut(page)
            await assertSignedOut(page, server)
            // The provider asks again who it is.
            await begin(page, one.uuid)
            await page.locator('#password').waitFor()
          }))

        test('lets somebody with four roles choose', () =>
          visit(async (page) => {
            provider.serve([await consumerOf(server, one.uuid)])
            await begin(page, one.uuid)
            await signIn(page, carol)
            assert.deepEqual([...(await offered(page))].sort(), roleNames.map(roleArn).sort())
            await choose(page, roleArn('operator'))
            await assertInConsole(page, server, arnOf(carol, 'operator'))
          }))

        test('is the same with an encrypted assertion', () =>
          visit(async (page) => {
            provider.serve([await consumerOf(server, other.uuid)])
            await begin(page, other.uuid)
            await signIn(page, alice)
            await assertInConsole(page, server, arnOf(alice, 'sealed'))
            await signOut(page)
            await assertSignedOut(page, server)
          }))
      })
    }

    test('who signs out at the provider is signed out here', () =>
      visit(async (page) => {
        provider.serve([await consumerOf(server, one.uuid)])
        await page.goto(provider.start(consumer))
        await signIn(page, alice)
        await assertInConsole(page, server, arnOf(alice, 'developer'))
        const answered = page.waitForRequest((request) => request.url().includes('SAMLResponse='))
        await page.goto(provider.end)
        await answered
        await assertSignedOut(page, server)
      }))

    async function registeredKeys() {
      const { PrivateKeyList = [] } = await admin.iam.send(new GetSAMLProviderCommand({ SAMLProviderArn: other.arn }))
      return PrivateKeyList.map(({ KeyId }) => KeyId)
    }
  }),
)
