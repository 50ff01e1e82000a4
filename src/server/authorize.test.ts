// A service that no SDK types, put together of the pipeline's steps: its own names, a head that is identified before any of
// the body is read, a signed caller, a decision, a streamed body, and the audit.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import type { Message } from '../core/http.ts'
import { allowanceFor } from '../core/policy/allowance.ts'
import { compile } from '../core/policy/compile.ts'
import type { Compiled } from '../core/policy/model.ts'
import { Secret } from '../core/secret.ts'
import { createSigningKeys } from '../core/sigv4/keys.ts'
import { signRequest } from '../core/sigv4/sign.ts'
import { createKnownCertificates } from '../federation/x509/presented.ts'
import { createAuthenticator } from '../service/access/authenticate.ts'
import type { Decided } from '../service/access/authorize.ts'
import { readEntry } from '../service/audit/entry.ts'
import { AUDIT_JOURNAL, type Audit, createAudit } from '../service/audit/journal.ts'
import { REFUSALS_JOURNAL } from '../service/audit/refusals.ts'
import type { Check } from '../service/operation.ts'
import { openSqlite } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { refusal } from '../wire/errors.ts'
import { errorBytes } from '../wire/respond.ts'
import type { BodyRule } from '../wire/services.ts'
import { createAdmit } from './admit.ts'
import { authorize, authorizeBatches } from './authorize.ts'
import { RequestCall } from './call.ts'
import { type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { byHost, hosts } from './hosts.ts'
import { asRefusal } from './perform.ts'
import { type Charge, chargeForRefusal } from './refusal-charge.ts'

const now = new Date('2026-03-01T12:00:00Z')
const account = '111122223333'
const keyId = 'AKIAALICE'
const secret = new Secret('secret of alice')
const protocol = 'aws-query'

const policyOf = (action: string, resource: string, condition: object = {}): Compiled =>
  compile(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: action, Resource: resource, Condition: condition }],
    }),
    { kind: 'identity', source: 'objects' },
  )

const alice = {
  ...({ version: 1, tags: [], scps: [], rcps: [], kind: 'user', id: 'AIDAALICE' } as const),
  account: { id: account, name: account, status: 'ACTIVE', createdAt: '2026-01-01T00:00:00Z' } as const,
  arn: `arn:aws:iam::${account}:user/alice`,
  record: { account, id: 'AIDAALICE', name: 'alice', path: '/', createdAt: '2026-01-01T00:00:00Z', tags: [] },
  identity: [
    policyOf('s3:PutObject', 'arn:aws:s3:::shelf/*', { StringEquals: { 's3:x-amz-storage-class': 'STANDARD' } }),
  ],
}

/** What the head of a request to the store of objects says. */
interface Head {
  readonly name: 'PutObject'
  readonly key: string
  readonly storageClass: string
  readonly body: BodyRule
}

function identifyObject({ method, target, headers }: Message): Head | undefined {
  const bucket = headers.get('host')?.split('.')[0]
  if (method !== 'PUT' || bucket === undefined) return undefined
  const storageClass = headers.get('x-amz-storage-class') ?? 'STANDARD'
  return { name: 'PutObject', key: `${bucket}${target}`, storageClass, body: 'streamed' }
}

/** Reads a body as it comes, and refuses one that is not what the signature covers. */
async function received(body: Readable, stated: string, took: (bytes: number) => void): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of body) {
    took(piece.length)
    pieces.push(piece as Buffer)
  }
  const bytes = Buffer.concat(pieces)
  if (hash('sha256', bytes, 'hex') !== stated) {
    throw refusal('XAmzContentSHA256Mismatch', 400, 'Not the body that was signed.')
  }
  return bytes.toString()
}

interface World {
  readonly audit: Audit
  readonly store: Store
  readonly objects: Map<string, string>
  readonly charge: Charge
  /** What refused requests were charged. */
  readonly charged: unknown[][]
  readonly handler: Handler
}

const subjects = { byId: (_: string, id: string) => (id === alice.id ? alice : undefined) } as never

function objectStore({ audit, objects, charge }: Pick<World, 'audit' | 'objects' | 'charge'>): Handler {
  const metrics = { decided: () => {}, opened: () => {}, signatureFailed: () => {} }
  const within = () => true
  const identity = { kind: 'user', account, principal: alice.id, accessKeyId: keyId } as const
  const authenticator = createAuthenticator({
    credentials: { byKeyId: (id) => (id === keyId ? { identity, active: true, secret, name: id } : undefined) },
    passes: { open: () => ({ rejected: 'garbled' }) } as never,
    subjects,
    signingKeys: createSigningKeys(10),
    certificates: createKnownCertificates(),
  })
  const admit = createAdmit({ authenticator, audit, lastUses: { note: () => {} }, metrics, within })

  async function answer(exchange: Exchange, message: Message, { name, key, storageClass }: Head): Promise<Reply> {
    const request = { exchange, contract: { service: 's3', name }, now }
    const endpoint = { signingName: 's3', signature: 'required', protocol, payloadHash: undefined } as const
    const caller = await admit(message, endpoint, request)
    const call = new RequestCall(request, caller, within)
    const decided: Decided[] = []
    let bodyBytes = 0
    const resource = `arn:aws:s3:::${key}`
    const resources = () => [{ accountId: account, type: 'AWS::S3::Object', ARN: resource }]
    const outcome = {
      call,
      operation: { audit: { readOnly: false, resources } },
      target: key,
      input: { key },
      decided,
    }
    try {
      const keys = new Map([['s3:x-amz-storage-class', storageClass]])
      await authorize(
        { subjects, metrics },
        call,
        [{ action: `s3:${name}`, resource, owner: account, keys }],
        decided,
        protocol,
      )
      const stated = caller.verified?.payload ?? ''
      const object = await received(exchange.body.stream(), stated, (bytes) => {
        bodyBytes += bytes
      })
      await audit.write([audit.successEntry({ ...outcome, output: {} })])
      objects.set(key, object)
      return { status: 200, headers: [], body: '' }
    } catch (error) {
      chargeForRefusal(charge, { exchange, caller, decided, bodyBytes, now })
      await audit.recordRefusal({ ...outcome, refused: asRefusal(error, protocol) })
      throw error
    }
  }

  return async (exchange) => {
    const { message, requestId } = exchange
    try {
      const head = isRepeated(message) ? undefined : identifyObject(message)
      if (head === undefined || isRepeated(message)) throw refusal('MethodNotAllowed', 405, 'No such operation.')
      return await answer(exchange, message, head)
    } catch (error) {
      const { status, body } = errorBytes(protocol, asRefusal(error, protocol), requestId)
      return { status, headers: [], body }
    }
  }
}

async function opened(): Promise<World> {
  const store = await openSqlite(':memory:', [], { clock: () => now })
  const audit = createAudit({ store, clock: () => now, retentionMs: 90 * 86_400_000, maxPending: 100 })
  const objects = new Map<string, string>()
  const charged: unknown[][] = []
  const charge: Charge = (kind, name, _, cost) => void charged.push([kind, name, cost])
  const names = hosts([
    { role: 'objects', one: 'a name of objects', names: ['*.objects.test'] },
    { role: 'apis', one: 'a name of the APIs', names: ['api.test'] },
  ])
  assert.ok(!('invalid' in names))
  const apis: Handler = () => ({ status: 400, headers: [], body: 'an API' })
  const handler = byHost(
    names,
    [
      { role: 'objects', cookies: 'signed', methods: 'any', handler: objectStore({ audit, objects, charge }) },
      { role: 'apis', cookies: 'signed', methods: 'any', handler: apis },
    ],
    apis,
  )
  return { audit, store, objects, charge, charged, handler }
}

interface Sent {
  readonly host?: string
  readonly key?: string
  readonly secret?: Secret | undefined
  readonly storageClass?: string
  readonly body?: string
  /** What the body really is. */
  readonly sent?: string
}

/** Sends one request; `read` says whether anything asked for its body. */
async function put({ handler }: World, options: Sent = {}) {
  const { host = 'shelf.objects.test', key = '/book', storageClass = 'STANDARD', body = 'words' } = options
  const by = 'secret' in options ? options.secret : secret
  const unsigned: Message = {
    method: 'PUT',
    target: key,
    headers: new Map([
      ['host', host],
      ['x-amz-storage-class', storageClass],
    ]),
  }
  const signer = by && { accessKeyId: keyId, secret: by, region: 'us-east-1', service: 's3', now }
  const message = signer === undefined ? unsigned : signRequest(unsigned, signer, hash('sha256', body, 'hex'))
  let read = false
  const stream = () => {
    read = true
    return Readable.from([Buffer.from(options.sent ?? body)])
  }
  const bytes = async () => assert.fail('a streamed body is not read whole')
  const { status, body: answered } = await handler({
    requestId: '0195512d-9c00-7000-8000-000000000000',
    message,
    from: { address: '192.0.2.1', tls: true, userAgent: 'test', host },
    body: { bytes, stream },
    signal: new AbortController().signal,
    receivedAt: now,
  })
  return { status, read, code: /<Code>(\w+)</.exec(String(answered))?.[1], text: String(answered) }
}

async function recordsOf({ store, audit }: World, journal: string) {
  await audit.close()
  const entries: ReturnType<typeof readEntry>[] = []
  for await (const { text } of store.scan(journal, new Date(0))) entries.push(readEntry(text))
  return entries
}

describe('a service that no SDK types', () => {
  test('takes a streamed body of a caller that policies allow, and records it with who and what', async () => {
    const world = await opened()
    assert.deepEqual(await put(world), { status: 200, read: true, code: undefined, text: '' })
    assert.deepEqual([...world.objects], [['shelf/book', 'words']])
    const [entry] = await recordsOf(world, AUDIT_JOURNAL)
    const [record] = entry?.records ?? []
    assert.ok(record)
    const { eventName, eventSource, userIdentity, errorCode, requestParameters, resources } = record
    assert.deepEqual([eventSource, eventName, errorCode], ['s3.amazonaws.com', 'PutObject', undefined])
    assert.equal(userIdentity.arn, alice.arn)
    assert.deepEqual(requestParameters, { key: 'shelf/book' })
    assert.deepEqual(resources, [{ accountId: account, type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::shelf/book' }])
  })

  for (const [what, sent] of [
    ['another resource', { host: 'other.objects.test' }],
    ['another value of the service’s own context key', { storageClass: 'GLACIER' }],
  ] as const) {
    test(`reads nothing of the body of a caller that is denied: ${what}`, async () => {
      const world = await opened()
      const { status, read, code, text } = await put(world, sent)
      assert.deepEqual([status, read, code], [403, false, 'AccessDenied'])
      assert.match(text, /user\/alice is not authorized to perform: s3:PutObject on resource: /)
      assert.equal(world.objects.size, 0)
      const [entry] = await recordsOf(world, AUDIT_JOURNAL)
      assert.equal(entry?.records[0]?.errorCode, 'AccessDenied')
      assert.equal(entry?.records[0]?.userIdentity.arn, alice.arn)
    })
  }

  for (const [what, by, code] of [
    ['unsigned', undefined, 'MissingAuthenticationToken'],
    ['signed with another secret', new Secret('another'), 'SignatureDoesNotMatch'],
  ] as const) {
    test(`reads nothing of a request that is ${what}, and records it as of nobody`, async () => {
      const world = await opened()
      const answered = await put(world, { secret: by })
      assert.deepEqual([answered.status, answered.read, answered.code], [403, false, code])
      const [entry] = await recordsOf(world, REFUSALS_JOURNAL)
      assert.equal(entry?.records[0]?.eventName, 'PutObject')
      assert.equal(entry?.records[0]?.errorCode, code)
      assert.equal(entry?.records[0]?.userIdentity.arn, undefined)
    })
  }

  test('refuses a streamed body that is not the signed one, has it paid for, and records that', async () => {
    const world = await opened()
    const { code, read } = await put(world, { sent: 'x'.repeat(3000) })
    assert.deepEqual([code, read], ['XAmzContentSHA256Mismatch', true])
    assert.deepEqual(world.charged, [
      ['address', '192.0.2.1', 2],
      ['key', keyId, 2],
    ])
    assert.equal(world.objects.size, 0)
    const [entry] = await recordsOf(world, AUDIT_JOURNAL)
    assert.equal(entry?.records[0]?.errorCode, 'XAmzContentSHA256Mismatch')
  })

  test('is identified under the names of its role alone', async () => {
    const world = await opened()
    assert.equal((await put(world, { host: 'api.test' })).text, 'an API')
    assert.equal((await put(world, { host: 'other.test' })).status, 404)
    assert.equal(world.objects.size, 0)
  })
})

describe('authorize', () => {
  const who = { ...{ subject: alice, allowance: allowanceFor(1), keys: new Map() }, from: { userAgent: '' } }
  const caller = {
    ...who,
    identity: { kind: 'user', account, principal: alice.id, accessKeyId: keyId },
    name: {
      requester: { kind: 'user', account, arn: alice.arn, principalArn: alice.arn, principalId: alice.id },
      type: 'User',
      userId: alice.id,
    },
  } as never
  const parts = { subjects, metrics: { decided: () => {} } }
  const check = (key: string): Check => ({
    action: 's3:PutObject',
    resource: `arn:aws:s3:::${key}`,
    owner: account,
    keys: new Map([['s3:x-amz-storage-class', 'STANDARD']]),
  })
  const allowed = check('shelf/book')
  const denied = check('other/book')

  test('a request that asks nothing gets no answer', () => {
    assert.throws(() => authorize(parts, caller, [], [], protocol), TypeError)
  })
  test('nothing is decided after a denied check', () => {
    const decided: Decided[] = []
    assert.throws(() => authorize(parts, caller, [allowed, denied, allowed], decided, protocol), {
      code: 'AccessDenied',
    })
    assert.deepEqual(
      decided.map(({ decision }) => decision.allow),
      [true, false],
    )
  })
  test('but where denials are reported, every check is', async () => {
    const decided: Decided[] = []
    await authorize(parts, caller, [denied, allowed], decided, 'report')
    assert.deepEqual(
      decided.map(({ decision }) => decision.allow),
      [false, true],
    )
  })
  test('no batch is looked up after a denied check', async () => {
    let looked = 0
    async function* batches() {
      for (const next of [allowed, denied, allowed]) {
        looked++
        yield [next]
      }
    }
    await assert.rejects(authorizeBatches(parts, caller, batches(), [], protocol), { code: 'AccessDenied' })
    assert.equal(looked, 2)
  })
})
