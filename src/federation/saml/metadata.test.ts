// What of metadata is read, and what of it is refused by which rule.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { readMetadata } from './metadata.ts'
import type { SamlIdentityProvider } from './provider.ts'
import {
  certificateOf,
  ecCertificate,
  entities,
  entity,
  idpDescriptor,
  keyDescriptor,
  metadataOf,
  metadataOfEntra,
  metadataOfKeycloak,
  post,
  redirect,
  rsaCertificate,
  singleSignOn,
} from './testing/metadata.ts'

const first = rsaCertificate()
const second = rsaCertificate()
const sha1Protocol = 'urn:oasis:names:tc:SAML:1.1:protocol'

function read(text: string): SamlIdentityProvider {
  const found = readMetadata(text)
  if ('rejected' in found) throw new Error(`${found.rejected}: ${found.detail}`)
  return found.provider
}
const rejection = (text: string) => {
  const found = readMetadata(text)
  return 'rejected' in found ? found.rejected : 'none'
}
const signing = keyDescriptor([first])
const provider = (inside = signing + singleSignOn(), attributes = '') => entity(idpDescriptor(inside, attributes))
const signs = ({ signingKeys }: SamlIdentityProvider, ...certificates: readonly (typeof first)[]) =>
  deepEqual(
    signingKeys.map((key) => key.export({ type: 'spki', format: 'pem' })),
    certificates.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })),
  )

describe('of metadata is read', () => {
  test('Entra’s and ADFS’s: the identity provider’s role alone', () => {
    const found = read(metadataOfEntra(first))
    equal(found.entityId, 'https://sts.windows.net/0b1c/')
    signs(found, first)
    const location = 'https://login.microsoftonline.com/0b1c/saml2'
    deepEqual(found.singleSignOn, [
      { binding: 'redirect', location },
      { binding: 'post', location },
    ])
    deepEqual(found.singleLogout, [{ binding: 'redirect', location }])
    equal(found.wantsSignedRequests, false)
    equal(found.validUntil, undefined)
  })

  test('Keycloak’s: bindings that browsers speak alone', () => {
    const found = read(metadataOfKeycloak(first))
    const location = 'https://sso.example/realms/staff/protocol/saml'
    const both = [
      { binding: 'post', location },
      { binding: 'redirect', location },
    ]
    deepEqual([found.singleSignOn, found.singleLogout, found.wantsSignedRequests], [both, both, true])
  })

  test('every key during a rollover, of every descriptor, each once; none for encryption', () => {
    const unused = keyDescriptor([rsaCertificate()], ' use="encryption"')
    const one = idpDescriptor(signing + unused + signing)
    const other = idpDescriptor(keyDescriptor([second], '') + signing)
    signs(read(entity(one + other)), first, second)
  })

  test('keys on NIST’s curves', () => {
    const keys = ['P-256', 'P-384', 'P-521'].map(ecCertificate)
    signs(read(metadataOf(keys)), ...keys)
  })

  test('a certificate that ended, whose key counts all the same, as at AWS', () => {
    const notAfter = new Date('2021-02-03T04:05:06Z')
    const ended = rsaCertificate(2048, { subject: 'old.example', notAfter })
    const found = read(metadataOf([ended]))
    signs(found, ended)
    const sha256 = ended.fingerprint256.replaceAll(':', '').toLowerCase()
    deepEqual(found.certificates, [{ subject: 'CN=old.example', notAfter, sha256 }])
  })

  test('the earliest end that anything of it has', () => {
    const until = (day: string) => ` validUntil="2030-01-${day}T00:00:00Z"`
    const descriptor = idpDescriptor(signing, until('20'))
    deepEqual(read(entity(descriptor, until('25'))).validUntil, new Date('2030-01-20'))
    deepEqual(read(entities(entity(descriptor, until('25')), until('10'))).validUntil, new Date('2030-01-10'))
    deepEqual(
      read(provider(signing, ' validUntil="2030-01-01T01:00:00.5+01:00"')).validUntil?.toISOString(),
      '2030-01-01T00:00:00.500Z',
    )
    deepEqual(read(provider(signing, ' validUntil="2030-01-01T00:00:00"')).validUntil, new Date('2030-01-01'))
  })

  test('one provider in a group, beside service providers and providers of SAML 1.1', () => {
    const service = entity('<md:SPSSODescriptor protocolSupportEnumeration="x"/>', '', 'https://sp.example')
    const old = entity(idpDescriptor(keyDescriptor([second]), '', sha1Protocol), '', 'https://old.example')
    const found = read(entities(service + entities(old + provider())))
    equal(found.entityId, 'https://idp.example/saml')
    signs(found, first)
  })

  test('comments between elements, which change nothing', () => {
    const plain = provider()
    const commented = plain.replaceAll('><', '><!-- <!DOCTYPE x> <?php ?> --><')
    ok(commented.length > plain.length)
    deepEqual(JSON.stringify(read(`<!-- for AWS -->\n${commented}`)), JSON.stringify(read(plain)))
  })

  test('what says that it is in another encoding: it came as a text', () => {
    const plain = read(provider())
    for (const encoding of ['UTF-16', 'ISO-8859-1', 'utf-8'])
      deepEqual(
        JSON.stringify(read(`<?xml version='1.0' encoding='${encoding}'?>\r\n${provider()}`)),
        JSON.stringify(plain),
      )
  })

  test('a certificate over many lines', () => {
    const base64 = first.raw.toString('base64')
    signs(read(provider().replace(base64, `\n  ${base64.match(/.{1,64}/g)?.join('\r\n  ')}\n`)), first)
  })

  test('a logout address for responses', () => {
    const logout = `<md:SingleLogoutService Binding="${post}" Location="https://idp.example/out" ResponseLocation="https://idp.example/back"/>`
    deepEqual(read(provider(signing + logout)).singleLogout, [
      { binding: 'post', location: 'https://idp.example/out', responseLocation: 'https://idp.example/back' },
    ])
  })
})

describe('metadata is refused', () => {
  const base64 = first.raw.toString('base64')
  const inCertificate = (change: (text: string) => string) => provider().replace(base64, change(base64))
  const entityId = (id: string) => entity(idpDescriptor(signing), '', id)
  const keys = (count: number) => Array.from({ length: count }, () => ecCertificate('P-256'))
  const rows: readonly (readonly [title: string, text: string, rule: string])[] = [
    ['no XML', 'nothing at all', 'not-xml'],
    ['an element that does not end', provider().slice(0, -3), 'not-xml'],
    ['white space before it', ` ${provider()}`, 'not-xml'],
    ['a byte order mark', `\ufeff${provider()}`, 'not-xml'],
    ['a comment that does not end', `${provider()}<!-- `, 'not-xml'],
    ['10,000 levels', '<a>'.repeat(10_000) + '</a>'.repeat(10_000), 'not-xml'],
    ['an undeclared entity', provider().replace('https://idp.example/saml', '&idp;'), 'not-xml'],
    ['a document type', `<!DOCTYPE a>${provider()}`, 'document-type'],
    ['an entity of its own', `<!DOCTYPE a [<!ENTITY idp "x">]>${provider()}`, 'document-type'],
    [
      'a file of the host',
      `<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd">${provider()}`,
      'document-type',
    ],
    ['a processing instruction', `<?php x ?>${provider()}`, 'processing-instruction'],
    ['a second XML declaration', `<!-- --><?xml version="1.0"?>${provider()}`, 'processing-instruction'],
    ['XML 1.1', `<?xml version="1.1"?>${provider()}`, 'processing-instruction'],
    ['a section of CDATA', inCertificate((text) => `<![CDATA[${text}]]>`), 'cdata'],
    [
      'a comment inside a certificate',
      inCertificate((text) => `${text.slice(0, 40)}<!-- -->${text.slice(40)}`),
      'bad-value',
    ],
    ['an element inside a certificate', inCertificate((text) => `<a/>${text}`), 'bad-value'],
    ['a service provider', entity('<md:SPSSODescriptor protocolSupportEnumeration="x"/>'), 'no-provider'],
    ['a provider of SAML 1.1', entity(idpDescriptor(signing, '', sha1Protocol)), 'no-provider'],
    ['another namespace', provider().replaceAll('SAML:2.0:metadata', 'SAML:2.0:elsewhere'), 'no-provider'],
    ['an assertion', '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>', 'no-provider'],
    ['a provider inside another element', `<a>${provider()}</a>`, 'no-provider'],
    ['two providers', entities(provider() + entityId('https://other.example')), 'several-providers'],
    ['one provider twice', entities(provider() + provider()), 'several-providers'],
    ['eleven descriptors', entity(idpDescriptor(signing).repeat(11)), 'too-many-descriptors'],
    ['eleven keys', metadataOf(keys(11)), 'too-many-keys'],
    ['41 certificates of one key', provider(keyDescriptor(Array.from({ length: 41 }, () => first))), 'too-many-keys'],
    ['twenty thousand tags', provider(`${signing}${'<a/>'.repeat(20_000)}`), 'too-large'],
    ['41 addresses', provider(signing + singleSignOn().repeat(41)), 'too-many-endpoints'],
    ['no key', provider(singleSignOn()), 'no-key'],
    ['a key for encryption alone', provider(keyDescriptor([first], ' use="encryption"')), 'no-key'],
    [
      'a key by its name alone',
      provider(signing.replace(/<ds:X509Data>.*<\/ds:X509Data>/, '<ds:KeyName>x</ds:KeyName>')),
      'no-key',
    ],
    ['a use that there is none of', provider(keyDescriptor([first], ' use="both"')), 'bad-value'],
    ['a chain in one KeyDescriptor', provider(keyDescriptor([first, second])), 'certificate'],
    ['a certificate that is not base64', inCertificate((text) => `${text}!`), 'certificate'],
    ['a certificate in PEM', inCertificate(() => first.toString()), 'certificate'],
    ['half a certificate', inCertificate((text) => text.slice(0, 400)), 'certificate'],
    [
      'bytes after a certificate',
      inCertificate(() => Buffer.concat([first.raw, Buffer.from('more')]).toString('base64')),
      'certificate',
    ],
    ['RSA of 1024 bits', metadataOf([rsaCertificate(1024)]), 'key'],
    ['RSA of 1024 bits beside one that counts', metadataOf([first, rsaCertificate(1024)]), 'key'],
    ['an exponent of 1', metadataOf([exponentOne()]), 'key'],
    ['RSA-PSS', metadataOf([certificateOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)]), 'key'],
    ['a curve that is not NIST’s', metadataOf([ecCertificate('secp256k1')]), 'key'],
    ['no entity id', entityId(''), 'bad-value'],
    ['an entity id of white space', entityId(' '), 'bad-value'],
    ['an entity id of two lines', entityId('https://idp.example&#10;x'), 'bad-value'],
    ['an entity id of 1,025 characters', entityId(`https://${'a'.repeat(1017)}`), 'bad-value'],
    ['an end that is no time', entity(idpDescriptor(signing), ' validUntil="tomorrow"'), 'bad-value'],
    ['an end on the 40th', entity(idpDescriptor(signing), ' validUntil="2030-01-40T00:00:00Z"'), 'bad-value'],
    ['a script as address', provider(signing + singleSignOn(redirect, 'javascript:alert(1)')), 'bad-value'],
    ['an address without a host', provider(signing + singleSignOn(redirect, 'https://')), 'bad-value'],
    ['a relative address', provider(signing + singleSignOn(redirect, '/sso')), 'bad-value'],
    ['a user in an address', provider(signing + singleSignOn(post, 'https://signin@idp.example/')), 'bad-value'],
    ['white space in an address', provider(signing + singleSignOn(post, 'https://idp.example/ x')), 'bad-value'],
  ]
  for (const [title, text, rule] of rows) test(`${title}: ${rule}`, () => equal(rejection(text), rule))
})

/** A certificate whose RSA key has an exponent of 1: of one that has 3, which stands in it once, as its last number. */
function exponentOne(): X509Certificate {
  const { raw } = certificateOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey)
  const changed = Buffer.from(raw)
  changed[raw.lastIndexOf(Buffer.from([0x02, 0x01, 0x03])) + 2] = 1
  return new X509Certificate(changed)
}
