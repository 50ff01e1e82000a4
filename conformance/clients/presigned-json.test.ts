// Requests of JSON services that are signed in their query, or have their session token there, as AWS documents it: made by AWS's
// own signer, and changed as an attacker would.
import { deepEqual, equal, match } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { DeleteAccessKeyCommand } from '@aws-sdk/client-iam'
import { SignatureV4 } from '@smithy/signature-v4'
import { Secret } from '../../src/core/secret.ts'
import { presign } from '../../src/core/sigv4/sign.ts'
import { type Call, operation, unsupported } from '../../src/service/operation.ts'
import { relayed } from '../../src/service/relayed.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { allow, assume, manager, person, policy, role, trusts } from './people.ts'
import { type Answer, type Sent, send } from './raw.ts'
import { type Keys, testServer } from './server.ts'
import { Sha256 } from './sha256.ts'

/** Who asked the backend for what. */
let passedOn: string[] = []
const passing = operation<object, object, true>({
  signature: 'required',
  load: () => true,
  checks: (_input, _target, { operation: name, identity }) => {
    const owner = identity.kind === 'session' ? identity.pass.account : 'account' in identity ? identity.account : ''
    return [{ action: `dynamodb:${name}`, resource: '*', owner }]
  },
  handle(input, _target, { operation: name, identity }: Call) {
    passedOn.push(`${identity.kind} ${name} ${JSON.stringify(input)}`)
    return relayed({ status: 200, body: '{}' })
  },
  audit: { readOnly: true },
})
const none = Object.fromEntries(contractOf('dynamodb').operationNames.map((name) => [name, unsupported('not here')]))
const server = await testServer({
  backends: { find: () => undefined, serves: () => true },
  operations: { dynamodb: { ...none, GetItem: passing, DeleteItem: passing } },
})
const admin = await manager(server)
const ann = await person(admin, 'ann', allow(['dynamodb:*', 'sts:*', 'organizations:*']))
const arn = await role(admin, 'Reader', trusts(ann.arn), { permissions: allow('dynamodb:*') })
const session = (await assume(server, server.as(ann.keys), arn)).keys
const other = (await assume(server, server.as(ann.keys), arn)).keys

interface Asked {
  readonly keys?: Keys
  readonly service?: string
  readonly target?: string
  readonly body?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Seconds that it is good for. */
  readonly expiresIn?: number
  /** Seconds ago that it was signed. */
  readonly ago?: number
  /** Headers that may not go to the query; by default the target. */
  readonly stay?: readonly string[]
}

const input = '{"TableName":"table","Key":{"id":{"S":"a"}}}'
const getItem = 'DynamoDB_20120810.GetItem'

const signerOf = ({ keys = session, service = 'dynamodb' }: Asked) =>
  new SignatureV4({ credentials: keys, region: 'us-east-1', service, sha256: Sha256 as never, applyChecksum: false })

const unsigned = ({ target = getItem, body = input, query = {}, headers = {} }: Asked) => ({
  ...{
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: server.port,
    path: '/',
    query: { ...query },
    body,
  },
  headers: {
    host: `127.0.0.1:${server.port}`,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
    ...headers,
  },
})

const signingDate = ({ ago = 0 }: Asked) => new Date(server.now().getTime() - ago * 1000)

type Signed = Awaited<ReturnType<SignatureV4['presign']>>

/** Signed in the query. */
const presigned = (asked: Asked = {}): Promise<Signed> =>
  signerOf(asked).presign(unsigned(asked), {
    signingDate: signingDate(asked),
    expiresIn: asked.expiresIn ?? 60,
    unhoistableHeaders: new Set(asked.stay ?? ['x-amz-target']),
  })

const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** As it goes on the wire; `more` is appended to its query as it stands. */
const sentOf = ({ method, query = {}, headers, body }: Signed, more = ''): Sent => {
  const text = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(String(value))}`)
  const whole = [...text, ...(more === '' ? [] : [more])].join('&')
  return {
    method,
    target: whole === '' ? '/' : `/?${whole}`,
    headers: Object.entries(headers).flat(),
    body: body as string,
  }
}

async function answer(signed: Signed, more?: string): Promise<Answer & { readonly passed: readonly string[] }> {
  passedOn = []
  return { ...(await send(server.port, sentOf(signed, more))), passed: passedOn }
}

/** The same request with another query, headers or body. */
const changed = (signed: Signed, change: Partial<Pick<Signed, 'query' | 'headers' | 'body' | 'method'>>): Signed =>
  ({ ...signed, ...change }) as Signed

const without = (table: Readonly<Record<string, unknown>>, name: string) =>
  Object.fromEntries(Object.entries(table).filter(([key]) => key !== name)) as never

describe('signed in the query', () => {
  test('with a session token there, and the target in a signed header', async () => {
    const signed = await presigned()
    equal(typeof signed.query?.['X-Amz-Security-Token'], 'string')
    const { status, passed } = await answer(signed)
    deepEqual([status, passed], [200, [`session GetItem ${input}`]])
  })
  test('with a long-term key', async () => {
    const { status, passed } = await answer(await presigned({ keys: ann.keys }))
    deepEqual([status, passed], [200, [`user GetItem ${input}`]])
  })
  test('as long as it says', async () => {
    equal((await answer(await presigned({ ago: 3000, expiresIn: 3600 }))).status, 200)
  })
  test('of another JSON service', async () => {
    const target = 'AWSOrganizationsV20161128.DescribeOrganization'
    const { status, text } = await answer(
      await presigned({ keys: ann.keys, service: 'organizations', target, body: '{}' }),
    )
    equal(status, 200)
    match(text, /"MasterAccountId"/)
  })
})

describe('signed in the header, with the token in the query', () => {
  /** Signed without a token of its own, over the query as it is. */
  const half = async (asked: Asked, query: Readonly<Record<string, string>>) => {
    const { sessionToken: _, ...keys } = asked.keys ?? session
    return (await signerOf({ ...asked, keys }).sign(unsigned({ ...asked, query }), {
      signingDate: signingDate(asked),
    })) as Signed
  }
  const token = { 'X-Amz-Security-Token': session.sessionToken ?? '' }
  test('that is among what was signed is accepted', async () => {
    const { status, passed } = await answer(await half({}, token))
    deepEqual([status, passed], [200, [`session GetItem ${input}`]])
  })
  test('that was added after signing is not', async () => {
    const signed = await half({}, {})
    const { code, passed } = await answer(changed(signed, { query: token }))
    deepEqual([code, passed], ['InvalidSignatureException', []])
  })
  test('with another token beside it in a header is refused', async () => {
    const headers = { 'x-amz-security-token': other.sessionToken ?? '' }
    const { code, passed } = await answer(await half({ headers }, token))
    deepEqual([code, passed], ['IncompleteSignatureException', []])
  })
  for (const [what, query] of [
    ['a date', { ...token, 'X-Amz-Date': '20260901T120005Z' }],
    ['a time to live', { ...token, 'X-Amz-Expires': '60' }],
    ['the token under another name', { 'x-amz-security-token': session.sessionToken ?? '' }],
    ['anything else', { ...token, TableName: 'other' }],
  ] as const) {
    test(`with ${what} in the query is nothing that is known, signed or not`, async () => {
      const { code, passed } = await answer(await half({}, query))
      deepEqual([code, passed], ['UnknownOperationException', []])
    })
  }
})

describe('signed for a time of', () => {
  /** Whoever signs may write anything: the lifetime is signed as it stands. */
  const lasting = (lifetime: string) => {
    const { query: _, ...message } = unsigned({})
    const signer = { ...session, secret: new Secret(session.secretAccessKey), token: session.sessionToken }
    return presign(
      { method: 'POST', target: '/', headers: new Map(Object.entries(message.headers)) },
      { ...signer, region: 'us-east-1', service: 'dynamodb', now: signingDate({ ago: 1000 }) },
      lifetime as never,
      createHash('sha256').update(input).digest('hex'),
    )
  }
  for (const [lifetime, status] of [
    ['1001', 200],
    ['604800', 200],
    ['999', 400],
    ['0', 400],
    ['-1', 400],
    ['604801', 400],
    ['9007199254740993', 400],
    ['1e6', 400],
    ['+2000', 400],
    ['2000.0', 400],
    ['0x7d0', 400],
    [' 2000', 400],
    ['Infinity', 400],
    ['', 400],
  ] as const) {
    test(`${lifetime || 'nothing'}: ${status === 200 ? 'is good' : 'is refused'}`, async () => {
      passedOn = []
      const { method, target, headers } = lasting(lifetime)
      const answered = await send(server.port, { method, target, headers: [...headers].flat(), body: input })
      deepEqual([answered.status, passedOn.length], [status, status === 200 ? 1 : 0])
    })
  }
  test('a request that is sent again within it is answered again, and not once its key is gone', async () => {
    const eve = await person(admin, 'eve', allow('dynamodb:*'))
    const signed = await presigned({ keys: eve.keys, expiresIn: 3600 })
    deepEqual([(await answer(signed)).status, (await answer(signed)).status], [200, 200])
    const AccessKeyId = eve.keys.accessKeyId
    await admin.iam.send(new DeleteAccessKeyCommand({ UserName: 'eve', AccessKeyId }))
    const { code, passed } = await answer(signed)
    deepEqual([code, passed], ['UnrecognizedClientException', []])
  })
  test('and in the clear not what must be encrypted', async () => {
    const Condition = { Bool: { 'aws:SecureTransport': 'true' } }
    const sue = await person(admin, 'sue', policy({ Action: 'dynamodb:*', Resource: '*', Condition }))
    const headers = { 'x-forwarded-proto': 'https', forwarded: 'proto=https' }
    const { code, passed } = await answer(await presigned({ keys: sue.keys, headers }))
    deepEqual([code, passed], ['AccessDeniedException', []])
  })
})

describe('what an attacker makes of it is refused', () => {
  const refusals: readonly (readonly [what: string, make: () => Promise<Signed>, code: string, more?: string])[] = [
    ['after it has expired', () => presigned({ ago: 61 }), 'InvalidSignatureException'],
    ['from the future', () => presigned({ ago: -16 * 60 }), 'InvalidSignatureException'],
    [
      'for longer than a week',
      () =>
        presigned({ expiresIn: 604_800 }).then((one) =>
          changed(one, { query: { ...one.query, 'X-Amz-Expires': '604801' } }),
        ),
      'InvalidSignatureException',
    ],
    [
      'with another body',
      async () => changed(await presigned(), { body: input.replace('"a"', '"b"') }),
      'InvalidSignatureException',
    ],
    ['with no body', async () => changed(await presigned(), { body: '' }), 'InvalidSignatureException'],
    [
      'with another target',
      async () => {
        const one = await presigned()
        return changed(one, { headers: { ...one.headers, 'x-amz-target': 'DynamoDB_20120810.DeleteItem' } })
      },
      'InvalidSignatureException',
    ],
    [
      'with a target that was not signed',
      async () => {
        const one = await presigned({ stay: [] })
        return changed(one, {
          query: without(one.query ?? {}, 'x-amz-target'),
          headers: { ...one.headers, 'x-amz-target': getItem },
        })
      },
      'InvalidSignatureException',
    ],
    [
      'without its token',
      async () => {
        const one = await presigned()
        return changed(one, { query: without(one.query ?? {}, 'X-Amz-Security-Token') })
      },
      'UnrecognizedClientException',
    ],
    [
      'with a part of its token',
      async () => {
        const one = await presigned()
        return changed(one, {
          query: { ...one.query, 'X-Amz-Security-Token': (session.sessionToken ?? '').slice(0, -8) },
        })
      },
      'UnrecognizedClientException',
    ],
    [
      'with the token of another session',
      async () => {
        const one = await presigned()
        return changed(one, { query: { ...one.query, 'X-Amz-Security-Token': other.sessionToken ?? '' } })
      },
      'UnrecognizedClientException',
    ],
    [
      'with its token in a header as well',
      async () => {
        const one = await presigned()
        return changed(one, { headers: { ...one.headers, 'x-amz-security-token': session.sessionToken ?? '' } })
      },
      'IncompleteSignatureException',
    ],
    [
      'with its token in a header instead, which was not signed',
      async () => {
        const one = await presigned()
        const headers = { ...one.headers, 'x-amz-security-token': session.sessionToken ?? '' }
        return changed(one, { query: without(one.query ?? {}, 'X-Amz-Security-Token'), headers })
      },
      'InvalidSignatureException',
    ],
    [
      'with a signature in the header as well',
      async () => {
        const one = await presigned()
        const authorization = `AWS4-HMAC-SHA256 Credential=${session.accessKeyId}/20260901/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
        return changed(one, { headers: { ...one.headers, authorization } })
      },
      'UnknownOperationException',
    ],
    ['of another service', () => presigned({ service: 'execute-api' }), 'InvalidSignatureException'],
    [
      'with the target in the query',
      () =>
        presigned({ stay: [] }).then((one) => changed(one, { headers: { ...one.headers, 'x-amz-target': getItem } })),
      'UnknownOperationException',
    ],
    ['with a signed parameter more', () => presigned({ query: { TableName: 'other' } }), 'UnknownOperationException'],
    ['with an unsigned parameter more', presigned, 'UnknownOperationException', 'TableName=other'],
    ['with a parameter twice', presigned, 'UnknownOperationException', 'X-Amz-Expires=600'],
    ['with a parameter in another case', presigned, 'UnknownOperationException', 'x-amz-expires=600'],
    ['with a parameter that cannot be read', presigned, 'UnknownOperationException', 'X-Amz-Expires%zz=600'],
    ['by GET', async () => changed(await presigned(), { method: 'GET' }), 'UnknownOperationException'],
  ]
  for (const [what, make, code, more] of refusals) {
    test(what, async () => {
      const refused = await answer(await make(), more)
      deepEqual([refused.status, refused.code, refused.passed], [400, code, []])
    })
  }
  test('below a path, where no API is', async () => {
    passedOn = []
    const sent = sentOf(await presigned())
    const { status, code } = await send(server.port, { ...sent, target: sent.target.replace('/?', '/x?') })
    deepEqual([status, code, passedOn], [400, 'UnknownOperationException', []])
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
