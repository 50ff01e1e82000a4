// Requests signed by others: the AWS SDK's clients as they send them, and its signer for header and presigned forms
// with the rules of S3 and of all other services. They verify as they are, and not when anything in them changes.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { type Message, readHeaders } from '../src/core/http.ts'
import { Secret } from '../src/core/secret.ts'
import { readAuthorization } from '../src/core/sigv4/credential.ts'
import { isRejection } from '../src/core/sigv4/rejection.ts'
import { type Verdict, verify } from '../src/core/sigv4/verify.ts'
import { Sha256 } from './clients/sha256.ts'

/** What a client hands to its transport. */
interface Sent {
  readonly method: string
  readonly path: string
  readonly query?: Record<string, string | string[] | null>
  readonly headers: Record<string, string>
  readonly body?: unknown
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const temporary = { ...credentials, accessKeyId: 'ASIAEXAMPLE', sessionToken: `${'IQoJb3JpZ2luX2VjE+/='.repeat(40)}` }
const sha = (text: string) => hash('sha256', text, 'hex')

/** The request as it stands on the wire, one character a byte. */
function wire(sent: Sent): Message {
  const escaped = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  const query = Object.entries(sent.query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((v) =>
      v === null ? escaped(name) : `${escaped(name)}=${escaped(v)}`,
    ),
  )
  const raw = Object.entries(sent.headers).flatMap(([name, value]) => [
    name,
    Buffer.from(value, 'utf8').toString('latin1'),
  ])
  const headers = readHeaders(raw)
  assert.ok(headers instanceof Map)
  return { method: sent.method, target: `${sent.path}${query.length > 0 ? `?${query.join('&')}` : ''}`, headers }
}

function check(message: Message, service: string, body: string, now: Date): Verdict | undefined {
  const presented = readAuthorization(message)
  if (presented === undefined || isRejection(presented)) return presented
  const secret = new Secret(credentials.secretAccessKey)
  return verify(message, presented, { secret, services: [service], now, payloadHash: sha(body) })
}

const isOk = (verdict: Verdict | undefined) => verdict !== undefined && 'ok' in verdict

/** Verified as it is; refused with another method, path, query, body or value of a signed header. */
function holds(message: Message, service: string, body: string, now: Date) {
  const verdict = check(message, service, body, now)
  assert.ok(isOk(verdict), JSON.stringify(verdict))
  const presented = readAuthorization(message)
  assert.ok(presented !== undefined && !isRejection(presented))
  const { target } = message
  const altered: [string, Message][] = [
    ['method', { ...message, method: 'PATCH' }],
    ['path', { ...message, target: target.includes('?') ? target.replace('?', 'x?') : `${target}x` }],
    ['query', { ...message, target: `${target}${target.includes('?') ? '&' : '?'}x=1` }],
  ]
  for (const name of presented.signedHeaders) {
    const headers = new Map(message.headers)
    headers.set(name, `${headers.get(name)}x`)
    altered.push([name, { ...message, headers }])
  }
  for (const [what, changed] of altered) assert.equal(isOk(check(changed, service, body, now)), false, what)
  const stated = isOk(verdict) && verdict !== undefined && 'payload' in verdict ? verdict.payload : ''
  if (stated === sha(body)) assert.equal(isOk(check(message, service, `${body}x`, now)), false, 'body')
}

describe('clients of the AWS SDK', () => {
  async function capture(send: (options: object) => Promise<unknown>, identity: object): Promise<Sent> {
    let sent: Sent | undefined
    const requestHandler = {
      handle: async (request: Sent) => {
        sent = request
        throw new Error('captured')
      },
    }
    const options = {
      region: 'eu-central-1',
      credentials: identity,
      requestHandler,
      maxAttempts: 1,
      endpoint: 'http://127.0.0.1:4600',
    }
    await assert.rejects(send(options), /captured/)
    assert.ok(sent !== undefined)
    return sent
  }
  const command = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 'é=+&' })
  const rows: readonly (readonly [string, string, (options: object) => Promise<unknown>])[] = [
    ['STS GetCallerIdentity', 'sts', (options) => new STSClient(options).send(new GetCallerIdentityCommand({}))],
    ['STS AssumeRole', 'sts', (options) => new STSClient(options).send(command)],
    ['IAM GetUser', 'iam', (options) => new IAMClient(options).send(new GetUserCommand({ UserName: 'é' }))],
  ]
  for (const [title, service, send] of rows) {
    for (const [kind, identity] of [
      ['a long-term key', credentials],
      ['a session token', temporary],
    ] as const) {
      test(`${title} with ${kind} verifies`, async () => {
        const sent = await capture(send, identity)
        holds(wire(sent), service, String(sent.body ?? ''), new Date())
      })
    }
  }
})

describe('the signer of the AWS SDK', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const base = { protocol: 'http:', hostname: 'h.local', headers: { host: 'h.local:4600' } }
  const requests: readonly (readonly [string, Sent & { query?: Record<string, string | string[]> }])[] = [
    ['a plain request', { ...base, method: 'GET', path: '/' }],
    ['a path with a percent sign and a blank', { ...base, method: 'GET', path: '/b/a%20b%25c' }],
    ['a path in Unicode', { ...base, method: 'PUT', path: '/b/%E6%97%A5%E6%9C%AC/%F0%9F%98%80', body: 'x' }],
    ['a path with marks', { ...base, method: 'GET', path: '/b/%21%27%28%29%2A%3B%3A%40%26%3D%2B%24%2C' }],
    ['an odd query', { ...base, method: 'GET', path: '/b', query: { 'a b': ['2', '10', 'é'], '+': '~*', acl: '' } }],
    [
      'odd headers',
      { ...base, method: 'POST', path: '/', body: 'a=1', headers: { ...base.headers, 'x-note': ' a   "b  c" ' } },
    ],
    [
      'a header in Unicode',
      { ...base, method: 'GET', path: '/', headers: { ...base.headers, 'x-amz-meta-name': 'é 日本' } },
    ],
  ]
  for (const service of ['s3', 'execute-api'] as const) {
    const rewrites = service !== 's3'
    const paths: typeof requests = [
      ['a path to be left or normalised', { ...base, method: 'GET', path: '/b//a/./b/../c' }],
    ]
    for (const [title, request] of [...requests, ...paths]) {
      for (const [kind, identity] of [
        ['a long-term key', credentials],
        ['a session token', temporary],
      ] as const) {
        const signer = new SignatureV4({
          credentials: identity,
          region: 'us-west-2',
          service,
          sha256: Sha256,
          uriEscapePath: rewrites,
          applyChecksum: true,
        })
        const options = { signingDate: now }
        const body = String(request.body ?? '')
        test(`${service}: ${title}, ${kind}, header form verifies`, async () => {
          const sent = (await signer.sign(structuredClone(request) as never, options)) as unknown as Sent
          holds(wire(sent), service, body, now)
        })
        test(`${service}: ${title}, ${kind}, presigned form verifies`, async () => {
          const input = structuredClone(request)
          if (service === 's3') input.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
          const sent = (await signer.presign(input as never, { ...options, expiresIn: 60 })) as unknown as Sent
          const message = wire(sent)
          holds(message, service, body, now)
          const late = check(message, service, body, new Date(now.getTime() + 61_000))
          assert.ok(isRejection(late) && late.rejected === 'url-expired')
        })
      }
    }
  }
})
