// AWS's public signing test suite (vectors/sigv4/SOURCE): every case's canonical request, string to sign and signature,
// byte for byte; its signed requests verify; and no request that differs in one character does.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Message, readHeaders } from '../src/core/http.ts'
import { Secret } from '../src/core/secret.ts'
import { canonicalRequest, withoutSignature, withoutSignatureAndToken } from '../src/core/sigv4/canonical.ts'
import { type Presented, readAuthorization } from '../src/core/sigv4/credential.ts'
import { deriveSigningKey, scopeText } from '../src/core/sigv4/keys.ts'
import { isRejection } from '../src/core/sigv4/rejection.ts'
import { type Rule, ruleOf } from '../src/core/sigv4/rules.ts'
import { presign, type Signer, signRequest } from '../src/core/sigv4/sign.ts'
import { type Verdict, verify } from '../src/core/sigv4/verify.ts'

interface Request {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Form {
  readonly canonicalRequest: string
  readonly stringToSign: string
  readonly signature: string
  readonly signed: Request
}

interface Case {
  readonly name: string
  readonly context: {
    readonly credentials: {
      readonly access_key_id: string
      readonly secret_access_key: string
      readonly token?: string
    }
    readonly expiration_in_seconds: number
    readonly normalize: boolean
    readonly region: string
    readonly service: string
    readonly sign_body: boolean
    readonly timestamp: string
    readonly omit_session_token?: boolean
  }
  readonly request: Request
  readonly header: Form
  readonly query: Form
}

const file = new URL('vectors/sigv4/aws-signing-test-suite-v4.json', import.meta.url)
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[]

/** The vectors are texts; on the wire they are UTF-8 bytes, one character a byte. */
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

function wire(request: Request): Message {
  const headers = readHeaders(request.headers.flatMap(([name, value]) => [name, bytes(value)]))
  assert.ok(headers instanceof Map, 'the headers of the vector are read')
  return { method: request.method, target: bytes(request.target), headers }
}

const bodyHash = (request: Request) => hash('sha256', request.body, 'hex')

const ruleFor = ({ context }: Case): Rule => ({
  ...ruleOf(context.service),
  path: context.normalize ? 'normalised' : 'sent',
  tokenMayBeUnsigned: context.omit_session_token === true,
})

function check(row: Case, message: Message, payloadHash: string): Verdict | ReturnType<typeof readAuthorization> {
  const presented = readAuthorization(message)
  if (presented === undefined || isRejection(presented)) return presented
  return verify(message, presented, {
    secret: new Secret(row.context.credentials.secret_access_key),
    payloadHash,
    now: new Date(row.context.timestamp),
    services: [row.context.service],
    regions: new Set([row.context.region]),
    rule: ruleFor(row),
  })
}

function read(message: Message): Presented {
  const presented = readAuthorization(message)
  assert.ok(presented !== undefined && !isRejection(presented), 'the credentials are read')
  return presented
}

const isOk = (verdict: unknown) => typeof verdict === 'object' && verdict !== null && 'ok' in verdict

describe('AWS signing test suite', () => {
  for (const row of cases) {
    for (const form of ['header', 'query'] as const) {
      const message = wire(row[form].signed)
      const payloadHash = bodyHash(row[form].signed)

      test(`${row.name}, ${form}: canonical request and string to sign are the suite's`, () => {
        const presented = read(message)
        const omitted = form === 'query' && row.context.omit_session_token === true
        const canonical = canonicalRequest(message, {
          path: ruleFor(row).path,
          signedHeaders: presented.signedHeaders,
          payload: payloadHash,
          without: omitted ? withoutSignatureAndToken : form === 'query' ? withoutSignature : [],
        })
        assert.equal(canonical, bytes(row[form].canonicalRequest))
        const text = `AWS4-HMAC-SHA256\n${presented.amzDate}\n${scopeText(presented)}\n${hash('sha256', Buffer.from(canonical as string, 'latin1'), 'hex')}`
        assert.equal(text, row[form].stringToSign)
        const key = deriveSigningKey(new Secret(row.context.credentials.secret_access_key), presented)
        assert.equal(key.mac(text), row[form].signature)
      })

      test(`${row.name}, ${form}: verifies`, () => {
        assert.equal(isOk(check(row, message, payloadHash)), true)
      })

      test(`${row.name}, ${form}: no request with one character changed verifies`, () => {
        for (const [what, changed, hashed] of mutations(message, payloadHash)) {
          const verdict = check(row, changed, hashed)
          assert.equal(isOk(verdict), isUnsigned(row, message, changed), what)
        }
      })
    }

    test(`${row.name}: signing gives the suite's signatures`, () => {
      const { credentials, timestamp, region, service, sign_body, omit_session_token, expiration_in_seconds } =
        row.context
      const signer: Signer = {
        accessKeyId: credentials.access_key_id,
        secret: new Secret(credentials.secret_access_key),
        token: omit_session_token === true ? undefined : credentials.token,
        region,
        service,
        now: new Date(timestamp),
        rule: ruleFor(row),
      }
      const plain = wire(row.request)
      const payload = bodyHash(row.request)
      const headers = new Map(plain.headers)
      if (sign_body) headers.set('x-amz-content-sha256', payload)
      assert.equal(read(signRequest({ ...plain, headers }, signer, payload)).signature, row.header.signature)
      assert.equal(read(presign(plain, signer, expiration_in_seconds, payload)).signature, row.query.signature)
    })
  }
})

/** Every text of the message with one character replaced, at places spread over it, and another body. */
function* mutations(message: Message, payloadHash: string): Generator<readonly [string, Message, string]> {
  const flip = (text: string, at: number) => `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`
  const places = (text: string) => {
    const step = Math.max(1, Math.floor(text.length / 24))
    return Array.from({ length: Math.ceil(text.length / step) }, (_, i) => i * step)
  }
  yield ['body', message, flip(payloadHash, 0)]
  for (const at of places(message.method)) {
    yield [`method at ${at}`, { ...message, method: flip(message.method, at) }, payloadHash]
  }
  for (const at of places(message.target).slice(1)) {
    yield [`target at ${at}`, { ...message, target: flip(message.target, at) }, payloadHash]
  }
  for (const [name, value] of message.headers) {
    for (const at of places(value)) {
      const headers = new Map(message.headers)
      headers.set(name, flip(value, at))
      yield [`${name} at ${at}`, { ...message, headers }, payloadHash]
    }
  }
}

/**
 * The three things a signature does not cover: the key id (another one finds another secret), a token that the case
 * leaves out on purpose, and names that a `..` behind them takes away (a URL parser is the judge of that).
 */
function isUnsigned(row: Case, before: Message, after: Message): boolean {
  const presented = readAuthorization(after)
  if (presented === undefined || isRejection(presented)) return false
  const path = (message: Message) => new URL(`http://host${message.target.split('?')[0]}`).pathname
  if (before.target !== after.target && row.context.normalize && before.target.includes('/..')) {
    if (path(before) === path(after) && before.target.split('?')[1] === after.target.split('?')[1]) return true
  }
  const was = read(before)
  if (before.target === after.target && presented.keyId !== was.keyId) return true
  const { token } = presented
  return row.context.omit_session_token === true && token !== undefined && token !== was.token
}
