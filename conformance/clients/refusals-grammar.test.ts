// Every error of the policy grammar, as it reaches a client: the vectors of conformance/vectors/policy-grammar given to
// CreatePolicy, PutUserPolicy, AssumeRole and CreateRole over the wire, and documents made to break the reader.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rowsOf } from '../policy/grammar-rows.ts'
import { allow, type Person, person, policy, role, trusts } from './people.ts'
import { send, signed } from './raw.ts'
import type { Refused } from './refused.ts'
import { testServer } from './server.ts'
import { toldOf } from './table.ts'

const refusedOf = (file: string) => rowsOf(file).filter(({ message, refused }) => message !== undefined || refused)

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow(['sts:*', 'iam:*']))
const bob = await person(root, 'bob', allow(['iam:List*']))
const target = await role(root, 'Target', trusts(ann.arn))
const untrusting = await role(root, 'Untrusting', trusts(bob.arn))

const ask = (service: 'iam' | 'sts', parameters: Readonly<Record<string, string>>) =>
  send(server.port, signed(server.port, { keys: ann.keys, now: server.now(), service, parameters }))

/** The ways a document of that kind is handed in. */
const createPolicy = (PolicyDocument: string) =>
  ask('iam', { Action: 'CreatePolicy', PolicyName: 'made', PolicyDocument })
const putPolicy = (PolicyDocument: string) =>
  ask('iam', { Action: 'PutUserPolicy', UserName: 'ann', PolicyName: 'put', PolicyDocument })
const sessionPolicy = (Policy: string) =>
  ask('sts', { Action: 'AssumeRole', RoleArn: target, RoleSessionName: 'session', Policy })
const federationPolicy = (Policy: string) => ask('sts', { Action: 'GetFederationToken', Name: 'guest', Policy })
const createRole = (AssumeRolePolicyDocument: string) =>
  ask('iam', { Action: 'CreateRole', RoleName: 'Made', AssumeRolePolicyDocument })
const updateTrust = (PolicyDocument: string) =>
  ask('iam', { Action: 'UpdateAssumeRolePolicy', RoleName: 'Target', PolicyDocument })

const malformed = (message: string): Refused => ['MalformedPolicyDocument', 400, message]
const versioned = 'Policy document must be version 2012-10-17 or greater.'

describe('identity policies', () => {
  for (const { name, document, message = '' } of refusedOf('managed.json')) {
    test(name, async () => {
      const text = JSON.stringify(document)
      assert.deepEqual(toldOf(await createPolicy(text)), malformed(message))
      // Only managed policies must be of the newest version.
      if (message === versioned) return
      for (const way of [putPolicy, sessionPolicy, federationPolicy]) {
        assert.deepEqual(toldOf(await way(text)), malformed(message))
      }
    })
  }
})

describe('trust policies', () => {
  for (const { name, text = '', message } of refusedOf('trust.json')) {
    test(name, async () => {
      for (const way of [createRole, updateTrust]) {
        const [code, status, told] = toldOf(await way(text))
        assert.deepEqual([code, status], ['MalformedPolicyDocument', 400])
        if (message !== undefined) assert.equal(told, message)
      }
    })
  }
  for (const [what, principal, shown] of [
    [
      'a user that does not exist',
      { AWS: 'arn:aws:iam::111122223333:user/nobody' },
      '"AWS":"arn:aws:iam::111122223333:user/nobody"',
    ],
    [
      'a role under another path',
      { AWS: 'arn:aws:iam::111122223333:role/path/Target' },
      '"AWS":"arn:aws:iam::111122223333:role/path/Target"',
    ],
    ['an account that does not exist', { AWS: '999988887777' }, '"AWS":"999988887777"'],
    ['a service that is none', { Service: 'example.com' }, '"SERVICE":"example.com"'],
    [
      'a provider of another account',
      { Federated: 'arn:aws:iam::999988887777:oidc-provider/idp.example' },
      '"FEDERATED":"arn:aws:iam::999988887777:oidc-provider/idp.example"',
    ],
  ] as const) {
    test(`a principal that is ${what}`, async () => {
      const text = policy({ Principal: principal, Action: 'sts:AssumeRole' })
      assert.deepEqual(toldOf(await createRole(text)), malformed(`Invalid principal in policy: ${shown}`))
    })
  }
})

describe('documents made to break the reader', () => {
  const sound = allow('s3:*')
  const unreadable =
    /^The specified value for policyDocument is invalid\. It must contain only printable ASCII|at 'policyDocument' .* length less/
  const syntax = malformed('Syntax errors in policy.')
  const nested = (depth: number) => `{"Version":"2012-10-17","Statement":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const documents: Readonly<Record<string, string>> = {
    'a hundred thousand lists': nested(100_000),
    'five thousand objects': `${'{"Statement":'.repeat(5000)}{}${'}'.repeat(5000)}`,
    'a name twice': sound.replace('"Effect"', '"Effect":"Deny","Effect"'),
    'the same name, escaped': sound.replace('"Effect"', '"\\u0045ffect":"Deny","Effect"'),
    'a name in another case': sound.replace('"Effect"', '"effect":"Deny","Effect"'),
    '__proto__ for a member': sound.replace('"Effect"', '"__proto__":{"Effect":"Deny"},"Effect"'),
    'a comment': sound.replace('{', '{/* Allow */'),
    'a comma too many': sound.replace(/\}$/, ',}'),
    'two documents': sound + sound,
    'a byte-order mark': `\ufeff${sound}`,
  }
  for (const [what, text] of Object.entries(documents)) {
    test(what, async () => {
      for (const way of [createPolicy, putPolicy]) {
        const [code, status, message] = toldOf(await way(text))
        assert.equal(status, 400)
        // What is outside the member's alphabet is refused as a member; the rest as a policy.
        if (code !== 'ValidationError') assert.deepEqual([code, status, message], syntax)
        else assert.match(message, unreadable)
      }
    })
  }
  test('control characters are refused before the document is read', async () => {
    const [code, status, message] = toldOf(await sessionPolicy(sound.replace('s3', 's3\u0000')))
    assert.deepEqual([code, status], ['ValidationError', 400])
    assert.match(message, /at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern/)
  })
})

describe('sizes', () => {
  const large = (length: number) => policy({ Action: 's3:*', Resource: `arn:aws:s3:::${'b'.repeat(length)}` })
  const rows: Readonly<Record<string, readonly [() => ReturnType<typeof ask>, Refused]>> = {
    managed: [() => createPolicy(large(6144)), ['LimitExceeded', 409, 'Cannot exceed quota for PolicySize: 6144']],
    'a user’s inline': [
      () => putPolicy(large(2048)),
      ['LimitExceeded', 409, 'Maximum policy size of 2048 bytes exceeded for user ann'],
    ],
    trust: [
      () => createRole(trusts(ann.arn, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'e'.repeat(2048) } })),
      ['LimitExceeded', 409, 'Cannot exceed quota for ACLSizePerRole: 2048'],
    ],
  }
  for (const [kind, [way, told]] of Object.entries(rows)) {
    test(kind, async () => assert.deepEqual(toldOf(await way()), told))
  }
  test('a user’s inline, of little but white space', async () => {
    const blank = `${' '.repeat(70_000)}${allow('s3:*')}`
    const put = (PolicyName: string) =>
      ask('iam', { Action: 'PutUserPolicy', UserName: 'ann', PolicyName, PolicyDocument: blank })
    assert.equal((await put('one')).status, 200)
    const told = ['LimitExceeded', 409, 'Maximum policy size of 2048 bytes exceeded for user ann']
    assert.deepEqual(toldOf(await put('two')), told)
  })
  test('a session policy that no token carries', async () => {
    const noise = Array.from(
      { length: 300 },
      (_, n) => `arn:aws:s3:::${(n * 7919).toString(36)}-${(n * 104_729).toString(36)}`,
    )
    const [code, status, message] = toldOf(await sessionPolicy(allow('s3:*', noise)))
    assert.deepEqual([code, status], ['PackedPolicyTooLarge', 400])
    assert.match(message, /^Packed policy consumes \d{3,4}% of allotted space, please use smaller policy\.$/)
  })
})

test('a session policy of a megabyte is not read, whoever sends it', async () => {
  // It is no policy: what reads it says so.
  const [code, , message] = toldOf(await sessionPolicy(`{"Statement":[${'{},'.repeat(8_000)}{}]}`))
  assert.equal(code, 'PackedPolicyTooLarge')
  assert.match(message, /^Packed policy consumes \d+% of allotted space/)
})

test('a session policy is not read for who may not have the session', async () => {
  const Policy = 'no policy'
  const refusedTo = (keys: Person['keys'], parameters: Readonly<Record<string, string>>) =>
    send(server.port, signed(server.port, { keys, now: server.now(), service: 'sts', parameters }))
  const assume = { Action: 'AssumeRole', RoleArn: untrusting, RoleSessionName: 'session', Policy }
  assert.equal(toldOf(await refusedTo(ann.keys, assume))[0], 'AccessDenied')
  const federate = { Action: 'GetFederationToken', Name: 'guest', Policy }
  assert.equal(toldOf(await refusedTo(bob.keys, federate))[0], 'AccessDenied')
  assert.equal(toldOf(await federationPolicy(Policy))[0], 'MalformedPolicyDocument')
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
