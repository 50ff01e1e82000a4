import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJson, encodeJson } from './aws-json.ts'
import { operationOf } from './contract.ts'

const getId = operationOf('cognito-identity', 'GetId')
const listPools = operationOf('cognito-identity', 'ListIdentityPools')
const developer = operationOf('cognito-identity', 'GetOpenIdTokenForDeveloperIdentity')
const invite = operationOf('organizations', 'InviteOrganizationToTransferResponsibility')

describe('an awsJson request is decoded', () => {
  const rows = [
    [
      'members as spelled',
      getId,
      '{"IdentityPoolId":"p","Logins":{"a":"b"}}',
      { IdentityPoolId: 'p', Logins: { a: 'b' } },
    ],
    ['an empty body is an empty object', getId, '', {}],
    ['unknown members are ignored', getId, '{"x":{"y":[1]},"IdentityPool":"p"}', {}],
    ['null is absence', getId, '{"IdentityPoolId":null}', {}],
    ['integers', listPools, '{"MaxResults":-0}', { MaxResults: 0 }],
    ['64-bit integers', developer, '{"TokenDuration":9007199254740991}', { TokenDuration: 9007199254740991 }],
    [
      'times are epoch seconds',
      invite,
      '{"StartTimestamp":1704164645.5}',
      { StartTimestamp: new Date('2024-01-02T03:04:05.500Z') },
    ],
    ['inherited names are unknown members', getId, '{"__proto__":{"IdentityPoolId":"p"},"constructor":1}', {}],
  ] as const
  for (const [title, operation, body, input] of rows) {
    it(title, () => assert.deepEqual(decodeJson(operation, Buffer.from(body)), { input }))
  }
  it('a key __proto__ of a map is only a key', () => {
    const answer = decodeJson(getId, Buffer.from('{"Logins":{"__proto__":"x"}}'))
    assert.ok('input' in answer)
    assert.deepEqual(Object.entries(answer.input.Logins as object), [['__proto__', 'x']])
  })
})

describe('SerializationException refuses', () => {
  const rows = [
    ['what is no JSON', getId, '{', ''],
    ['what is no object', getId, '[]', ''],
    ['a name twice', getId, '{"IdentityPoolId":"a","IdentityPoolId":"b"}', ''],
    ['a number for a text', getId, '{"IdentityPoolId":1}', 'NUMBER_VALUE cannot be converted to String'],
    ['a fraction for a text', getId, '{"IdentityPoolId":1.5}', 'DECIMAL_VALUE cannot be converted to String'],
    ['a boolean for a text', getId, '{"IdentityPoolId":true}', 'TRUE_VALUE cannot be converted to String'],
    ['a text for an integer', listPools, '{"MaxResults":"1"}', 'STRING_VALUE cannot be converted to Integer'],
    ['a fraction for an integer', listPools, '{"MaxResults":1.5}', 'DECIMAL_VALUE cannot be converted to Integer'],
    [
      'an integer beyond 32 bits',
      listPools,
      '{"MaxResults":2147483648}',
      'NUMBER_VALUE cannot be converted to Integer',
    ],
    [
      'an integer beyond what is exact',
      developer,
      '{"TokenDuration":9007199254740993}',
      'NUMBER_VALUE cannot be converted to Long',
    ],
    ['an infinite integer', developer, '{"TokenDuration":1e999}', 'DECIMAL_VALUE cannot be converted to Long'],
    ['a list for a text', getId, '{"IdentityPoolId":[]}', 'Start of list found where not expected'],
    ['an object for a text', getId, '{"IdentityPoolId":{}}', 'Start of structure or map found where not expected.'],
    ['a list for a map', getId, '{"Logins":[]}', 'Start of list found where not expected'],
    ['null in a map', getId, '{"Logins":{"a":null}}', 'NULL_VALUE cannot be converted to String'],
    ['a time beyond all times', invite, '{"StartTimestamp":1e300}', 'NUMBER_VALUE cannot be converted to Timestamp'],
    ['a text for a time', invite, '{"StartTimestamp":"2024-01-02"}', 'STRING_VALUE cannot be converted to Timestamp'],
  ] as const
  for (const [title, operation, body, message] of rows) {
    it(title, () => {
      const answer = decodeJson(operation, Buffer.from(body))
      assert.ok('refused' in answer)
      assert.deepEqual(
        [answer.refused.code, answer.refused.status, answer.refused.message],
        ['SerializationException', 400, message],
      )
    })
  }
})

describe('ValidationException refuses a member whose name differs from a known one in case alone', () => {
  const roles = operationOf('cognito-identity', 'SetIdentityPoolRoles')
  const rows = [
    ['at the top', getId, '{"IdentityPoolId":"p","logins":{"a":"b"}}', 'logins', 'Logins'],
    ['whatever its type', getId, '{"LOGINS":7}', 'LOGINS', 'Logins'],
    ['also when it is null', getId, '{"identityPoolId":null}', 'identityPoolId', 'IdentityPoolId'],
    ['beside the right one', getId, '{"IdentityPoolId":"p","identitypoolid":"q"}', 'identitypoolid', 'IdentityPoolId'],
    [
      'in a structure of a map',
      roles,
      '{"RoleMappings":{"p":{"Type":"Token","ambiguousRoleResolution":"Deny"}}}',
      'ambiguousRoleResolution',
      'AmbiguousRoleResolution',
    ],
  ] as const
  for (const [title, operation, body, given, known] of rows) {
    it(title, () => {
      const answer = decodeJson(operation, Buffer.from(body))
      assert.ok('refused' in answer)
      assert.deepEqual(
        [answer.refused.code, answer.refused.status, answer.refused.message],
        [
          'ValidationException',
          400,
          `${given} is not a member of this request: it differs from ${known} in case alone.`,
        ],
      )
    })
  }
  it('and accepts keys of maps as they are', () => {
    const answer = decodeJson(getId, Buffer.from('{"Logins":{"logins":"x"}}'))
    assert.deepEqual(answer, { input: { Logins: { logins: 'x' } } })
  })
})

describe('an awsJson answer is encoded', () => {
  it('members, times as epoch seconds, nothing that the contract does not name', () => {
    const output = {
      IdentityId: 'i',
      Credentials: { SecretKey: 's"', Expiration: new Date(1500) },
      Unknown: 1,
      $metadata: {},
    }
    assert.equal(
      encodeJson(operationOf('cognito-identity', 'GetCredentialsForIdentity'), output),
      '{"IdentityId":"i","Credentials":{"SecretKey":"s\\"","Expiration":1.5}}',
    )
  })
  it('no output is an empty object', () => {
    assert.equal(encodeJson(operationOf('cognito-identity', 'DeleteIdentityPool'), {}), '{}')
  })
  it('a value of another type than the contract says is a programming error', () => {
    assert.throws(() => encodeJson(operationOf('cognito-identity', 'GetId'), { IdentityId: 1 }), TypeError)
  })
})
