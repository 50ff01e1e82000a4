// Development mode's SAML provider under an https URL with a path: what it says of people, and to whom.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { readMetadata } from '../federation/saml/metadata.ts'
import type { SamlAssertion } from '../federation/saml/model.ts'
import { verifyResponse } from '../federation/saml/response.ts'
import { verifyQuery } from '../federation/saml/sign.ts'
import { createPages } from '../server/pages/router.ts'
import { siteOf } from '../server/pages/site.ts'
import { type Browser, browser, formOf, type Shown } from '../server/pages/testing/browser.ts'
import { toHandler } from '../server/pages/testing/transport.ts'
import { samlMetadata } from './saml-metadata.ts'
import { samlProviderPages } from './saml-provider.ts'
import { newSamlSigner } from './saml-signer.ts'

const publicUrl = 'https://hallpass.example.com/sts'
const uuid = 'A'.repeat(26)
const now = new Date('2026-03-01T12:00:00Z')
const signer = await newSamlSigner(now, randomBytes)
const fail = (error: unknown) => assert.fail(String(error))
const handler = createPages({
  publicUrl,
  pages: samlProviderPages({
    publicUrl,
    site: siteOf(publicUrl),
    people: ['alice', 'bob', 'carol'].map((name) => ({ name, email: `${name}@example.com`, team: 'platform' })),
    signer,
    uuidOnRecord: async (text) => (text === uuid ? uuid : undefined),
    random: randomBytes,
  }),
  limits: { take: () => true, charge: () => {} },
  clock: () => now,
  fail,
})
const user = () => browser(toHandler(handler))
const attribute = (name: string) => `https://aws.amazon.com/SAML/Attributes/${name}`

/** The provider as whoever has its metadata knows it. */
function registered() {
  const read = readMetadata(samlMetadata(publicUrl, signer.certificate, uuid))
  return 'provider' in read ? read.provider : assert.fail(read.detail)
}

/** What the page of a person who was chosen sends, verified as the API does. */
function verified(page: Shown): { assertion: SamlAssertion; action: string; relay: string | undefined } {
  const { action, hidden } = formOf(page)
  const expected = {
    provider: registered(),
    decryptionKeys: [],
    encryption: 'none' as const,
    recipients: [action],
    audiences: ['urn:amazon:webservices'],
    skewSeconds: 0,
  }
  const read = verifyResponse(hidden.SAMLResponse ?? '', expected, now)
  if ('rejected' in read) assert.fail(`${read.rejected}: ${read.detail}`)
  return { assertion: read.assertion, action, relay: hidden.RelayState }
}

const request = (attributes: string, name = 'AuthnRequest') =>
  `<samlp:${name} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_asked" Version="2.0" IssueInstant="2026-03-01T12:00:00Z"${attributes}>` +
  `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:amazon:webservices</saml:Issuer></samlp:${name}>`
const consumer = (url: string) => ` AssertionConsumerServiceURL="${url}"`
const deflated = (xml: string) => deflateRawSync(xml).toString('base64')

/** Sends a request to sign in by redirect; answers what the browser is shown in the end. */
const ask = (by: Browser, attributes: string, more: Readonly<Record<string, string>> = {}) =>
  by.open(`${publicUrl}/idp/saml/sso?${new URLSearchParams({ SAMLRequest: deflated(request(attributes)), ...more })}`)

describe('a person', () => {
  test('who was not asked for is vouched for to this server, with roles, team and name', async () => {
    const by = user()
    const page = await by.submit(await by.open(`${publicUrl}/idp/saml`), { person: 'carol' })
    const { assertion, action, relay } = verified(page)
    assert.deepEqual([action, relay], [`${publicUrl}/saml`, undefined])
    const { issuer, nameId, recipient, inResponseTo, repeated } = assertion
    assert.deepEqual([issuer, recipient, inResponseTo], [`${publicUrl}/idp/saml`, `${publicUrl}/saml`, undefined])
    assert.deepEqual(nameId, { value: 'carol', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' })
    assert.equal(repeated.size, 0)
    assert.deepEqual(
      [...assertion.attributes].map(([name, values]) => [name.replace(attribute(''), ''), values]),
      [
        [
          'Role',
          [
            ['111122223333', 'developer'],
            ['111122223333', 'billing-reader'],
            ['111122223333', 'administrator'],
            ['444455556666', 'operator'],
          ].map(([id, role]) => `arn:aws:iam::${id}:role/${role},arn:aws:iam::${id}:saml-provider/example-corp`),
        ],
        ['RoleSessionName', ['carol@example.com']],
        ['SessionDuration', ['14400']],
        ['SourceIdentity', ['carol']],
        ['PrincipalTag:team', ['platform']],
        ['TransitiveTagKeys', ['team']],
      ],
    )
  })

  for (const [name, roles] of [
    ['alice', 1],
    ['bob', 2],
    ['carol', 4],
  ] as const) {
    test(`${name} has ${roles} of the roles`, async () => {
      const by = user()
      const page = await by.submit(await by.open(`${publicUrl}/idp/saml`), { person: name })
      assert.equal(verified(page).assertion.attributes.get(attribute('Role'))?.length, roles)
    })
  }

  test('whom the company does not know is nobody', async () => {
    const by = user()
    const chooser = await by.open(`${publicUrl}/idp/saml`)
    for (const person of ['mallory', '', '__proto__']) {
      const { status, text } = await by.send(chooser, { person })
      assert.equal(status, 400)
      assert.match(text, /Choose one of these people/)
    }
  })

  test('is not chosen by a form of another site, even with the right token', async () => {
    const by = user()
    const { action, hidden } = formOf(await by.open(`${publicUrl}/idp/saml`))
    const { status } = await by.sendFrom('https://elsewhere.example.com', action, { ...hidden, person: 'carol' })
    assert.equal(status, 403)
  })
})

describe('a request to sign in', () => {
  for (const [what, address] of [
    ['the consumer of every provider', `${publicUrl}/saml`],
    ['the consumer of one provider', `${publicUrl}/saml/acs/${uuid}`],
  ] as const) {
    test(`is answered at ${what}, with its ID and RelayState`, async () => {
      const by = user()
      const chooser = await ask(by, consumer(address), { RelayState: "a b~'(!)*&c", SigAlg: 'x', Signature: 'y' })
      const { assertion, action, relay } = verified(await by.submit(chooser, { person: 'alice' }))
      assert.deepEqual([action, relay, assertion.inResponseTo], [address, "a b~'(!)*&c", '_asked'])
      assert.equal(assertion.recipient, address)
    })
  }

  test('without a consumer is answered at the one of every provider', async () => {
    const by = user()
    const { action } = verified(await by.submit(await ask(by, ''), { person: 'alice' }))
    assert.equal(action, `${publicUrl}/saml`)
  })

  test('may be posted, from another site too', async () => {
    const by = user()
    const SAMLRequest = Buffer.from(request(consumer(`${publicUrl}/saml`))).toString('base64')
    const sent = await by.sendFrom('https://elsewhere.example.com', `${publicUrl}/idp/saml/sso`, {
      SAMLRequest,
      RelayState: 'r',
    })
    assert.equal(sent.status, 303)
    const chooser = await by.open(new URL(sent.headers.get('location') ?? '', publicUrl).href)
    const { assertion, relay } = verified(await by.submit(chooser, { person: 'bob' }))
    assert.deepEqual([assertion.inResponseTo, relay], ['_asked', 'r'])
  })

  for (const [what, address] of [
    ['another site', 'https://elsewhere.example.com/saml'],
    ['another port', `${publicUrl.replace('.com', '.com:444')}/saml`],
    ['another path', `${publicUrl}/saml/acs`],
    ['a provider that is not on record', `${publicUrl}/saml/acs/${'B'.repeat(26)}`],
    ['a path beside', `${publicUrl}/saml/acs/${uuid}/../../x`],
    ['this host by another user', `https://x@hallpass.example.com/sts/saml`],
  ] as const) {
    test(`that wants its answer at ${what} leads nowhere`, async () => {
      const by = user()
      const { status, text } = await ask(by, consumer(address))
      assert.equal(status, 400)
      assert.match(text, /no answer of this provider goes/)
      // Nor does the page that follows it.
      const chooser = await by.open(`${publicUrl}/idp/saml`)
      const past = { ...chooser, url: `${publicUrl}/idp/saml?${new URLSearchParams({ consumer: address })}` }
      assert.equal((await by.open(past.url)).status, 400)
      const { status: last, text: said } = await by.send(past, { person: 'alice' })
      assert.equal(last, 400)
      assert.doesNotMatch(said, /SAMLResponse/)
    })
  }

  for (const [what, message] of [
    ['no request', deflated('<a/>')],
    ['one of another kind', deflated(request('', 'LogoutRequest'))],
    ['one with a document type', deflated(`<!DOCTYPE a>${request('')}`)],
    ['one that was not compressed', Buffer.from(request('')).toString('base64')],
    ['one that grows to megabytes', deflated(`${request('')}${' '.repeat(5_000_000)}`)],
    ['nothing', ''],
  ] as const) {
    test(`that is ${what} is refused`, async () => {
      const { status, text } = await user().open(
        `${publicUrl}/idp/saml/sso?${new URLSearchParams({ SAMLRequest: message })}`,
      )
      assert.equal(status, 400)
      assert.match(text, /cannot be read/)
    })
  }

  test('that is not a form is refused', async () => {
    const { status } = await user().ask(`${publicUrl}/idp/saml/sso`, { method: 'PUT' })
    assert.equal(status, 400)
  })
})

describe('a request to sign out', () => {
  const sent = (to: string, RelayState: string) =>
    user().ask(
      `${publicUrl}/idp/saml/logout/${to}?${new URLSearchParams({ SAMLRequest: deflated(request('', 'LogoutRequest')), RelayState })}`,
    )

  test('is answered with success to the provider’s own address, signed', async () => {
    const { status, headers } = await sent(uuid, "a b~'(!)*&c")
    assert.equal(status, 302)
    const to = new URL(headers.get('location') ?? '', publicUrl)
    assert.equal(to.href.split('?')[0], `${publicUrl}/saml/logout/${uuid}`)
    assert.equal(verifyQuery(to.search.slice(1), registered().signingKeys), 'verified')
    assert.equal(to.searchParams.get('RelayState'), "a b~'(!)*&c")
    const xml = inflateRawSync(Buffer.from(to.searchParams.get('SAMLResponse') ?? '', 'base64')).toString()
    assert.match(xml, /^<samlp:LogoutResponse .* InResponseTo="_asked"/)
    assert.match(xml, new RegExp(`<saml:Issuer>${publicUrl}/idp/saml</saml:Issuer>`))
    assert.match(xml, /status:Success/)
  })

  test('of a provider that is not on record leads nowhere', async () => {
    const { status, headers } = await sent('B'.repeat(26), 'r')
    assert.deepEqual([status, headers.get('location')], [400, null])
  })
})

test('metadata that anybody may fetch is what is registered, but for where one signs out', async () => {
  const { text, headers } = await user().ask(`${publicUrl}/idp/saml/metadata`)
  assert.match(headers.get('content-type') ?? '', /^application\/samlmetadata\+xml/)
  const read = readMetadata(text)
  const { entityId, singleSignOn, singleLogout, wantsSignedRequests, certificates } =
    'provider' in read ? read.provider : assert.fail(read.detail)
  assert.deepEqual([entityId, wantsSignedRequests, singleLogout], [`${publicUrl}/idp/saml`, false, []])
  assert.deepEqual(singleSignOn, [
    { binding: 'redirect', location: `${publicUrl}/idp/saml/sso` },
    { binding: 'post', location: `${publicUrl}/idp/saml/sso` },
  ])
  assert.deepEqual(certificates, registered().certificates)
  assert.deepEqual(registered().singleLogout, [
    { binding: 'redirect', location: `${publicUrl}/idp/saml/logout/${uuid}` },
  ])
})
