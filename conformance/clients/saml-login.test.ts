// Sign-ins that begin here: requests to a SAML provider, and the metadata that it is set up with.
import { deepEqual, equal, match } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { readMetadata } from '../../src/federation/saml/metadata.ts'
import { verifyQuery } from '../../src/federation/saml/sign.ts'
import { consoleUrl } from './console-tools.ts'
import { leads, messageIn } from './saml-messages.ts'
import { registerSaml } from './saml-servers.ts'
import { admin, idp, mine, one, ourKey, post, samlUrl, signIn, visitor } from './saml-sign-in-kit.ts'

describe('a sign-in that begins here', () => {
  test('sends a signed request by redirect, and its answer signs in and leads where one wanted to go', async () => {
    const person = visitor()
    const begun = await person.ask(`${samlUrl}/login/${mine.uuid}?RelayState=${encodeURIComponent(`${consoleUrl}/a`)}`)
    equal(begun.status, 302)
    const { url, id, attribute } = messageIn(leads(begun))
    equal(url.origin + url.pathname, 'https://idp.example/sso')
    deepEqual(['Destination', 'AssertionConsumerServiceURL', 'Version'].map(attribute), [
      'https://idp.example/sso',
      samlUrl,
      '2.0',
    ])
    equal(url.searchParams.get('RelayState'), '/hallpass/console/a')
    equal(verifyQuery(url.search.slice(1), [await ourKey()]), 'verified')
    const posted = await post(person, one({ inResponseTo: id }), { RelayState: '/hallpass/console/a' })
    const answer = await person.ask(leads(posted))
    deepEqual([answer.status, answer.headers.get('location')], [303, '/hallpass/console/a'])
  })

  test('a RelayState that leads elsewhere is not sent', async () => {
    const begun = await visitor().ask(`${samlUrl}/login/${mine.uuid}?RelayState=https://evil.example/`)
    equal(messageIn(leads(begun)).url.searchParams.has('RelayState'), false)
  })

  test('a request that was changed, or is of another provider, is no request of the browser', async () => {
    const person = visitor()
    const { id } = messageIn(leads(await person.ask(`${samlUrl}/login/${mine.uuid}`)))
    for (const inResponseTo of [`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`, '_x', '', `${id}0`])
      equal((await signIn(person, one({ inResponseTo }))).status, 403)
  })

  test('by a form where the provider takes no redirect: it says where it leads, and its policy leads nowhere else', async () => {
    const metadata = idp.metadata().replace(/<md:SingleSignOnService[^>]*HTTP-Redirect[^>]*\/>/, '')
    const posting = await registerSaml(admin, 'Posting', metadata)
    const { text, headers } = await visitor().ask(`${samlUrl}/login/${posting.uuid}`)
    match(headers.get('content-security-policy') ?? '', /form-action https:\/\/idp\.example;/)
    match(text, /<form method="post" action="https:\/\/idp\.example\/sso">/)
    const message = /name="SAMLRequest" value="([^"]*)"/.exec(text)?.[1] ?? ''
    match(Buffer.from(message, 'base64').toString(), /<ds:SignatureValue>/)
  })

  test('at no provider is no page', async () => equal((await visitor().ask(`${samlUrl}/login/NONE`)).status, 404))
})

describe('our metadata', () => {
  test('names AWS’s entity, our addresses and the key that signs our requests', async () => {
    const { status, text, headers } = await visitor().ask(`${samlUrl}/metadata`)
    deepEqual([status, headers.get('content-type')], [200, 'application/samlmetadata+xml; charset=utf-8'])
    match(text, /entityID="urn:amazon:webservices"/)
    match(text, /AuthnRequestsSigned="true" WantAssertionsSigned="true"/)
    match(text, new RegExp(`isDefault="true" Binding="[^"]*HTTP-POST" Location="${samlUrl}"`))
    equal(text.match(/<KeyDescriptor use="signing">/g)?.length, 1)
    // Well-formed, and of no identity provider.
    deepEqual((readMetadata(text) as { rejected: string }).rejected, 'no-provider')
    equal((await visitor().ask(`${samlUrl}/metadata`)).text, text)
  })

  test('of a provider with a private key: its certificate, and one address alone where it must encrypt', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const AddPrivateKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const sealed = await registerSaml(admin, 'Sealed', idp.metadata(), {
      AssertionEncryptionMode: 'Required',
      AddPrivateKey,
    })
    const { text } = await visitor().ask(`${samlUrl}/metadata/${sealed.uuid}`)
    equal(text.match(/<KeyDescriptor use="encryption">/g)?.length, 1)
    deepEqual(
      [...text.matchAll(/AssertionConsumerService [^>]*Location="([^"]*)"/g)].map(([, url]) => url),
      [`${samlUrl}/acs/${sealed.uuid}`],
    )
    match(text, new RegExp(`SingleLogoutService [^>]*Location="${samlUrl}/logout/${sealed.uuid}"`))
    equal((await visitor().ask(`${samlUrl}/metadata/NONE`)).status, 404)
  })
})
