// For any request: what is signed verifies, in both forms and under both families of rules; what differs in meaning
// does not; and reading credentials never throws.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../src/core/http.ts'
import { Secret } from '../src/core/secret.ts'
import { readAuthorization } from '../src/core/sigv4/credential.ts'
import { createSigningKeys } from '../src/core/sigv4/keys.ts'
import { isRejection } from '../src/core/sigv4/rejection.ts'
import { presign, type Signer, signRequest } from '../src/core/sigv4/sign.ts'
import { verify } from '../src/core/sigv4/verify.ts'

const now = new Date('2026-03-01T12:00:00Z')
const sha = (bytes: Uint8Array) => hash('sha256', bytes, 'hex')

const byte = fc.integer({ min: 0, max: 255 })
const character = (allowed: (code: number) => boolean) => byte.filter(allowed).map((code) => String.fromCharCode(code))
const textOf = (allowed: (code: number) => boolean, maxLength: number) =>
  fc.array(character(allowed), { maxLength }).map((all) => all.join(''))

/** Raw and escaped characters, separators among them; every `%` begins an escape. */
const piece = fc.oneof(
  textOf((code) => code > 0x20 && code !== 0x25 && code !== 0x3f && code !== 0x7f, 6),
  byte.map((code) => `%${code.toString(16).padStart(2, '0')}`),
  fc.constantFrom('/', '//', '/./', '/../', '+', '&', '=', '%2F', '%2B', '~'),
)
const written = (max: number) => fc.array(piece, { maxLength: max }).map((pieces) => pieces.join(''))

const value = textOf((code) => (code >= 0x20 && code !== 0x7f) || code === 0x09, 20)
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => !text.startsWith('x-amz-') && text !== 'host')

const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'M-SEARCH'),
  path: written(6).map((text) => `/${text}`),
  query: written(6),
  headers: fc.dictionary(name, value, { maxKeys: 5 }),
  body: fc.uint8Array({ maxLength: 40 }),
  service: fc.constantFrom('s3', 'sts', 'dynamodb'),
  region: fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/),
  secret: fc.string({ minLength: 1, maxLength: 80 }),
  token: fc.option(fc.base64String({ minLength: 4, maxLength: 60 }), { nil: undefined }),
})

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

const unsent = new Set(['authorization', 'date'])

const messageOf = (r: Request): Message => ({
  method: r.method,
  target: r.query === '' ? r.path : `${r.path}?${r.query}`,
  headers: new Map([['host', 'h'], ...Object.entries(r.headers).filter(([field]) => !unsent.has(field))]),
})

const cache = createSigningKeys(50)

const signerOf = ({ region, service, secret, token }: Request): Signer => ({
  accessKeyId: 'AKIDEXAMPLE',
  secret: new Secret(secret),
  region,
  service,
  token,
  now,
})

function check(message: Message, r: Request, body: Uint8Array = r.body) {
  const presented = readAuthorization(message)
  assert.ok(presented !== undefined)
  if (isRejection(presented)) return presented
  return verify(message, presented, {
    secret: new Secret(r.secret),
    keys: { cache, identity: r.secret },
    payloadHash: sha(body),
    services: [r.service],
    now,
  })
}

const signed = (form: 'header' | 'query', r: Request) =>
  form === 'header'
    ? signRequest(messageOf(r), signerOf(r), sha(r.body))
    : presign(messageOf(r), signerOf(r), 60, sha(r.body))

for (const form of ['header', 'query'] as const) {
  describe(`any request signed in the ${form}`, () => {
    test('verifies, whether the signing key is kept or derived', () => {
      fc.assert(
        fc.property(request, (r) => {
          const message = signed(form, r)
          assert.partialDeepStrictEqual(check(message, r), { ok: true })
          assert.partialDeepStrictEqual(check(message, r), { ok: true })
        }),
        { numRuns: 300 },
      )
    })

    test('verifies with its query in another order', () => {
      fc.assert(
        fc.property(request, (r) => {
          const message = signed(form, r)
          const [path = '', ...rest] = message.target.split('?')
          const query = rest.join('?').split('&').reverse().join('&')
          const target = query === '' ? path : `${path}?${query}`
          assert.partialDeepStrictEqual(check({ ...message, target }, r), { ok: true })
        }),
        { numRuns: 100 },
      )
    })

    test('does not verify with another body, host, method, or one parameter more', () => {
      fc.assert(
        fc.property(request, name, (r, extra) => {
          const message = signed(form, r)
          const headers = new Map(message.headers).set('host', `h${extra}`)
          const mark = message.target.includes('?') ? '&' : '?'
          assert.ok(isRejection(check(message, r, Buffer.concat([r.body, Buffer.from('x')]))))
          assert.ok(isRejection(check({ ...message, headers }, r)))
          assert.ok(isRejection(check({ ...message, method: `${r.method}X` }, r)))
          assert.ok(isRejection(check({ ...message, target: `${message.target}${mark}${extra}` }, r)))
        }),
        { numRuns: 100 },
      )
    })

    test('does not verify with any signed header changed, but for blanks', () => {
      fc.assert(
        fc.property(request, value, (r, other) => {
          const message = signed(form, r)
          const squeezed = (text: string) => text.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
          for (const field of Object.keys(r.headers).filter((f) => message.headers.has(f) && isSigned(message, f))) {
            const same = squeezed(message.headers.get(field) ?? '') === squeezed(other)
            const headers = new Map(message.headers).set(field, other)
            assert.equal(isRejection(check({ ...message, headers }, r)), !same, field)
          }
        }),
        { numRuns: 100 },
      )
    })
  })
}

function isSigned(message: Message, field: string): boolean {
  const presented = readAuthorization(message)
  return presented !== undefined && !isRejection(presented) && presented.signedHeaders.includes(field)
}

describe('any text', () => {
  const junk = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), written(8))
  const prefix = fc.constantFrom('', 'AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e,', 'AWS ')
  test('as an Authorization, a date or a target is read without an exception, and yields no sound credentials', () => {
    fc.assert(
      fc.property(prefix, junk, junk, junk, (start, text, date, target) => {
        const headers = new Map([
          ['authorization', start + text],
          ['x-amz-date', date],
        ])
        const answer = readAuthorization({ method: 'GET', target, headers })
        assert.ok(answer !== undefined && isRejection(answer))
      }),
    )
  })
  test('as a presigned query is read without an exception', () => {
    const names = fc.constantFrom(
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Signature',
      'X-Amz-SignedHeaders',
      'X-Amz-Expires',
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(names, junk), { minLength: 1 }), (pairs) => {
        const target = `/?${pairs.map(([field, text]) => `${field}=${text.replaceAll('&', '')}`).join('&')}`
        const answer = readAuthorization({ method: 'GET', target, headers: new Map() })
        assert.ok(answer === undefined || isRejection(answer))
      }),
    )
  })
})
