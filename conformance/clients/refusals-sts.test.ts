// What STS refuses a caller that is known, through the whole server: malformed ARNs and members, escalations by tags and
// durations, trust conditions failing one by one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { type AssumeRoleCommandInput, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, assume, keysOf, person, policy, role, trusts } from './people.ts'
import { send, signed } from './raw.ts'
import { denied, type Refused, refused } from './refused.ts'
import { testServer } from './server.ts'
import { toldOf } from './table.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow(['sts:*', 'iam:List*']))
const target = await role(
  root,
  'Target',
  trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']),
)

const ask = (parameters: Readonly<Record<string, string>>) =>
  send(server.port, signed(server.port, { keys: ann.keys, now: server.now(), parameters }))
const askAssume = (parameters: Readonly<Record<string, string>>) =>
  ask({ Action: 'AssumeRole', RoleArn: target, RoleSessionName: 'session', ...parameters })

const invalid = (message: string): Refused => ['ValidationError', 400, message]
const broken = (path: string, constraint: string, value?: string): Refused =>
  invalid(
    `1 validation error detected: Value ${value === undefined ? '' : `'${value}' `}at '${path}' failed to satisfy constraint: ${constraint}`,
  )
const pattern = (text: string) => `Member must satisfy regular expression pattern: ${text}`
const longer = (least: number) => `Member must have length greater than or equal to ${least}`
const shorter = (most: number) => `Member must have length less than or equal to ${most}`
const name = '[\\w+=,.@-]*'

describe('ARNs of roles', () => {
  const account = '111122223333'
  for (const arn of [
    'nothing-valid-in-here',
    `arn:aws:iam::${account}:role/`,
    `arn:aws:iam::${account}:user/Target`,
    `arn:aws:iam::${account}:Role/Target`,
    `arn:aws:iam:us-east-1:${account}:role/Target`,
    `arn:aws:sts::${account}:role/Target`,
    `arn:aws:iam::11112222333:role/Target`,
    `arn:aws:iam::11112222333a:role/Target`,
    `arn:aws:iam:::role/Target-with-no-account`,
    `arn:aws:iam::*:role/Target`,
    `ARN:aws:iam::${account}:role/Target`,
    `iam::${account}:role/Target-and-nothing-before`,
    `arn::iam::${account}:role/Target`,
    ` arn:aws:iam::${account}:role/Target`,
  ]) {
    test(`${arn} is invalid`, async () => {
      assert.deepEqual(toldOf(await askAssume({ RoleArn: arn })), invalid(`${arn} is invalid`))
    })
  }
  for (const RoleArn of [
    'arn:aws:iam::111122223333:role/target2',
    'arn:aws:iam::111122223333:role/path/Target',
    'arn:aws:iam::111122223333:role/Target/',
    'arn:aws:iam::111122223333:role/TARGET',
    'arn:aws:iam::111122223333:role/*',
    'arn:aws:iam::111122223333:role/Target:x',
  ]) {
    test(`${RoleArn} is nobody’s`, async () => {
      assert.deepEqual(toldOf(await askAssume({ RoleArn })), denied(ann.arn, 'sts:AssumeRole', RoleArn))
    })
  }
})

const lone = (parameters: Readonly<Record<string, string>>, told: Refused) => [parameters, told] as const
const members: Readonly<Record<string, readonly [Readonly<Record<string, string>>, Refused]>> = {
  'a session name of one character': lone({ RoleSessionName: 'a' }, broken('roleSessionName', longer(2), 'a')),
  'a session name of 65': lone(
    { RoleSessionName: 'a'.repeat(65) },
    broken('roleSessionName', shorter(64), 'a'.repeat(65)),
  ),
  'a session name with a colon': lone(
    { RoleSessionName: 'Session1:2' },
    broken('roleSessionName', pattern(name), 'Session1:2'),
  ),
  'a session name with a slash': lone({ RoleSessionName: 'a/b' }, broken('roleSessionName', pattern(name), 'a/b')),
  'a session name with a line end': lone({ RoleSessionName: 'ab\n' }, broken('roleSessionName', pattern(name), 'ab\n')),
  'a session name with letters of other scripts': lone(
    { RoleSessionName: 'аnn' },
    broken('roleSessionName', pattern(name), 'аnn'),
  ),
  'no session name': lone({ RoleSessionName: '' }, broken('roleSessionName', longer(2), '')),
  'an external id with a control character': lone(
    { ExternalId: 'a\u0007b' },
    broken('externalId', pattern('[\\w+=,.@:\\/-]*'), 'a\uFFFDb'),
  ),
  'an external id of one character': lone({ ExternalId: 'a' }, broken('externalId', longer(2), 'a')),
  'a source identity of 65': lone(
    { SourceIdentity: 'a'.repeat(65) },
    broken('sourceIdentity', shorter(64), 'a'.repeat(65)),
  ),
  'a code of five digits': lone(
    { SerialNumber: 'arn:aws:iam::111122223333:mfa/x', TokenCode: '12345' },
    broken('tokenCode', longer(6), '12345'),
  ),
  'a code of letters': lone(
    { SerialNumber: 'arn:aws:iam::111122223333:mfa/x', TokenCode: 'abcdef' },
    broken('tokenCode', pattern('[\\d]*'), 'abcdef'),
  ),
  'a code of digits of other scripts': lone(
    { SerialNumber: 'arn:aws:iam::111122223333:mfa/x', TokenCode: '１２３４５６' },
    broken('tokenCode', pattern('[\\d]*'), '１２３４５６'),
  ),
  'a duration of 899 s': lone(
    { DurationSeconds: '899' },
    broken('durationSeconds', 'Member must have value greater than or equal to 900', '899'),
  ),
  'a duration of 43,201 s': lone(
    { DurationSeconds: '43201' },
    broken('durationSeconds', 'Member must have value less than or equal to 43200', '43201'),
  ),
  'a negative duration': lone(
    { DurationSeconds: '-3600' },
    broken('durationSeconds', 'Member must have value greater than or equal to 900', '-3600'),
  ),
  'a duration that is no number': lone({ DurationSeconds: '3600s' }, ['MalformedInput', 400, '']),
  'a duration beyond all numbers': lone({ DurationSeconds: '99999999999999999999' }, ['MalformedInput', 400, '']),
  'a tag key with control characters': lone(
    { 'Tags.member.1.Key': 'a\u0000', 'Tags.member.1.Value': 'b' },
    broken('tags.1.member.key', pattern('[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+'), 'a\uFFFD'),
  ),
  'a context that somebody else vouches for': lone(
    {
      'ProvidedContexts.member.1.ProviderArn': 'arn:aws:iam::aws:contextProvider/IdentityCenter',
      'ProvidedContexts.member.1.ContextAssertion': 'assertion',
    },
    invalid('ProvidedContexts is not supported: no context provider is trusted.'),
  ),
  'a context without anything in it': lone(
    { 'ProvidedContexts.member.1': '' },
    invalid('ProvidedContexts is not supported: no context provider is trusted.'),
  ),
  'no contexts, said as a list': lone({ ProvidedContexts: '' }, broken('providedContexts', longer(1))),
  'a tag without a value': lone({ 'Tags.member.1.Key': 'a' }, broken('tags.1.member.value', 'Member must not be null')),
}

describe('session policies that were meant and would not be kept', () => {
  const own = (Action: string, parameters: Readonly<Record<string, string>>) => [Action, parameters] as const
  const issuing = [
    own('AssumeRole', { RoleArn: 'arn:aws:iam::111122223333:role/Target', RoleSessionName: 'session' }),
    own('GetFederationToken', { Name: 'guest' }),
    own('AssumeRoleWithWebIdentity', {
      RoleArn: 'arn:aws:iam::111122223333:role/Target',
      RoleSessionName: 'session',
      WebIdentityToken: 'a.b.c',
    }),
  ]
  const reader = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const arns = (many: number) =>
    Object.fromEntries(Array.from({ length: many }, (_, n) => [`PolicyArns.member.${n + 1}.arn`, reader]))
  const misspelt = (given: string, known: string) =>
    invalid(`${given} is not a member of this request: it differs from ${known} in case alone.`)
  const rows: Readonly<Record<string, readonly [Readonly<Record<string, string>>, Refused]>> = {
    'eleven ARNs': lone(arns(11), broken('policyArns', shorter(10))),
    'an ARN under a name in another case': lone({ 'PolicyArns.member.1.Arn': reader }, misspelt('Arn', 'arn')),
    'the second of two so': lone({ ...arns(1), 'PolicyArns.member.2.ARN': reader }, misspelt('ARN', 'arn')),
    'a list under a name in another case': lone(
      { 'policyArns.member.1.arn': reader },
      misspelt('policyArns', 'PolicyArns'),
    ),
    'a document under a name in another case': lone({ policy: allow('s3:Get*') }, misspelt('policy', 'Policy')),
    'a duration under a name in another case': lone(
      { Durationseconds: '900' },
      misspelt('Durationseconds', 'DurationSeconds'),
    ),
    'an empty descriptor': lone(
      { 'PolicyArns.member.1': '' },
      broken('policyArns.1.member.arn', 'Member must not be null'),
    ),
    'a descriptor of something else': lone(
      { 'PolicyArns.member.1.policyArn': reader },
      broken('policyArns.1.member.arn', 'Member must not be null'),
    ),
    'an ARN that stands for the descriptor': lone({ 'PolicyArns.member.1': reader }, [
      'MalformedInput',
      400,
      'Start of structure or map found where not expected',
    ]),
    ...Object.fromEntries(
      [
        'PolicyArns.member.01.arn',
        'PolicyArns.member.0.arn',
        'PolicyArns.1.arn',
        'PolicyArns.Member.1.arn',
        'PolicyArns',
      ].map((name) => [name, lone({ [name]: reader }, ['MalformedInput', 400, 'Unexpected list element termination'])]),
    ),
  }
  for (const [Action, given] of issuing) {
    for (const [rule, [parameters, told]] of Object.entries(rows)) {
      test(`${Action}: ${rule}`, async () =>
        assert.deepEqual(toldOf(await ask({ Action, ...given, ...parameters })), told))
    }
  }
  test('ten ARNs are kept, and numbers with gaps', async () => {
    for (const kept of [arns(10), { 'PolicyArns.member.3.arn': reader, 'PolicyArns.member.7.arn': reader }]) {
      assert.equal((await askAssume(kept)).status, 200)
    }
  })
  test('GetSessionToken: a code or a duration under a name in another case', async () => {
    for (const [given, known, value] of [
      ['tokenCode', 'TokenCode', '123456'],
      ['SerialNUmber', 'SerialNumber', 'arn:aws:iam::111122223333:mfa/x'],
      ['durationSeconds', 'DurationSeconds', '900'],
    ] as const) {
      assert.deepEqual(toldOf(await ask({ Action: 'GetSessionToken', [given]: value })), misspelt(given, known))
    }
  })
})

describe('members of AssumeRole', () => {
  for (const [rule, [parameters, told]] of Object.entries(members)) {
    test(rule, async () => assert.deepEqual(toldOf(await askAssume(parameters)), told))
  }
  test('the refusal names all that is wrong at once', async () => {
    const answer = await askAssume({ RoleSessionName: 'a', DurationSeconds: '1' })
    assert.match(
      answer.message,
      /^2 validation errors detected: Value 'a' at 'roleSessionName' .*; Value '1' at 'durationSeconds' /,
    )
  })
  test('51 tags', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 51 }, (_, n) => [
        [`Tags.member.${n + 1}.Key`, `key${n}`],
        [`Tags.member.${n + 1}.Value`, 'value'],
      ]).flat(),
    )
    const { code, message } = await askAssume(tags)
    assert.equal(code, 'ValidationError')
    assert.match(message, /at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50$/)
  })
  test('tags that fill more than a token carries', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [
        [`Tags.member.${n + 1}.Key`, `${n}`.padEnd(128, 'k')],
        [`Tags.member.${n + 1}.Value`, `${n}`.padEnd(256, 'v')],
      ]).flat(),
    )
    const { code, status, message } = await askAssume(tags)
    assert.deepEqual([code, status], ['PackedPolicyTooLarge', 400])
    assert.match(message, /^Packed size of session tags consumes \d{3,4}% of allotted space\.$/)
  })
})

describe('escalation by tags', () => {
  const rows: Readonly<Record<string, readonly [Partial<AssumeRoleCommandInput>, Refused]>> = {
    'a key twice, in two cases': [
      {
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: 'Team', Value: 'b' },
        ],
      },
      ['InvalidParameterValue', 400, 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'],
    ],
    'a transitive key that is no tag': [
      { TransitiveTagKeys: ['team'] },
      ['InvalidParameterValue', 400, 'The specified transitive tag key must be included in the requested tags.'],
    ],
    'a key of AWS’s own': [
      { Tags: [{ Key: 'aws:PrincipalOrgID', Value: 'o-1' }] },
      ['InvalidParameterValue', 400, 'One of the tag keys specified begins with the reserved prefix aws:.'],
    ],
    'a source identity of AWS’s own': [
      { SourceIdentity: 'aws:admin' },
      broken('sourceIdentity', pattern(name), 'aws:admin'),
    ],
  }
  for (const [rule, [wanted, told]] of Object.entries(rows)) {
    test(rule, () => refused(assume(server, server.as(ann.keys), target, wanted), told))
  }
  test('a role that does not allow tagging is not assumed with tags, nor with inherited ones', async () => {
    const untagged = await role(root, 'Untagged', trusts(server.account))
    const tags = { Tags: [{ Key: 'team', Value: 'red' }] }
    await refused(assume(server, server.as(ann.keys), untagged, tags), denied(ann.arn, 'sts:TagSession', untagged))
    await role(root, 'Onward', trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession']), { permissions: allow('sts:*') })
    const onward = await assume(server, server.as(ann.keys), `arn:aws:iam::${server.account}:role/Onward`, {
      ...tags,
      TransitiveTagKeys: ['team'],
    })
    const arn = `arn:aws:sts::${server.account}:assumed-role/Onward/session`
    await refused(assume(server, onward, untagged), denied(arn, 'sts:TagSession', untagged))
  })
  test('a tag of the session, not of the caller’s wish, is what the role’s policies see', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy language
    const own = { StringEquals: { 'aws:RequestTag/team': '${aws:PrincipalTag/team}' } }
    const same = await role(root, 'SameTeam', trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession'], own))
    const wanted = { Tags: [{ Key: 'team', Value: 'red' }] }
    await refused(assume(server, server.as(ann.keys), same, wanted), denied(ann.arn, 'sts:AssumeRole', same))
  })
})

describe('escalation by duration', () => {
  const tooLong = invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  test('beyond the role’s maximum', () =>
    refused(assume(server, server.as(ann.keys), target, { DurationSeconds: 3601 }), tooLong))
  test('beyond an hour, from a session token', async () => {
    const long = await role(root, 'Long', trusts(ann.arn), { maxSessionDuration: 43_200 })
    await assume(server, server.as(ann.keys), long, { DurationSeconds: 43_200 })
    const { Credentials } = await server.as(ann.keys).sts.send(new GetSessionTokenCommand({}))
    await refused(
      assume(server, server.as(keysOf(Credentials)), long, { DurationSeconds: 3601 }),
      invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'),
    )
  })
  test('beyond the role’s maximum, only a caller who may assume the role is told why', async () => {
    const arn = await role(
      root,
      'Closed',
      trusts(server.account, 'sts:AssumeRole', { Bool: { 'aws:SecureTransport': 'true' } }),
    )
    await refused(
      assume(server, server.as(ann.keys), arn, { DurationSeconds: 43_200 }),
      denied(ann.arn, 'sts:AssumeRole', arn),
    )
  })
})

describe('trust conditions, one by one', () => {
  const wanted: Partial<AssumeRoleCommandInput> = {
    ExternalId: 'contract-17',
    SourceIdentity: 'ann',
    Tags: [{ Key: 'team', Value: 'red' }],
  }
  const rows: Readonly<
    Record<
      string,
      readonly [condition: object, holds: Partial<AssumeRoleCommandInput>, fails: Partial<AssumeRoleCommandInput>]
    >
  > = {
    'external id': [{ StringEquals: { 'sts:ExternalId': 'contract-17' } }, {}, { ExternalId: 'Contract-17' }],
    'external id given at all': [{ Null: { 'sts:ExternalId': 'false' } }, {}, { ExternalId: undefined }],
    'session name': [{ StringLike: { 'sts:RoleSessionName': 'ses*' } }, {}, { RoleSessionName: 'other' }],
    'session name is the user’s': [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy language
      { StringEquals: { 'sts:RoleSessionName': '${aws:username}' } },
      { RoleSessionName: 'ann' },
      { RoleSessionName: 'bob' },
    ],
    'source identity': [{ StringEquals: { 'sts:SourceIdentity': 'ann' } }, {}, { SourceIdentity: 'bob' }],
    'request tag': [{ StringEquals: { 'aws:RequestTag/Team': 'red' } }, {}, { Tags: [{ Key: 'team', Value: 'blue' }] }],
    'tag keys': [
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } },
      {},
      {
        Tags: [
          { Key: 'team', Value: 'red' },
          { Key: 'more', Value: '1' },
        ],
      },
    ],
    'transitive keys': [
      { 'ForAnyValue:StringEquals': { 'sts:TransitiveTagKeys': 'team' } },
      { TransitiveTagKeys: ['team'] },
      {},
    ],
  }
  for (const [rule, [condition, holds, fails]] of Object.entries(rows)) {
    test(rule, async () => {
      const document = trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], condition)
      await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Target', PolicyDocument: document }))
      await assume(server, server.as(ann.keys), target, { ...wanted, ...holds })
      await refused(
        assume(server, server.as(ann.keys), target, { ...wanted, ...fails }),
        denied(ann.arn, 'sts:AssumeRole', target),
      )
    })
  }
  const failing: Readonly<Record<string, object>> = {
    'another address': { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    'TLS, over none': { Bool: { 'aws:SecureTransport': 'true' } },
    'a day that is over': { DateLessThan: { 'aws:CurrentTime': '2026-09-01T12:00:00Z' } },
    'a principal tag that is not there': { StringEquals: { 'aws:PrincipalTag/team': 'red' } },
    'another organization': { StringEquals: { 'aws:PrincipalOrgID': 'o-other' } },
    'another principal': { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
    'MFA, with a long-term key': { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    'a set of a single value': { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'other' } },
  }
  for (const [rule, condition] of Object.entries(failing)) {
    test(`${rule}: refused`, async () => {
      const PolicyDocument = trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], condition)
      await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Target', PolicyDocument }))
      await refused(assume(server, server.as(ann.keys), target, wanted), denied(ann.arn, 'sts:AssumeRole', target))
    })
  }
  test('any number of Allows is undone by one Deny', async () => {
    const PolicyDocument = policy(
      { Principal: { AWS: ann.arn }, Action: 'sts:*' },
      { Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'sts:AssumeRole',
        Condition: { StringLike: { 'sts:RoleSessionName': '*' } },
      },
    )
    await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'Target', PolicyDocument }))
    await refused(assume(server, server.as(ann.keys), target), denied(ann.arn, 'sts:AssumeRole', target))
  })
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
