import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expected, SamlAssertion } from './model.ts'
import { namespaces } from './names.ts'
import { prepareResponse } from './prepared.ts'
import { verifyPrepared, verifyResponse } from './response.ts'
import {
  compiledProvider,
  defaultAudience,
  defaultRecipient,
  defaultRole,
  newSamlKeys,
  type ResponseChoice,
  roleAttribute,
  samlProvider,
  seconds,
  sessionNameAttribute,
} from './testing/idp.ts'
import { instant } from './values.ts'

const provider = samlProvider()
const now = new Date('2026-11-29T12:00:00.000Z')
const own = [newSamlKeys(), newSamlKeys()]
const expected: Expected = {
  ...{
    provider: provider.compiled,
    decryptionKeys: own.map(({ privateKey }) => privateKey),
    encryption: 'Allowed',
    skewSeconds: 0,
  },
  ...{ recipients: [defaultRecipient], audiences: [defaultAudience] },
}

const verify = (choice: ResponseChoice = {}, change: Partial<Expected> = {}) =>
  verifyResponse(provider.respond({ now, ...choice }), { ...expected, ...change }, now)
function accepted(choice: ResponseChoice = {}, change: Partial<Expected> = {}): SamlAssertion {
  const read = verify(choice, change)
  assert.ok('assertion' in read, JSON.stringify(read))
  return read.assertion
}

test('an honest response: all that it says is read', () => {
  const sessionNotOnOrAfter = seconds(now, 3600)
  assert.deepEqual(accepted({ inResponseTo: '_request', sessionNotOnOrAfter }), {
    ...{ id: '_assertion', issuer: provider.entityId, recipient: defaultRecipient, audience: [defaultAudience] },
    nameId: { value: 'jane@example.com', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
    ...{
      inResponseTo: '_request',
      issueInstant: now,
      notOnOrAfter: seconds(now, 300),
      sessionNotOnOrAfter,
      sessionIndex: '_session',
      authnInstant: now,
    },
    authnContexts: ['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'],
    attributes: new Map([
      [roleAttribute, [defaultRole]],
      [sessionNameAttribute, ['jane']],
    ]),
    repeated: new Set(),
  })
})

test('repeated attributes are merged in order, and known to be repeated', () => {
  const { attributes, repeated } = accepted({
    attributes: [
      ['a', ['1', '2']],
      ['b', ['x']],
      ['a', ['3']],
    ],
  })
  assert.deepEqual(
    [...attributes],
    [
      ['a', ['1', '2', '3']],
      ['b', ['x']],
    ],
  )
  assert.deepEqual([...repeated], ['a'])
})

test('a value that is nil is none, and one that holds a NameID is its text', () => {
  const nil = accepted({ beforeSigning: (xml) => xml.replace('xsi:type="xs:string">jane<', 'xsi:nil="true"><') })
  assert.deepEqual(nil.attributes.get(sessionNameAttribute), [])
  const targeted = accepted({
    beforeSigning: (xml) => xml.replace('>jane<', '><saml:NameID Format="urn:x">opaque</saml:NameID><'),
  })
  assert.deepEqual(targeted.attributes.get(sessionNameAttribute), ['opaque'])
})

test('the least of the ends counts', () => {
  const later = seconds(now, 900).toISOString()
  const conditions = accepted({
    beforeSigning: (xml) => xml.replace(/(<saml:SubjectConfirmationData NotOnOrAfter=")[^"]*/, `$1${later}`),
  })
  assert.deepEqual(conditions.notOnOrAfter, seconds(now, 300))
  const statement = (end: number) =>
    `<saml:AuthnStatement AuthnInstant="${now.toISOString()}" SessionNotOnOrAfter="${seconds(now, end).toISOString()}"/>`
  const several = accepted({
    beforeSigning: (xml) => xml.replace('<saml:AuthnStatement', `${statement(700)}${statement(500)}$&`),
  })
  assert.deepEqual(several.sessionNotOnOrAfter, seconds(now, 500))
})

test('bounds of time: five minutes of age, a minute ahead, and the skew at the ends', () => {
  accepted({ issueInstant: seconds(now, -300) })
  accepted({ issueInstant: seconds(now, 60) })
  accepted({ notOnOrAfter: seconds(now, -59), notBefore: seconds(now, 60) }, { skewSeconds: 60 })
  assert.equal('rejected' in verify({ notOnOrAfter: seconds(now, -60) }, { skewSeconds: 60 }), true)
  accepted({ beforeSigning: (xml) => xml.replace(/IssueInstant="[^"]*"/, 'IssueInstant="2026-11-29T12:00:00Z"') })
  accepted({
    beforeSigning: (xml) => xml.replace(/IssueInstant="[^"]*"/, 'IssueInstant="2026-11-29T11:59:59.1234567Z"'),
  })
})

test('a time is an xs:dateTime in UTC, whatever digits its seconds have', () => {
  for (const digits of ['', '.1', '.12', '.123', '.1234', '.1234567', '.123456789012'])
    assert.equal(
      instant(`2028-02-29T23:59:59${digits}Z`).toISOString(),
      `2028-02-29T23:59:59.${digits.slice(1, 4).padEnd(3, '0')}Z`,
    )
  const bad = [
    ...[
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-00T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
    ],
    ...[
      '2026-01-01T00:00:60Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00+00:00',
      '2026-01-01 00:00:00Z',
      '2026-01-01T00:00:00.Z',
    ],
    ...[
      '2026-1-1T00:00:00Z',
      ' 2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z\n',
      '20260101T000000Z',
      '-2026-01-01T00:00:00Z',
      '',
    ],
  ]
  for (const spelled of bad) assert.throws(() => instant(spelled), { rejected: 'bad-value' }, spelled)
})

test('any current key of the record verifies, of any kind', () => {
  const next = newSamlKeys()
  const curve = newSamlKeys('P-521')
  const rolling = compiledProvider(provider.entityId, [curve, next, provider.keys])
  for (const keys of [next, curve]) accepted({ signature: { keys } }, { provider: rolling })
  accepted({}, { provider: rolling })
})

const more = 'http://www.w3.org/2001/04/xmldsig-more#'
for (const algorithm of [`${more}rsa-sha256`, `${more}rsa-sha384`, `${more}rsa-sha512`])
  for (const digest of [`${namespaces.encryption}sha256`, `${more}sha384`, `${namespaces.encryption}sha512`])
    test(`accepted: ${algorithm} over ${digest}`, () => void accepted({ signature: { algorithm, digest } }))
for (const hash of ['sha256', 'sha384', 'sha512'])
  test(`accepted: RSA-PSS with ${hash}`, () =>
    void accepted({ signature: { algorithm: `http://www.w3.org/2007/05/xmldsig-more#${hash}-rsa-MGF1` } }))

test('SHA-1 counts for a provider that is marked old, and HMAC does not', () => {
  const old = { algorithm: `${namespaces.signature}rsa-sha1`, digest: `${namespaces.signature}sha1` }
  accepted({ signature: old }, { allowsSha1: true })
  assert.equal('rejected' in verify({ signature: old }), true)
  const hmac = verify(
    { signature: { signedInfo: (xml) => xml.replace('rsa-sha256', 'hmac-sha256') } },
    { allowsSha1: true },
  )
  assert.equal('rejected' in hmac && hmac.rejected, 'algorithm')
})

test('a response’s signature must hold, and stands for the assertion’s only where the operator lets it', () => {
  accepted({ signs: 'both' })
  accepted({ signs: 'response' }, { allowsResponseSignature: true })
  accepted({ signs: 'both', encryptFor: own[0]?.publicKey ?? provider.keys.publicKey })
})

test('a response that was taken apart once is verified for several records, each by its own keys', () => {
  const prepared = prepareResponse(provider.respond({ now, signs: 'both' }))
  assert.ok(!('rejected' in prepared))
  const stranger = { ...expected, provider: compiledProvider(provider.entityId, [newSamlKeys()]) }
  for (const [record, word] of [
    [stranger, 'signature'],
    [expected, 'accepted'],
    [stranger, 'signature'],
    [expected, 'accepted'],
  ] as const) {
    const read = verifyPrepared(prepared, record, now)
    assert.equal('rejected' in read ? read.rejected : 'accepted', word)
  }
})

test('a digest may be broken over lines, as libxmlsec does with long ones', () => {
  const digest = `${namespaces.encryption}sha512`
  accepted({ signature: { digest, signedInfo: (xml) => xml.replace(/(<ds:DigestValue>.{64})/, '$1\n') } })
})

test('an encrypted assertion is refused where the record has no mode for it', () => {
  const read = verify(encrypted(0), { encryption: 'none' })
  assert.equal('rejected' in read && read.rejected, 'encrypted')
})

test('base64 may be wrapped over lines, and is strict otherwise', () => {
  const response = provider.respond({ now })
  const word = (text: string) => {
    const read = verifyResponse(text, expected, now)
    return 'rejected' in read ? read.rejected : 'accepted'
  }
  assert.equal(word(response.replace(/.{76}/g, '$&\r\n')), 'accepted')
  assert.equal(word(`${response} `), 'not-base64')
  assert.equal(word(response.replace(/.$/, '*')), 'not-base64')
  assert.equal(word(''), 'not-base64')
  assert.equal(word('A'.repeat(100_001)), 'too-large')
  assert.equal(word(Buffer.from([0xff, 0x3c]).toString('base64')), 'not-xml')
})

for (const cipher of ['aes128-cbc', 'aes192-cbc', 'aes256-cbc'])
  test(`opened: ${cipher}`, () => void accepted({ contentEncryption: namespaces.encryption + cipher, ...encrypted(0) }))
for (const cipher of ['aes128-gcm', 'aes192-gcm', 'aes256-gcm'])
  test(`opened: ${cipher}`, () =>
    void accepted({ contentEncryption: namespaces.encryption11 + cipher, ...encrypted(0) }))

function encrypted(key: number): ResponseChoice {
  return { encryptFor: (own[key] ?? provider.keys).publicKey }
}

test('opened: by either private key, the wrapped key beside or inside, by OAEP with SHA-1 or SHA-256', () => {
  accepted(encrypted(1))
  accepted({ ...encrypted(1), encryptedKey: 'beside' })
  accepted({ ...encrypted(0), keyTransport: `${namespaces.encryption11}rsa-oaep`, oaepHash: 'sha256' })
  accepted({ ...encrypted(0), keyTransport: `${namespaces.encryption11}rsa-oaep`, oaepHash: 'sha1' })
  accepted(encrypted(0), { encryption: 'Required' })
})

test('opened: a text that leaves a namespace to the surroundings, or has an XML declaration', () => {
  const own = ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
  accepted({ ...encrypted(0), afterSigning: (xml) => xml.replace(own, '') })
  accepted({ ...encrypted(0), afterSigning: (xml) => `<?xml version="1.0" encoding="UTF-8"?>${xml}` })
})

test('everything that fails inside an encrypted assertion gives one answer', () => {
  const answers = [
    verify({ ...encrypted(0), signs: 'none' }),
    verify({ ...encrypted(0), afterSigning: () => 'x' }),
    verify({ encryptFor: newSamlKeys().publicKey }),
    verify({
      ...encrypted(0),
      contentEncryption: `${namespaces.encryption}aes256-cbc`,
      ciphertext: (bytes) => bytes.fill(0),
    }),
  ]
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
})

test('an XML declaration in UTF-8 is no processing instruction', () => {
  for (const declaration of [
    '<?xml version="1.0"?>',
    "<?xml version='1.0' encoding='utf-8'?>\n",
    '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>',
  ])
    accepted({ finished: (xml) => declaration + xml })
})
