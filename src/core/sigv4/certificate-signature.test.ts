// Requests signed with a certificate's key, and what must not pass for one.
import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import type { Message } from '../http.ts'
import { canonicalRequest, withoutNone } from './canonical.ts'
import { readCertificateAuthorization, verifyCertificateSignature } from './certificate-signature.ts'
import { textToSign } from './verify.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const serial = 0x0123456789abcdef0123n
const now = new Date('2026-11-29T12:00:00Z')
const body = '{"durationSeconds":3600}'
const target =
  '/sessions?profileArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A123456789012%3Aprofile%2Fp&roleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FWeb&trustAnchorArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A123456789012%3Atrust-anchor%2Ft'

interface How {
  readonly key?: KeyObject
  readonly algorithm?: string
  readonly serialText?: string
  readonly date?: string
  readonly scope?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signed?: readonly string[]
}

/** A request as the stock credential helper signs it. */
function signedRequest(how: How = {}): Message {
  const { key = ec.privateKey, date = '20261129T120000Z', serialText = '5373003642731685151011' } = how
  const { algorithm = key.asymmetricKeyType === 'rsa' ? 'AWS4-X509-RSA-SHA256' : 'AWS4-X509-ECDSA-SHA256' } = how
  const scope = how.scope ?? `${date.slice(0, 8)}/us-east-1/rolesanywhere/aws4_request`
  const headers = new Map(
    Object.entries({
      'content-type': 'application/json',
      host: '127.0.0.1',
      'x-amz-date': date,
      'x-amz-x509': 'MIIB',
      'x-amz-x509-chain': 'MIIC',
      ...how.headers,
    }),
  )
  const signedHeaders = how.signed ?? [...headers.keys()].sort()
  const message = { method: 'POST', target, headers }
  const canonical = canonicalRequest(message, {
    path: 'normalised',
    signedHeaders,
    payload: hash('sha256', body, 'hex'),
    without: withoutNone,
  })
  assert.ok(typeof canonical === 'string')
  const signature = sign('sha256', Buffer.from(textToSign(date, scope, canonical, algorithm)), key).toString('hex')
  headers.set(
    'authorization',
    `${algorithm} Credential=${serialText}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  )
  return message
}

function outcome(message: Message, how: { readonly key?: KeyObject; readonly body?: string; readonly at?: Date } = {}) {
  const presented = readCertificateAuthorization(message)
  if ('rejected' in presented) return presented.rejected
  const refused = verifyCertificateSignature(message, presented, {
    certificate: { serial, key: how.key ?? ec.publicKey },
    payloadHash: hash('sha256', how.body ?? body, 'hex'),
    now: how.at ?? now,
    services: ['rolesanywhere'],
  })
  return refused?.rejected
}

const changed = (message: Message, header: string, value: string): Message => ({
  ...message,
  headers: new Map([...message.headers, [header, value]]),
})
const without = (message: Message, header: string): Message => ({
  ...message,
  headers: new Map([...message.headers].filter(([name]) => name !== header)),
})
const auth = (message: Message, from: string, to: string) =>
  changed(message, 'authorization', message.headers.get('authorization')?.replace(from, to) ?? '')

test('RSA and elliptic-curve keys sign, with a serial number beyond 64 bits', () => {
  assert.equal(outcome(signedRequest()), undefined)
  assert.equal(outcome(signedRequest({ key: rsa.privateKey }), { key: rsa.publicKey }), undefined)
  assert.equal(
    outcome(
      without(signedRequest({ signed: ['content-type', 'host', 'x-amz-date', 'x-amz-x509'] }), 'x-amz-x509-chain'),
    ),
    undefined,
  )
})

const good = signedRequest()
const attacks: readonly (readonly [string, string, () => string | undefined])[] = [
  [
    'another key',
    'signature',
    () => outcome(good, { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey }),
  ],
  ['another body', 'signature', () => outcome(good, { body: '{"durationSeconds":43200}' })],
  ['another role', 'signature', () => outcome({ ...good, target: target.replace('role%2FWeb', 'role%2FAdmin') })],
  ['another profile', 'signature', () => outcome({ ...good, target: target.replace('profile%2Fp', 'profile%2Fq') })],
  ['another anchor', 'signature', () => outcome({ ...good, target: target.replace('anchor%2Ft', 'anchor%2Fu') })],
  [
    'a parameter more',
    'signature',
    () => outcome({ ...good, target: `${target}&roleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FAdmin` }),
  ],
  ['another path', 'signature', () => outcome({ ...good, target: target.replace('/sessions', '/profiles') })],
  ['another method', 'signature', () => outcome({ ...good, method: 'PUT' })],
  ['another certificate', 'signature', () => outcome(changed(good, 'x-amz-x509', 'MIIX'))],
  ['another chain', 'signature', () => outcome(changed(good, 'x-amz-x509-chain', 'MIIC,MIIX'))],
  ['its chain taken away', 'signed-header-absent', () => outcome(without(good, 'x-amz-x509-chain'))],
  [
    'a chain that is not signed',
    'headers-not-signed',
    () => outcome(signedRequest({ signed: ['content-type', 'host', 'x-amz-date', 'x-amz-x509'] })),
  ],
  [
    'a certificate that is not signed',
    'headers-not-signed',
    () => outcome(signedRequest({ signed: ['content-type', 'host', 'x-amz-date', 'x-amz-x509-chain'] })),
  ],
  [
    'a date that is not signed',
    'headers-not-signed',
    () => outcome(signedRequest({ signed: ['content-type', 'host', 'x-amz-x509', 'x-amz-x509-chain'] })),
  ],
  [
    'a host that is not signed',
    'host-not-signed',
    () => outcome(signedRequest({ signed: ['content-type', 'x-amz-date', 'x-amz-x509', 'x-amz-x509-chain'] })),
  ],
  ['a header of AWS added on the way', 'headers-not-signed', () => outcome(changed(good, 'x-amz-security-token', 'x'))],
  ['a date of 16 minutes ago', 'expired', () => outcome(good, { at: new Date(now.getTime() + 16 * 60_000) })],
  ['a date in 16 minutes', 'not-yet-current', () => outcome(good, { at: new Date(now.getTime() - 16 * 60_000) })],
  [
    'a later date written in',
    'scope',
    () => outcome(changed(good, 'x-amz-date', '20261130T120000Z'), { at: new Date('2026-11-30T12:00:00Z') }),
  ],
  ['the same day, later', 'signature', () => outcome(changed(good, 'x-amz-date', '20261129T120100Z'))],
  [
    'another service in the scope',
    'scope',
    () => outcome(signedRequest({ scope: '20261129/us-east-1/sts/aws4_request' })),
  ],
  ['the serial number of another certificate', 'signature', () => outcome(signedRequest({ serialText: '42' }))],
  [
    'the serial number in hexadecimal',
    'signature',
    () => outcome(signedRequest({ serialText: '0123456789abcdef0123' })),
  ],
  [
    'the serial number with a zero before it',
    'signature',
    () => outcome(signedRequest({ serialText: '05373003642731685151011' })),
  ],
  [
    'the algorithm of the other kind of key',
    'signature',
    () => outcome(signedRequest({ algorithm: 'AWS4-X509-RSA-SHA256' })),
  ],
  [
    'the algorithm of access keys',
    'algorithm',
    () => outcome(auth(good, 'AWS4-X509-ECDSA-SHA256', 'AWS4-HMAC-SHA256')),
  ],
  ['ML-DSA', 'algorithm', () => outcome(auth(good, 'AWS4-X509-ECDSA-SHA256', 'AWS4-X509-MLDSA'))],
  ['two signatures', 'repeated-parameter', () => outcome(auth(good, ', Signature=', ', Signature=00, Signature='))],
  [
    'two credentials',
    'repeated-parameter',
    () => outcome(auth(good, 'Credential=', 'Credential=1/2/3/4/5, Credential=')),
  ],
  ['no signature', 'missing-parameters', () => outcome(auth(good, 'Signature=', 'X='))],
  [
    'a signature in capitals',
    'signature-form',
    () =>
      outcome(
        changed(
          good,
          'authorization',
          (good.headers.get('authorization') ?? '').replace(
            /Signature=.*/,
            (text) => `Signature=${text.slice(10).toUpperCase()}`,
          ),
        ),
      ),
  ],
  [
    'a signature of 2 MB',
    'signature-form',
    () => outcome(auth(good, 'Signature=', `Signature=${'00'.repeat(1_000_000)}`)),
  ],
  ['no date', 'missing-parameters', () => outcome(without(good, 'x-amz-date'))],
  [
    'a presigned query beside the header',
    'several-mechanisms',
    () => outcome({ ...good, target: `${target}&X-Amz-Signature=00` }),
  ],
  [
    'signed headers out of order',
    'signed-headers',
    () => outcome(auth(good, 'content-type;host', 'host;content-type')),
  ],
]
for (const [what, why, run] of attacks) test(`refused: a request with ${what}`, () => assert.equal(run(), why))
