// Identity pools on the wire: what stands in answers and refusals to the letter, what pages may read, and input that is
// none.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makePool } from './pools.ts'
import { testServer } from './server.ts'

const server = await testServer()
const admin = server.as(server.root)

describe('on the wire', () => {
  async function raw(operation: string, body: string) {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityService.${operation}`,
        origin: 'https://app.example',
      },
      body,
    })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
  }

  test('credentials have AWS’s names and an expiry in seconds; pages of any origin may read them', async () => {
    const { IdentityPoolId } = await makePool(admin)
    const { status, body, headers } = await raw(
      'GetCredentialsForIdentity',
      JSON.stringify({ IdentityId: (await raw('GetId', JSON.stringify({ IdentityPoolId }))).body.IdentityId }),
    )
    assert.equal(status, 200)
    const credentials = body.Credentials as Record<string, unknown>
    assert.deepEqual(Object.keys(credentials).sort(), ['AccessKeyId', 'Expiration', 'SecretKey', 'SessionToken'])
    assert.equal(credentials.Expiration, Math.floor(server.now().getTime() / 1000) + 3600)
    assert.equal(headers.get('access-control-allow-origin'), '*')
    assert.equal(headers.get('content-type'), 'application/x-amz-json-1.1')
  })

  test('a refusal says its code and sentence in headers as well', async () => {
    const { IdentityPoolId } = await makePool(admin, { AllowUnauthenticatedIdentities: false })
    const { status, body, headers } = await raw('GetId', JSON.stringify({ IdentityPoolId }))
    const message = 'Unauthenticated access is not supported for this identity pool.'
    assert.equal(status, 400)
    assert.deepEqual(body, { __type: 'NotAuthorizedException', message })
    assert.equal(headers.get('x-amzn-errortype'), 'NotAuthorizedException:')
    assert.equal(headers.get('x-amzn-errormessage'), message)
    assert.equal(
      headers.get('access-control-expose-headers'),
      'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date',
    )
  })

  const many = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`p${at}.example`, 't']))
  const malformed: readonly (readonly [title: string, operation: string, body: object, code: RegExp])[] = [
    ['a pool id that is none', 'GetId', { IdentityPoolId: '../other' }, /ValidationException$/],
    ['a pool id too long', 'GetId', { IdentityPoolId: `us-east-1:${'0'.repeat(50)}` }, /ValidationException$/],
    [
      'an identity id with a line end',
      'GetCredentialsForIdentity',
      { IdentityId: 'us-east-1:0\n' },
      /ValidationException$/,
    ],
    [
      'an identity id that is a list',
      'GetCredentialsForIdentity',
      { IdentityId: ['us-east-1:0'] },
      /SerializationException$/,
    ],
    ['too many logins', 'GetId', { IdentityPoolId: 'us-east-1:0', Logins: many }, /ValidationException$/],
    [
      'a token too long',
      'GetId',
      { IdentityPoolId: 'us-east-1:0', Logins: { a: 'x'.repeat(50_001) } },
      /ValidationException$/,
    ],
    ['no identity', 'GetOpenIdToken', {}, /ValidationException$/],
    [
      'a login under a name in another case, which would have been a guest',
      'GetCredentialsForIdentity',
      { IdentityId: 'us-east-1:0', logins: { a: 'x' } },
      /ValidationException$/,
    ],
    ['a pool that is not there', 'GetId', { IdentityPoolId: 'us-east-1:0' }, /^ResourceNotFoundException$/],
  ]
  for (const [title, operation, input, code] of malformed) {
    test(`${title} is refused`, async () => {
      const { status, body } = await raw(operation, JSON.stringify(input))
      assert.equal(status, 400)
      assert.match(String(body.__type), code)
    })
  }

  test('the server reported no failure, and the audit holds no token', async () => {
    assert.deepEqual(server.reported, [])
    for (const journal of ['audit', 'refusals']) {
      for await (const { text } of server.engine.store.scan(journal, new Date(0))) {
        assert.doesNotMatch(text, /eyJ[\w-]+\.[\w-]+\./)
      }
    }
  })
})
