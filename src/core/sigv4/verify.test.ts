// Attacks on a signed request: each row changes one thing after signing (or signs what must not be accepted) and names
// the class of the refusal.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Message } from '../http.ts'
import { Secret } from '../secret.ts'
import { type Presented, readAuthorization } from './credential.ts'
import { createSigningKeys } from './keys.ts'
import { isRejection, type Rejection } from './rejection.ts'
import { presign, type Signer, signRequest } from './sign.ts'
import { type Against, type Verdict, verify } from './verify.ts'

const now = new Date('2026-03-01T12:00:00Z')
const secret = new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')
const sha = (text: string) => hash('sha256', text, 'hex')
const body = 'Action=GetCallerIdentity&Version=2011-06-15'

const signer = (changes: Partial<Signer> = {}): Signer => ({
  accessKeyId: 'AKIDEXAMPLE',
  secret,
  region: 'us-east-1',
  service: 'sts',
  now,
  ...changes,
})

const plain = (changes: Partial<Message> & { more?: Record<string, string> } = {}): Message => ({
  method: changes.method ?? 'POST',
  target: changes.target ?? '/',
  headers: new Map(Object.entries({ host: 'sts.local', 'content-type': 'text/plain', ...changes.more })),
})

const against = (changes: Partial<Against> = {}): Against => ({
  secret,
  payloadHash: sha(body),
  now,
  services: ['sts'],
  ...changes,
})

function check(message: Message, changes: Partial<Against> = {}): Verdict | undefined {
  const presented = readAuthorization(message)
  if (presented === undefined || isRejection(presented)) return presented
  return verify(message, presented, against(changes))
}

function refused(message: Message, expected: Partial<Rejection>, changes: Partial<Against> = {}) {
  const verdict = check(message, changes)
  assert.ok(isRejection(verdict), 'the request is refused')
  assert.partialDeepStrictEqual(verdict, expected as object)
}

const accepted = (message: Message, changes: Partial<Against> = {}) =>
  assert.partialDeepStrictEqual(check(message, changes), { ok: true })

const withHeader = (message: Message, name: string, value: string | undefined): Message => {
  const headers = new Map(message.headers)
  if (value === undefined) headers.delete(name)
  else headers.set(name, value)
  return { ...message, headers }
}

const authorization = (message: Message, from: string, to: string) =>
  withHeader(message, 'authorization', message.headers.get('authorization')?.replace(from, to))

describe('a signed request that was altered', () => {
  const sent = signRequest(plain({ target: '/a/b?x=1&y=2', more: { 'x-amz-target': 'T.Op' } }), signer(), sha(body))
  const token = signRequest(plain(), signer({ token: 't0ken' }), sha(body))
  const rows: readonly (readonly [string, Message, Partial<Rejection>, Partial<Against>?])[] = [
    ['with another secret', sent, { rejected: 'signature' }, { secret: new Secret('other') }],
    ['in its method', { ...sent, method: 'PUT' }, { rejected: 'signature' }],
    ['in its path', { ...sent, target: '/a/c?x=1&y=2' }, { rejected: 'signature' }],
    ['in a query value', { ...sent, target: '/a/b?x=1&y=3' }, { rejected: 'signature' }],
    ['by a parameter more', { ...sent, target: '/a/b?x=1&y=2&z=' }, { rejected: 'signature' }],
    ['by a parameter less', { ...sent, target: '/a/b?x=1' }, { rejected: 'signature' }],
    ['by a repeated parameter', { ...sent, target: '/a/b?x=1&x=1&y=2' }, { rejected: 'signature' }],
    ['in a signed header', withHeader(sent, 'content-type', 'text/html'), { rejected: 'signature' }],
    ['in its host', withHeader(sent, 'host', 'evil.local'), { rejected: 'signature' }],
    ['in its target header', withHeader(sent, 'x-amz-target', 'T.Other'), { rejected: 'signature' }],
    ['in its body', sent, { rejected: 'signature' }, { payloadHash: sha(`${body}&x=1`) }],
    ['in its time', withHeader(sent, 'x-amz-date', '20260301T120001Z'), { rejected: 'signature' }],
    ['in its token', withHeader(token, 'x-amz-security-token', 't1ken'), { rejected: 'signature' }],
    [
      'by a header taken away',
      withHeader(sent, 'content-type', undefined),
      { rejected: 'signed-header-absent', name: 'content-type' },
    ],
    [
      'by a name more among the signed',
      authorization(sent, 'host;', 'host;nothing;'),
      { rejected: 'signed-header-absent', name: 'nothing' },
    ],
    ['by a name less among the signed', authorization(sent, 'content-type;', ''), { rejected: 'signature' }],
    ['by leaving the host unsigned', authorization(sent, 'host;', ''), { rejected: 'host-not-signed' }],
    [
      'by leaving x-amz-target unsigned',
      authorization(sent, ';x-amz-target', ''),
      { rejected: 'headers-not-signed', names: ['x-amz-target'] },
    ],
    [
      'by adding an x-amz-target',
      withHeader(token, 'x-amz-target', 'T.Op'),
      { rejected: 'headers-not-signed', names: ['x-amz-target'] },
    ],
    [
      'by leaving the token unsigned',
      authorization(token, ';x-amz-security-token', ''),
      { rejected: 'headers-not-signed', names: ['x-amz-security-token'] },
    ],
    [
      'by adding a token',
      withHeader(sent, 'x-amz-security-token', 't'),
      { rejected: 'headers-not-signed', names: ['x-amz-security-token'] },
    ],
    ['in one digit of the signature', withHeader(sent, 'authorization', lastDigit(sent)), { rejected: 'signature' }],
    ['into the scope of another region', authorization(sent, '/us-east-1/', '/us-west-2/'), { rejected: 'signature' }],
    [
      'by a line end in a header',
      withHeader(sent, 'content-type', 'text/plain\nx:y'),
      { rejected: 'malformed', where: 'header' },
    ],
    ['by a line end in the method', { ...sent, method: 'POST\n/' }, { rejected: 'malformed', where: 'method' }],
    [
      'by a NUL in a header',
      withHeader(sent, 'content-type', 'text/plain\0'),
      { rejected: 'malformed', where: 'header' },
    ],
    [
      'by a character that is no byte',
      withHeader(sent, 'content-type', 'text/pla\u0169n'),
      { rejected: 'malformed', where: 'header' },
    ],
    [
      'by a broken escape in the path',
      { ...sent, target: '/a/b%zz?x=1&y=2' },
      { rejected: 'malformed', where: 'path' },
    ],
    [
      'by a broken escape in the query',
      { ...sent, target: '/a/b?x=1&y=2%' },
      { rejected: 'malformed', where: 'query' },
    ],
    [
      'into the absolute form',
      { ...sent, target: 'http://sts.local/a/b?x=1&y=2' },
      { rejected: 'malformed', where: 'path' },
    ],
  ]
  for (const [title, message, expected, changes] of rows) {
    test(`${title} is refused`, () => refused(message, expected, changes))
  }
  test('not at all is accepted', () => {
    accepted(sent)
    accepted(token)
  })
  test('in a header that is not signed is accepted', () => accepted(withHeader(sent, 'user-agent', 'other')))
})

function lastDigit(message: Message): string {
  const text = message.headers.get('authorization') ?? ''
  return `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
}

describe('header smuggling', () => {
  const sent = signRequest(plain({ more: { a: 'x', b: 'y' } }), signer(), sha(body))
  const moved = (a: string, b: string) => withHeader(withHeader(sent, 'a', a), 'b', b)
  test('a value moved to the next header is refused', () => refused(moved('', 'x y'), { rejected: 'signature' }))
  test('a value that imitates the next line is refused', () => {
    refused(withHeader(moved('x\nb:y', 'y'), 'b', undefined), { rejected: 'signed-header-absent' })
    refused(moved('x\nb:y', ''), { rejected: 'malformed', where: 'header' })
  })
  test('a comma where a blank was is refused', () => {
    const spaced = signRequest(plain({ more: { a: 'x y' } }), signer(), sha(body))
    refused(withHeader(spaced, 'a', 'x,y'), { rejected: 'signature' })
    refused(withHeader(spaced, 'a', 'xy'), { rejected: 'signature' })
    accepted(withHeader(spaced, 'a', ' x \t  y '))
  })
})

describe('credential scope', () => {
  const signed = (changes: Partial<Signer>) => signRequest(plain(), signer(changes), sha(body))
  test('of another service is refused', () => {
    refused(signed({ service: 'iam' }), {
      rejected: 'scope',
      faults: [{ part: 'service', got: 'iam', expected: ['sts'] }],
    })
  })
  test('of a region that is not listed is refused', () => {
    const faults = [{ part: 'region', got: 'us-east-1' }] as const
    refused(signed({}), { rejected: 'scope', faults }, { regions: new Set(['eu-west-1']) })
  })
  for (const region of ['', 'us east 1', 'x'.repeat(65), 'us-east-1\n', 'é']) {
    test(`of the region ${JSON.stringify(region)} is refused though any region is served`, () => {
      const message = authorization(signed({}), '/us-east-1/', `/${region}/`)
      refused(message, { rejected: 'scope', faults: [{ part: 'region', got: region }] })
    })
  }
  test('with another terminator is refused', () => {
    const message = authorization(signed({}), '/aws4_request', '/aws5_request')
    refused(message, { rejected: 'scope', faults: [{ part: 'terminator', got: 'aws5_request' }] })
  })
  test('of another day than the time of signing is refused, in UTC', () => {
    const message = authorization(signed({}), '/20260301/', '/20260228/')
    const amzDate = '20260301T120000Z'
    refused(message, { rejected: 'scope', faults: [{ part: 'date', got: '20260228', day: '20260301', amzDate }] })
  })
  test('with several faults names all of them in the order of the message', () => {
    const message = authorization(signed({}), '20260301/us-east-1/sts/aws4_request', 'x//iam/y')
    const verdict = check(message)
    assert.ok(isRejection(verdict) && verdict.rejected === 'scope')
    assert.deepEqual(
      verdict.faults.map(({ part }) => part),
      ['region', 'service', 'terminator', 'date'],
    )
  })
  test('of a region not AWS\u2019s is accepted when any is', () => accepted(signed({ region: 'RegionOne' })))
})

describe('time', () => {
  const at = (seconds: number, changes: Partial<Signer> = {}) =>
    signRequest(plain(), signer({ now: new Date(now.getTime() + seconds * 1000), ...changes }), sha(body))
  const facts = { form: 'header', now: now.getTime(), skewMs: 900_000 } as const
  test('15 minutes ago is accepted, a second more is expired', () => {
    accepted(at(-900))
    refused(at(-901), { rejected: 'expired', amzDate: '20260301T114459Z', time: now.getTime() - 901_000, ...facts })
  })
  test('in 15 minutes is accepted, a second more is not yet current', () => {
    accepted(at(900))
    refused(at(901), { rejected: 'not-yet-current', amzDate: '20260301T121501Z', ...facts })
  })
  test('has five minutes where the service says so', () => {
    const lambda = { services: ['lambda'] }
    accepted(at(-300, { service: 'lambda' }), lambda)
    accepted(at(300, { service: 'lambda' }), lambda)
    refused(at(-301, { service: 'lambda' }), { rejected: 'expired', skewMs: 300_000 }, lambda)
    refused(at(301, { service: 'lambda' }), { rejected: 'not-yet-current' }, lambda)
  })
  test('from the Date header alone is verified and bounded alike', () => {
    const sent = signRequest(plain({ more: { date: now.toUTCString() } }), signer(), sha(body))
    const list = ';x-amz-date'
    const dated = withHeader(authorization(sent, list, ''), 'x-amz-date', undefined)
    refused(dated, { rejected: 'signature' })
    refused(withHeader(dated, 'date', new Date(now.getTime() - 901_000).toUTCString()), { rejected: 'expired' })
  })
  test('is reported before scope and signature', () => {
    refused(at(-901, { service: 'iam', secret: new Secret('other') }), { rejected: 'expired' })
  })
})

describe('presigned requests', () => {
  const url = (expires: number, changes: Partial<Signer> = {}, target = '/?Action=GetCallerIdentity') =>
    presign(plain({ method: 'GET', target }), signer({ service: 'dynamodb', ...changes }), expires)
  const seconds = (n: number) => ({ now: new Date(now.getTime() + n * 1000) })
  const dynamodb = { services: ['dynamodb'], payloadHash: sha('') }
  test('live as long as X-Amz-Expires says', () => {
    accepted(url(60), { ...dynamodb, ...seconds(60) })
    refused(url(60), { rejected: 'url-expired', expires: 60 }, { ...dynamodb, ...seconds(61) })
  })
  test('are not valid long before their time', () => {
    accepted(url(60), { ...dynamodb, ...seconds(-900) })
    refused(url(60), { rejected: 'not-yet-current', form: 'query' }, { ...dynamodb, ...seconds(-901) })
  })
  test('live a week at most', () => {
    accepted(url(604_800), { ...dynamodb, ...seconds(604_800) })
    refused(url(604_801), { rejected: 'expires', why: 'too-long', value: '604801' }, dynamodb)
  })
  test('of STS live 15 minutes whatever X-Amz-Expires says', () => {
    const sts = { payloadHash: sha('') }
    accepted(url(1, { service: 'sts' }), { ...sts, ...seconds(900) })
    refused(url(3600, { service: 'sts' }), { rejected: 'expired', form: 'query' }, { ...sts, ...seconds(901) })
  })
  test('cannot be given a longer life', () => {
    const sent = url(60)
    const longer = { ...sent, target: sent.target.replace('Expires=60', 'Expires=600') }
    refused(longer, { rejected: 'signature' }, dynamodb)
  })
  test('keep their parameters, but for their order', () => {
    const sent = url(60, {}, '/?b=2&a=1')
    refused({ ...sent, target: sent.target.replace('a=1', 'a=2') }, { rejected: 'signature' }, dynamodb)
    refused({ ...sent, target: `${sent.target}&c=3` }, { rejected: 'signature' }, dynamodb)
    accepted({ ...sent, target: sent.target.replace('b=2&a=1', 'a=1&b=2') }, dynamodb)
  })
  test('sign their host', () => refused(withHeader(url(60), 'host', 'evil'), { rejected: 'signature' }, dynamodb))
  test('sign their body, if they have one', () => {
    refused(url(60), { rejected: 'signature' }, { ...dynamodb, payloadHash: sha('x') })
  })
  test('sign their token', () => {
    const sent = url(60, { token: 't+0' })
    accepted(sent, dynamodb)
    refused({ ...sent, target: sent.target.replace('t%2B0', 't%2B1') }, { rejected: 'signature' }, dynamodb)
    const bare = url(60)
    refused({ ...bare, target: `${bare.target}&X-Amz-Security-Token=t` }, { rejected: 'signature' }, dynamodb)
  })
  test('may have an unsigned token only where the service lets it be appended', () => {
    const iot = { ...dynamodb, services: ['iotdevicegateway'] }
    const sent = url(60, { service: 'iotdevicegateway', token: 't' })
    assert.ok(sent.target.endsWith('&X-Amz-Security-Token=t'))
    accepted(sent, iot)
    const before = url(60, { service: 'iotdevicegateway' }, '/?X-Amz-Security-Token=t')
    accepted(before, iot)
    refused({ ...sent, target: `${sent.target}&x=1` }, { rejected: 'signature' }, iot)
  })
})

describe('the body of a service that is not S3', () => {
  test('is hashed, whatever x-amz-content-sha256 says', () => {
    accepted(signRequest(plain({ more: { 'x-amz-content-sha256': sha('other') } }), signer(), sha(body)))
  })
  for (const form of ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']) {
    test(`cannot be ${form}`, () => {
      refused(signRequest(plain({ more: { 'x-amz-content-sha256': form } }), signer(), form), { rejected: 'signature' })
    })
  }
  test('must be given: without its hash nothing is verified', () => {
    assert.throws(() => check(signRequest(plain(), signer(), sha(body)), { payloadHash: undefined }), TypeError)
  })
})

describe('signing keys kept between requests', () => {
  const sent = signRequest(plain(), signer(), sha(body))
  const presented = readAuthorization(sent) as Presented
  test('are kept after a signature that was right', () => {
    const cache = createSigningKeys(10)
    accepted(sent, { keys: { cache, identity: 'k/1' } })
    assert.ok(cache.find('k/1', presented))
    accepted(sent, { keys: { cache, identity: 'k/1' }, secret: new Secret('not looked at: the key is kept') })
  })
  test('are not kept after one that was wrong', () => {
    const cache = createSigningKeys(10)
    refused(sent, { rejected: 'signature' }, { keys: { cache, identity: 'k/1' }, secret: new Secret('other') })
    assert.equal(cache.size, 0)
  })
  test('do not serve another credential', () => {
    const cache = createSigningKeys(10)
    accepted(sent, { keys: { cache, identity: 'k/1' } })
    refused(sent, { rejected: 'signature' }, { keys: { cache, identity: 'k/2' }, secret: new Secret('other') })
  })
})

test('an invalid time or no service is misuse', () => {
  const sent = signRequest(plain(), signer(), sha(body))
  assert.throws(() => check(sent, { now: new Date(Number.NaN) }), TypeError)
  assert.throws(() => check(sent, { services: [] }), TypeError)
})
