// CreateSession as it is sent: to the letter what AWS's own helper sends, read from recordings of it.
import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { NoAnswer, SourceRefused } from './credential-source.ts'
import { createSession, readCertificateKey, type SessionRequest, sessionPost } from './roles-anywhere.ts'

const vector = (name: string) =>
  readFileSync(new URL(`../../conformance/vectors/roles-anywhere/${name}`, import.meta.url), 'utf8')
const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const request: SessionRequest = {
  endpoint: new URL('http://127.0.0.1:18099'),
  trustAnchorArn: `${arn}:trust-anchor/11111111-2222-4333-8444-555555555555`,
  profileArn: `${arn}:profile/11111111-2222-4333-8444-666666666666`,
  roleArn: 'arn:aws:iam::111122223333:role/path/ma+chine',
  roleSessionName: 'build-7',
  durationSeconds: 3600,
}
const proofOf = (type: 'rsa' | 'ec') =>
  readCertificateKey(vector(`${type}.cert.pem`), vector(`${type}.key.pem`), vector('intermediate.cert.pem'))

interface Recorded {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly body: string
}
function recorded(type: 'rsa' | 'ec') {
  const { rawHeaders, ...rest } = JSON.parse(vector(`${type}.json`)) as Recorded
  const headers = Object.fromEntries(
    rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [])),
  )
  const [, year = '', month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? []
  return { ...rest, headers, now: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) }
}

test('with a key of RSA it sends what the helper sends, signature and all', () => {
  const { headers, url, body, now } = recorded('rsa')
  const sent = sessionPost(request, proofOf('rsa'), now)
  assert.equal(sent.url.href, `http://127.0.0.1:18099${url}`)
  assert.deepEqual(JSON.parse(sent.body), JSON.parse(body))
  const { 'user-agent': _, 'accept-encoding': __, 'transfer-encoding': ___, ...signed } = headers
  // The helper writes the body's members in the same order, without blanks.
  assert.equal(sent.body, body)
  assert.deepEqual(sent.headers, signed)
})

/** The text that is signed, written down anew: IAM Roles Anywhere User Guide, "Signing process for CreateSession". */
function stringToSign({ headers, url, body }: Pick<ReturnType<typeof recorded>, 'headers' | 'url' | 'body'>): string {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const [, scope = '', names = ''] =
    /Credential=\d+\/(\S+), SignedHeaders=(\S+),/.exec(headers.authorization ?? '') ?? []
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const [, query = ''] = url.split('?')
  const canonical = ['POST', '/sessions', query, lines.join(''), names, sha256(body)].join('\n')
  return ['AWS4-X509-ECDSA-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
}
const signatureOf = (authorization = '') => Buffer.from(/Signature=(\w+)/.exec(authorization)?.[1] ?? '', 'hex')

test('with a key of an elliptic curve it signs the text that the helper signs', () => {
  const helper = recorded('ec')
  const proof = proofOf('ec')
  const { publicKey } = proof.certificate
  assert.ok(verify('sha256', Buffer.from(stringToSign(helper)), publicKey, signatureOf(helper.headers.authorization)))
  const { url, headers, body } = sessionPost(request, proof, helper.now)
  const text = stringToSign({ headers, body, url: url.pathname + url.search })
  assert.ok(verify('sha256', Buffer.from(text), publicKey, signatureOf(headers.authorization)))
  assert.equal(text, stringToSign(helper))
})

test('the path of an endpoint is sent, and not signed', () => {
  const { now, headers } = recorded('rsa')
  const sent = sessionPost({ ...request, endpoint: new URL('http://127.0.0.1:18099/base/') }, proofOf('rsa'), now)
  assert.equal(sent.url.pathname, '/base/sessions')
  assert.equal(sent.headers.authorization, headers.authorization)
})

test('certificates after the first go along as its chain', () => {
  const both = vector('rsa.cert.pem') + vector('intermediate.cert.pem')
  assert.deepEqual(readCertificateKey(both, vector('rsa.key.pem')).chain, proofOf('rsa').chain)
  const alone = readCertificateKey(vector('rsa.cert.pem'), vector('rsa.key.pem'))
  assert.ok(!('x-amz-x509-chain' in sessionPost(request, alone, new Date(0)).headers))
})

const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nplanted\n-----END ENCRYPTED PRIVATE KEY-----\n'
const ed25519 =
  '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n'
const damaged = '-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----\n'
for (const [what, certificate, key, says] of [
  ['no certificate', '', 'rsa.key.pem', /the certificate is not PEM/],
  ['a certificate in intermediates alone', '', 'rsa.key.pem', /the certificate is not PEM/],
  ['a damaged certificate', damaged, 'rsa.key.pem', /its PEM is damaged/],
  ['another certificate’s key', 'rsa.cert.pem', 'ec.key.pem', /the private key is not that of the certificate/],
  ['a key that is none', 'rsa.cert.pem', 'planted', /the private key cannot be read/],
  ['an encrypted key', 'rsa.cert.pem', encrypted, /the private key is encrypted/],
  ['a key that signs no requests', 'rsa.cert.pem', ed25519, /of type ed25519/],
] as const) {
  test(`${what} is said, with nothing of the key`, () => {
    const text = (name: string) => (name.endsWith('.pem') ? vector(name) : name)
    assert.throws(
      () => readCertificateKey(text(certificate), text(key), vector('intermediate.cert.pem')),
      (error: Error) => error instanceof NoAnswer && says.test(error.message) && !error.message.includes('planted'),
    )
  })
}

for (const [member, value, says] of [
  ['trustAnchorArn', 'anchor', /anchor is not the ARN of a trust anchor/],
  ['trustAnchorArn', 'arn:aws:rolesanywhere::1:x', /which has a region/],
  ['profileArn', 'profile', /profileArn: profile is not an ARN/],
  ['roleArn', 'arn:aws:iam::1:role/\u{1f511}', /roleArn: .* is not an ARN/],
] as const) {
  test(`${member} ${value} is not sent`, () => {
    assert.throws(() => sessionPost({ ...request, [member]: value }, proofOf('rsa'), new Date(0)), says)
  })
}

async function answered(status: number, headers: Record<string, string>, body: string) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return createSession({ ...request, endpoint }, proofOf('rsa'), {
    now: new Date(),
    signal: new AbortController().signal,
  })
}

const keys = { accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't', expiration: '2030-01-01T00:00:00Z' }
const set = (credentials: object) => JSON.stringify({ credentialSet: [{ credentials }] })

test('the first set of credentials is what it gives', async () => {
  assert.deepEqual(await answered(201, {}, set(keys)), {
    ...{ ...keys, expiration: new Date(keys.expiration), roleArn: request.roleArn, accountId: '111122223333' },
  })
})

const denied = { 'x-amzn-errortype': 'AccessDeniedException:http://internal.amazon.com/' }
for (const [what, status, headers, body, kind, says] of [
  [
    'a refusal',
    403,
    denied,
    '{"message":"Untrusted certificate."}',
    SourceRefused,
    /^CreateSession: AccessDeniedException: Untrusted certificate\.$/,
  ],
  ['too many requests', 429, { 'x-amzn-errortype': 'ThrottlingException' }, '{}', NoAnswer, /Throttling/],
  ['a failure', 500, { 'x-amzn-errortype': 'InternalServerException' }, '{}', NoAnswer, /Internal/],
  ['another server’s answer', 404, {}, '<html>', NoAnswer, /status 404, as no Roles Anywhere does/],
  ['a redirect', 302, { location: 'http://127.0.0.1:9/' }, '', NoAnswer, /status 302/],
  ['no set', 201, {}, '{"credentialSet":[]}', NoAnswer, /answered without credentials/],
  ['an empty set', 201, {}, set({ ...keys, accessKeyId: '' }), NoAnswer, /answered without credentials/],
  ['no JSON', 201, {}, 'ok', NoAnswer, /answered without credentials/],
] as const) {
  test(`${what} is ${kind.name}`, async () => {
    await assert.rejects(answered(status, headers, body), (error) => error instanceof kind && says.test(error.message))
  })
}
