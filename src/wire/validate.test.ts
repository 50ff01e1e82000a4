import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OperationContract, operationOf } from './contract.ts'
import type { OperationName, Sdk } from './operations.ts'
import { validate } from './validate.ts'

const assumeRole = operationOf('sts', 'AssumeRole')
const arn = 'arn:aws:iam::123456789012:role/R'
const valid = { RoleArn: arn, RoleSessionName: 'session' }

const message = (operation: OperationContract, input: object) => validate(operation, input)?.message

describe('STS: one sentence names everything that is wrong', () => {
  const name = "at 'roleSessionName' failed to satisfy constraint:"
  const tagPattern = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
  const rows: readonly (readonly [title: string, input: object, message: string | undefined])[] = [
    ['nothing is wrong', valid, undefined],
    [
      'recorded: a session name with a colon',
      { ...valid, RoleSessionName: 'Session1:2' },
      `1 validation error detected: Value 'Session1:2' ${name} Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    ],
    ['a missing member', { RoleArn: arn }, `1 validation error detected: Value ${name} Member must not be null`],
    [
      'members in order; of one member pattern, then length',
      { RoleArn: 'short', RoleSessionName: '!' },
      `3 validation errors detected: Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value '!' ${name} Member must satisfy regular expression pattern: [\\w+=,.@-]*; Value '!' ${name} Member must have length greater than or equal to 2`,
    ],
    [
      'an integer above its bound',
      { ...valid, DurationSeconds: 43201 },
      "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
    ],
    [
      'an integer below its bound',
      { ...valid, DurationSeconds: 0 },
      "1 validation error detected: Value '0' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    ['a bound itself is within', { ...valid, DurationSeconds: 900 }, undefined],
    [
      'list members are counted from 1, and paths are lowerCamel',
      {
        ...valid,
        Tags: [
          { Key: 'ok', Value: '' },
          { Key: '#', Value: 'v' },
        ],
      },
      `1 validation error detected: Value '#' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ${tagPattern}+`,
    ],
    [
      'a missing member of a list member',
      { ...valid, Tags: [{ Key: 'ok' }] },
      "1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a list that is too long is one failure, and structures are not echoed',
      { ...valid, Tags: Array.from({ length: 51 }, () => ({ Key: '#', Value: '' })) },
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    ],
    [
      'texts in a list are reported together, with every constraint',
      { ...valid, TransitiveTagKeys: ['a', '#'] },
      `1 validation error detected: Value '[a, #]' at 'transitiveTagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${tagPattern}+]`,
    ],
    [
      'a secret is not echoed',
      { RoleArn: arn, PrincipalArn: arn, SAMLAssertion: 'abc' },
      "1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length greater than or equal to 4",
    ],
  ]
  for (const [title, input, expected] of rows) {
    const operation = 'SAMLAssertion' in input ? operationOf('sts', 'AssumeRoleWithSAML') : assumeRole
    it(title, () => assert.equal(message(operation, input), expected))
  }

  it('its code is ValidationError, 400', () => {
    const refused = validate(assumeRole, {})
    assert.deepEqual([refused?.code, refused?.status, refused?.fault], ['ValidationError', 400, 'Sender'])
  })
})

describe('patterns cover the whole value, by code points', () => {
  const rows: readonly (readonly [title: string, input: object, accepted: boolean])[] = [
    ['letters of any script', { Tags: [{ Key: 'größe漢字', Value: '𝒳' }] }, true],
    ['a symbol', { Tags: [{ Key: '😀', Value: '' }] }, false],
    ['a line feed at the end', { RoleSessionName: 'session\n' }, false],
    ['a value after a line feed', { RoleSessionName: '!\nsession' }, false],
    ['digits of other scripts are not \\d', { SerialNumber: 'arn:aws:iam::1:mfa/x', TokenCode: '١٢٣٤٥٦' }, false],
    ['64 code points of 128 units are 64 long', { Tags: [{ Key: '𝒳'.repeat(128), Value: '' }] }, true],
    ['129 code points are too long', { Tags: [{ Key: '𝒳'.repeat(129), Value: '' }] }, false],
  ]
  for (const [title, input, accepted] of rows) {
    it(title, () => assert.equal(message(assumeRole, { ...valid, ...input }) === undefined, accepted))
  }
})

describe('IAM echoes no value', () => {
  const rows: readonly (readonly [title: string, operation: OperationContract, input: object, message: string])[] = [
    [
      'recorded: an enumeration',
      operationOf('iam', 'UpdateAccessKey'),
      { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Status: 'Dead' },
      "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
    ],
    [
      'recorded: too many tags',
      operationOf('iam', 'TagUser'),
      { UserName: 'u', Tags: Array.from({ length: 51 }, () => ({ Key: 'k', Value: 'v' })) },
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    ],
    [
      'recorded: a tag key',
      operationOf('iam', 'TagUser'),
      { UserName: 'u', Tags: [{ Key: '!', Value: 'v' }] },
      "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
    ],
    [
      'recorded: maxItems',
      operationOf('iam', 'ListUsers'),
      { MaxItems: 0 },
      "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000",
    ],
    [
      'recorded: a missing name',
      operationOf('iam', 'CreateUser'),
      {},
      "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null",
    ],
  ]
  for (const [title, operation, input, expected] of rows)
    it(title, () => assert.equal(message(operation, input), expected))
})

describe('IAM’s own sentences, of which one is the whole message', () => {
  const names = 'It must contain only alphanumeric characters and/or the following: +=,.@_-'
  const slashes = 'alphanumeric characters and/or / characters.'
  const rows: readonly (readonly [
    title: string,
    operation: OperationName<Sdk['iam']>,
    input: object,
    message: string,
  ])[] = [
    ['a role name', 'GetRole', { RoleName: 'a b' }, `The specified value for roleName is invalid. ${names}`],
    ['a user name', 'GetUser', { UserName: 'a/b' }, `The specified value for userName is invalid. ${names}`],
    [
      'a new user name',
      'UpdateUser',
      { UserName: 'a', NewUserName: 'é' },
      `The specified value for newUserName is invalid. ${names}`,
    ],
    [
      'a policy name',
      'GetUserPolicy',
      { UserName: 'a', PolicyName: ' ' },
      `The specified value for policyName is invalid. ${names}`,
    ],
    [
      'a path',
      'CreateUser',
      { UserName: 'a', Path: '/x' },
      `The specified value for path is invalid. It must begin and end with / and contain only ${slashes}`,
    ],
    [
      'a new path',
      'UpdateUser',
      { UserName: 'a', NewPath: '//' },
      `The specified value for newPath is invalid. It must begin and end with / and contain only ${slashes}`,
    ],
    [
      'a policy’s path',
      'CreatePolicy',
      { PolicyName: 'P', Path: '/a!b/', PolicyDocument: '{}' },
      `The specified value for path is invalid. It must begin and end with / and contain only ${slashes}`,
    ],
    [
      'a path prefix',
      'ListUsers',
      { PathPrefix: 'x' },
      `The specified value for pathPrefix is invalid. It must begin with the / character and contain only ${slashes}`,
    ],
    [
      'an access key id',
      'DeleteAccessKey',
      { AccessKeyId: 'AKIA/../../../../x' },
      'The specified value for accessKeyId is invalid. It must contain only alphanumeric characters.',
    ],
    [
      'a document',
      'PutUserPolicy',
      { UserName: 'a', PolicyName: 'p', PolicyDocument: '{"Sid":"日本"}' },
      'The specified value for policyDocument is invalid. It must contain only printable ASCII characters.',
    ],
    [
      'a member of a list, named for itself',
      'CreateOpenIDConnectProvider',
      { Url: 'https://idp.example', ClientIDList: ['c', 'c'.repeat(256)] },
      "1 validation error detected: Value at 'clientID' failed to satisfy constraint: Member must have length less than or equal to 255",
    ],
    [
      'of two names, the first',
      'GetUserPolicy',
      { UserName: 'a b', PolicyName: ' ' },
      `The specified value for userName is invalid. ${names}`,
    ],
    [
      'a length comes before every one of them',
      'GetRolePolicy',
      { RoleName: '!', PolicyName: 'p'.repeat(129) },
      "1 validation error detected: Value at 'policyName' failed to satisfy constraint: Member must have length less than or equal to 128",
    ],
    [
      'recorded: a description has none',
      'UpdateRole',
      { RoleName: 'R', Description: '日本' },
      "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    ],
  ]
  for (const [title, operation, input, expected] of rows)
    it(title, () => assert.equal(message(operationOf('iam', operation), input), expected))

  it('a thumbprint of another length is an input that is invalid', () => {
    const operation = operationOf('iam', 'UpdateOpenIDConnectProviderThumbprint')
    const OpenIDConnectProviderArn = `${arn}/idp.example`
    const refused = validate(operation, { OpenIDConnectProviderArn, ThumbprintList: ['a'.repeat(39)] })
    assert.deepEqual(
      [refused?.code, refused?.status, refused?.message],
      ['InvalidInput', 400, 'Thumbprint must be exactly 40 characters.'],
    )
  })

  it('GetRole without a name is missing a parameter', () => {
    const refused = validate(operationOf('iam', 'GetRole'), {})
    assert.deepEqual(
      [refused?.code, refused?.status, refused?.message],
      ['MissingParameter', 400, 'The request must contain the parameter RoleName.'],
    )
  })

  it('STS has none of them', () =>
    assert.match(
      message(assumeRole, { ...valid, RoleSessionName: 'a b' }) ?? '',
      /Member must satisfy regular expression pattern/,
    ))
})

describe('JSON services', () => {
  const getId = operationOf('cognito-identity', 'GetId')
  it('the code is ValidationException', () => assert.equal(validate(getId, {})?.code, 'ValidationException'))

  it('map keys and values are checked, and not echoed', () => {
    const IdentityPoolId = 'us-east-1:0a'
    const value = message(getId, { IdentityPoolId, Logins: { a: 'secret-token'.repeat(5000) } })
    assert.match(
      value ?? '',
      /^1 validation error detected: Value at 'logins' failed to satisfy constraint: Map value must satisfy constraint: \[/,
    )
    assert.doesNotMatch(value ?? '', /secret/)
    const key = message(getId, { IdentityPoolId, Logins: { ['k'.repeat(129)]: 't' } })
    assert.match(
      key ?? '',
      /^1 validation error detected: Value at 'logins' failed to satisfy constraint: Map keys must satisfy constraint: \[/,
    )
  })

  it('a union holds exactly one member', () => {
    const operation = operationOf('iam', 'SimulatePrincipalPolicy')
    const input = { PolicySourceArn: 'arn:aws:iam::123456789012:user/u', ActionNames: ['s3:GetObject'] }
    const two = { PolicyType: 'identity', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }
    assert.equal(message(operation, { ...input, PolicyExclusionList: [{ PolicyType: 'identity' }] }), undefined)
    assert.match(message(operation, { ...input, PolicyExclusionList: [two] }) ?? '', /policyExclusionList\.1\.member/)
    assert.match(message(operation, { ...input, PolicyExclusionList: [{}] }) ?? '', /policyExclusionList\.1\.member/)
  })
})

describe('Organizations: only the first thing that is wrong, with its reason', () => {
  const account = { AccountName: 'a', Email: 'a@example.com' }
  const rows: readonly (readonly [
    title: string,
    name: OperationName<Sdk['organizations']>,
    input: object,
    reason: string,
    message: string,
  ])[] = [
    [
      'a missing member',
      'DescribeAccount',
      {},
      'INPUT_REQUIRED',
      'You must include a value for all required parameters.',
    ],
    [
      'recorded: an id of other form',
      'DescribeAccount',
      { AccountId: '1' },
      'INVALID_PATTERN',
      'You provided a value that does not match the required pattern.',
    ],
    [
      'recorded: a tag value with a percent sign',
      'TagResource',
      { ResourceId: '111122223333', Tags: [{ Key: 'k', Value: '%3a' }] },
      'INVALID_PATTERN',
      'You provided a value that does not match the required pattern.',
    ],
    [
      'a value that is not listed',
      'CreateOrganization',
      { FeatureSet: 'SOME' },
      'INVALID_ENUM',
      'You specified an invalid value.',
    ],
    [
      'a text that is too long',
      'CreateAccount',
      { ...account, AccountName: 'a'.repeat(129) },
      'MAX_LENGTH_EXCEEDED',
      'You provided a string parameter that is longer than allowed.',
    ],
    [
      'a text that is too short',
      'CreateAccount',
      { ...account, Email: 'a@b.c' },
      'MIN_LENGTH_EXCEEDED',
      'You provided a string parameter that is shorter than allowed.',
    ],
    [
      'a number that is too large',
      'ListAccounts',
      { MaxResults: 21 },
      'MAX_VALUE_EXCEEDED',
      'You provided a numeric parameter that has a larger value than allowed.',
    ],
    [
      'a number that is too small',
      'ListAccounts',
      { MaxResults: 0 },
      'MIN_VALUE_EXCEEDED',
      'You provided a numeric parameter that has a smaller value than allowed.',
    ],
    [
      'a list with a bad member',
      'UntagResource',
      { ResourceId: '111122223333', TagKeys: ['good', 'k'.repeat(129)] },
      'INVALID_LIST_MEMBER',
      'You provided a list to a parameter that contains at least one invalid value.',
    ],
    [
      'the first of several',
      'CreateAccount',
      { Email: 'x', AccountName: '' },
      'INVALID_PATTERN',
      'You provided a value that does not match the required pattern.',
    ],
  ]
  for (const [title, name, input, reason, text] of rows) {
    it(title, () => {
      const refused = validate(operationOf('organizations', name), input)
      assert.deepEqual(
        [refused?.code, refused?.status, refused?.extra, refused?.message],
        ['InvalidInputException', 400, { Reason: reason }, text],
      )
    })
  }
})

describe('an answer stays short', () => {
  it('a long value is cut', () => {
    const text = message(assumeRole, { ...valid, RoleSessionName: '!'.repeat(2_000_000) }) ?? ''
    assert.ok(text.length < 2000)
  })
  it('a flood of failures is cut', () => {
    const tags = Array.from({ length: 50 }, () => ({ Key: '!'.repeat(200), Value: '!'.repeat(300) }))
    const text = message(assumeRole, { ...valid, Tags: tags }) ?? ''
    assert.ok(Number(text.split(' ')[0]) <= 52)
  })
  it('inherited names are not members', () => {
    assert.match(message(assumeRole, Object.create(valid) as object) ?? '', /^2 validation errors/)
  })
})
