// Whatever our verifier accepts, another library accepts with the same values: on honest responses of every make, on every attack, and on
// mutated responses: some thousands here, and as many as SAML_MUTATIONS says (continuous integration: 100,000).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expected, SamlAssertion } from '../../src/federation/saml/model.ts'
import { verifyResponse } from '../../src/federation/saml/response.ts'
import { attacks } from '../../src/federation/saml/testing/attacks.ts'
import {
  defaultAudience,
  defaultRecipient,
  newSamlKeys,
  type ResponseChoice,
  roleAttribute,
  type SamlProviderForTests,
  samlProvider,
} from '../../src/federation/saml/testing/idp.ts'
import { mutated, randomFrom } from './mutations.ts'
import { secondVerifier } from './second-verifier.ts'

const now = new Date('2026-11-29T12:00:00.000Z')
const rsa = samlProvider()
const p256 = samlProvider('https://ec.example', newSamlKeys('P-256'))
const p384 = samlProvider('https://ec384.example', newSamlKeys('P-384'))
const own = newSamlKeys()
const more = 'http://www.w3.org/2001/04/xmldsig-more#'

const expected = ({ compiled }: SamlProviderForTests): Expected => ({
  ...{ provider: compiled, decryptionKeys: [own.privateKey], encryption: 'Allowed', skewSeconds: 0 },
  ...{ recipients: [defaultRecipient], audiences: [defaultAudience] },
})
const ours = (xml: string, provider: SamlProviderForTests, change: Partial<Expected> = {}) =>
  verifyResponse(Buffer.from(xml).toString('base64'), { ...expected(provider), ...change }, now)

/** The second reading in our form: values of repeated names follow each other. */
function agrees(xml: string, assertion: SamlAssertion, provider: SamlProviderForTests): void {
  const second = secondVerifier(xml, provider.compiled.signingKeys)
  const attributes = new Map<string, string[]>()
  for (const [name, values] of second.attributes) attributes.set(name, [...(attributes.get(name) ?? []), ...values])
  assert.deepEqual(
    {
      issuer: second.issuer,
      nameId: second.nameId,
      recipient: second.recipient,
      audience: second.audience,
      attributes,
    },
    {
      ...{ issuer: assertion.issuer, nameId: assertion.nameId.value, recipient: assertion.recipient },
      ...{ audience: assertion.audience, attributes: new Map(assertion.attributes) },
    },
  )
}

const odd: ResponseChoice['attributes'] = [
  [roleAttribute, [' a\r\n\tb <&>"\' ', 'é \u{1f600} ]]&gt;', '']],
  ['urn:oid:2.5.4.3', ['x']],
  [roleAttribute, ['c']],
]
const honest: readonly (readonly [string, SamlProviderForTests, ResponseChoice])[] = [
  ['RSA with SHA-256', rsa, {}],
  ['RSA with SHA-384', rsa, { signature: { algorithm: `${more}rsa-sha384` } }],
  [
    'RSA with SHA-512',
    rsa,
    { signature: { algorithm: `${more}rsa-sha512`, digest: 'http://www.w3.org/2001/04/xmlenc#sha512' } },
  ],
  ['RSA-PSS', rsa, { signature: { algorithm: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1' } }],
  ['ECDSA on P-256', p256, {}],
  ['ECDSA on P-384', p384, { signature: { algorithm: `${more}ecdsa-sha384` } }],
  ['assertion and response signed', rsa, { signs: 'both' }],
  ['inclusive prefixes', rsa, { signature: { inclusive: 'xs xsi' } }],
  ['inclusive prefixes that nothing uses', rsa, { signature: { inclusive: 'saml none #default' } }],
  ['values with white space, marks and other scripts', rsa, { attributes: odd, nameId: 'J\u00e4ne <&> "\'' }],
  [
    'prefixes of its own',
    rsa,
    { beforeSigning: (xml) => xml.replaceAll('saml:', 'a:').replace('xmlns:saml', 'xmlns:a') },
  ],
  ['a default namespace', rsa, { beforeSigning: (xml) => xml.replaceAll('saml:', '').replace('xmlns:saml', 'xmlns') }],
  [
    'a line for each element',
    rsa,
    {
      beforeSigning: (xml) =>
        xml.replaceAll(/(<\/?saml:(?:Subject|Conditions|AuthnStatement|AttributeStatement|Attribute)[ >])/g, '\n  $1'),
    },
  ],
]

for (const [name, provider, choice] of honest)
  test(`both accept the same: ${name}`, () => {
    const xml = provider.respondXml({ now, ...choice })
    const read = ours(xml, provider)
    assert.ok('assertion' in read, JSON.stringify(read))
    agrees(xml, read.assertion, provider)
  })

test('no attack is accepted by ours, so none by ours alone', () => {
  for (const attack of attacks({ provider: rsa, now, own: own.publicKey, retired: newSamlKeys().publicKey })) {
    const read = ours(attack.xml, rsa, attack.expected)
    if ('assertion' in read) agrees(attack.xml, read.assertion, rsa)
    assert.ok('rejected' in read, attack.name)
  }
})

test('of mutated responses, the second verifier accepts what ours does, with the same values', (context) => {
  const count = Number(process.env.SAML_MUTATIONS ?? 2000)
  const random = randomFrom(20_261_129)
  const bases = honest.map(([, provider, choice]) => ({ provider, xml: provider.respondXml({ now, ...choice }) }))
  const words = new Map<string, number>()
  for (let at = 0; at < count; at++) {
    const { provider, xml } = bases[at % bases.length] ?? { provider: rsa, xml: '' }
    const changed = mutated(xml, random)
    const read = ours(changed, provider)
    const word = 'rejected' in read ? read.rejected : 'accepted'
    words.set(word, (words.get(word) ?? 0) + 1)
    if ('rejected' in read) continue
    try {
      agrees(changed, read.assertion, provider)
    } catch (fault) {
      assert.fail(`mutation ${at}: ${fault instanceof Error ? fault.message : fault}\n${changed}`)
    }
  }
  context.diagnostic([...words].map(([word, n]) => `${word} ${n}`).join(', '))
  // Both ways must be walked, or nothing was compared.
  assert.ok((words.get('accepted') ?? 0) > count / 20)
  assert.ok(words.size > 10)
})
