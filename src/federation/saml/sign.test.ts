import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { selfSignedCertificate } from './self-signed.ts'
import { signQuery, verifiedMember, verifyQuery } from './sign.ts'
import { newSamlKeys } from './testing/idp.ts'

const keys = newSamlKeys()
const curve = newSamlKeys('P-256')
const query = `SAMLRequest=${encodeURIComponent('a+/=')}&RelayState=r`

test('a signed query is verified, by RSA and by an elliptic curve', () => {
  for (const { privateKey, publicKey } of [keys, curve])
    assert.equal(verifyQuery(signQuery(query, privateKey), [newSamlKeys().publicKey, publicKey]), 'verified')
})

test('the octets as they came are verified, in the order that SAML fixes', () => {
  const signed = signQuery('SAMLResponse=a%2bb&RelayState=r', keys.privateKey)
  assert.equal(verifyQuery(signed, [keys.publicKey]), 'verified')
  const [response = '', relay = '', ...rest] = signed.split('&')
  assert.equal(verifyQuery([relay, response, ...rest].join('&'), [keys.publicKey]), 'verified')
  assert.deepEqual(verifyQuery(signed.replace('%2b', '%2B'), [keys.publicKey]), { rejected: 'signature' })
})

const signed = signQuery(query, keys.privateKey)
const refused = {
  'without a signature': [query, 'unsigned'],
  'without an algorithm': [signed.replace(/&SigAlg=[^&]*/, ''), 'unsigned'],
  'with another RelayState': [signed.replace('RelayState=r', 'RelayState=s'), 'signature'],
  'without its RelayState': [signed.replace('&RelayState=r', ''), 'signature'],
  'with a member twice': [`${signed}&RelayState=r`, 'signature-shape'],
  'with a member once more, its name in percent-encoding': [`SAML%52equest=x&${signed}`, 'signature-shape'],
  'with request and response': [`${signed}&SAMLResponse=x`, 'signature-shape'],
  'with neither': [signed.replace('SAMLRequest', 'Other'), 'signature-shape'],
  'with a signature that is no base64': [signed.replace(/&Signature=.*/, '&Signature=%25'), 'signature-shape'],
  'with an encoding that is none': [signed.replace(/&Signature=.*/, '&Signature=%2'), 'signature-shape'],
  'with SHA-1': [signQuery(query, keys.privateKey, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'), 'algorithm'],
  'with an unknown algorithm': [signed.replace(/SigAlg=[^&]*/, 'SigAlg=x'), 'algorithm'],
  'by another key': [signQuery(query, newSamlKeys().privateKey), 'signature'],
} as const
for (const [name, [text, rejected]] of Object.entries(refused))
  test(`a query is refused ${name}`, () => assert.deepEqual(verifyQuery(text, [keys.publicKey]), { rejected }))

test('a member is read as it was signed', () => {
  assert.equal(verifiedMember(signed, 'SAMLRequest'), 'a+/=')
  assert.equal(verifiedMember('RelayState=a+b&SAMLRequest=x', 'RelayState'), 'a+b')
  assert.equal(verifiedMember(signed, 'SAMLResponse'), undefined)
})

test('SHA-1 of a query counts where it is allowed', () => {
  const old = signQuery(query, keys.privateKey, 'http://www.w3.org/2000/09/xmldsig#rsa-sha1')
  assert.equal(verifyQuery(old, [keys.publicKey], true), 'verified')
})

test('a certificate of our own is one that Node reads and verifies', () => {
  for (const { privateKey } of [keys, curve]) {
    const notBefore = new Date('2026-01-01T00:00:00Z')
    const text = selfSignedCertificate({
      key: privateKey,
      commonName: 'é.example',
      notBefore,
      notAfter: new Date('2049-12-31T23:59:59Z'),
      serial: Buffer.alloc(16, 255),
    })
    const certificate = new X509Certificate(text)
    assert.equal(certificate.subject, 'CN=é.example')
    assert.equal(certificate.validToDate.toISOString(), '2049-12-31T23:59:59.000Z')
    assert.ok(certificate.verify(certificate.publicKey))
  }
})
