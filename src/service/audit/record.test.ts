// Records against CloudTrail's record contents: AssumeRole's special forms, both records of a call across accounts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Identity } from '../../core/identity.ts'
import { operationOf } from '../../wire/contract.ts'
import { Refusal } from '../../wire/errors.ts'
import { relayed } from '../relayed.ts'
import { entryText, readEntry } from './entry.ts'
import { createIdentityTexts } from './identity-record.ts'
import { type CallOutcome, recordTexts } from './record.ts'
import {
  alice,
  assumeAudit,
  assumed,
  assumeInput,
  callOf,
  from,
  here,
  now,
  passOf,
  refusedBecause,
  roleArn,
  roleSubject,
  there,
  userSubject,
} from './testing/calls.ts'

let count = 0
const ids = { next: () => `event-${++count}` }
// biome-ignore lint/suspicious/noExplicitAny: read as whoever ships logs reads it
const linesOf = (outcome: CallOutcome): any[] =>
  recordTexts(outcome, createIdentityTexts(10), ids).map((line) => JSON.parse(line))

describe('the record of AssumeRole', () => {
  const [own, copy, ...none] = linesOf(assumed())

  test('stands as CloudTrail shows it', () => {
    const { userIdentity: _, eventID, sharedEventID, ...rest } = own
    assert.match(eventID, /^event-/)
    assert.match(sharedEventID, /^event-/)
    assert.deepEqual(rest, {
      eventVersion: '1.11',
      eventTime: '2023-07-18T15:07:39Z',
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '198.51.100.7',
      userAgent: 'aws-cli/2.15.0',
      requestParameters: {
        roleArn,
        roleSessionName: 'session-one',
        durationSeconds: 3600,
        serialNumber: `arn:aws:iam::${here}:mfa/alice`,
        tags: [{ key: 'Email', value: 'alice@example.com' }],
        transitiveTagKeys: ['Email'],
        sourceIdentity: 'alice@example.com',
      },
      responseElements: {
        credentials: { accessKeyId: 'ASIABBBBBBBBBBBBBBBB', expiration: 'Jul 18, 2023, 4:07:39 PM' },
        assumedRoleUser: {
          assumedRoleId: 'AROABBBBBBBBBBBBBBBBB:session-one',
          arn: `arn:aws:sts::${there}:assumed-role/Target/session-one`,
        },
        packedPolicySize: 6,
      },
      requestID: own.requestID,
      readOnly: true,
      resources: [{ accountId: there, type: 'AWS::IAM::Role', ARN: roleArn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: here,
      eventCategory: 'Management',
      tlsDetails: { clientProvidedHostHeader: 'sts.example.com' },
    })
  })

  test("across accounts the role's owner has a copy that names the caller's account and no more", () => {
    assert.deepEqual(none, [])
    assert.deepEqual(copy.userIdentity, { type: 'AWSAccount', principalId: 'AIDAAAAAAAAAAAAAAAAAA', accountId: here })
    assert.equal(copy.recipientAccountId, there)
    assert.equal(copy.sharedEventID, own.sharedEventID)
    assert.notEqual(copy.eventID, own.eventID)
    const { userIdentity: _a, recipientAccountId: _b, eventID: _c, ...mine } = own
    const { userIdentity: _d, recipientAccountId: _e, eventID: _f, ...theirs } = copy
    assert.deepEqual(theirs, mine)
  })

  test('within one account there is one record, and nothing shared', () => {
    const lines = linesOf(assumed({ operation: assumeAudit(here) }))
    assert.equal(lines.length, 1)
    assert.equal(lines[0].sharedEventID, undefined)
    assert.equal(lines[0].recipientAccountId, here)
  })

  test('refused across accounts, only the caller has a record', () => {
    const { output: _, ...refused } = assumed()
    const message = 'User: x is not authorized'
    const lines = linesOf({ ...refused, refused: new Refusal({ code: 'AccessDenied', status: 403, message }) })
    assert.equal(lines.length, 1)
    assert.equal(lines[0].recipientAccountId, here)
    assert.equal(lines[0].responseElements, null)
    assert.deepEqual([lines[0].errorCode, lines[0].errorMessage], ['AccessDenied', message])
  })

  test('tags handed down a chain are named apart', () => {
    const tags = { Department: 'Eng', Local: 'x', ['__proto__']: 'y' }
    const pass = passOf({ tags, transitive: ['department', '__proto__'] })
    const call = callOf({ kind: 'session', pass }, roleSubject(), { operation: 'AssumeRole' })
    const [line] = linesOf(assumed({ call }))
    assert.deepEqual(
      Object.entries(line.requestParameters.incomingTransitiveTags),
      Object.entries({ Department: 'Eng', ['__proto__']: 'y' }),
    )
  })

  test('of a web identity goes to the account of the role', () => {
    const proof: Identity = {
      kind: 'proof',
      provider: 'p',
      subject: 's',
      voucher: 'account',
      tags: {},
      transitive: [],
      keys: new Map(),
    }
    const lines = linesOf(assumed({ call: callOf(proof) }))
    assert.equal(lines.length, 1)
    assert.equal(lines[0].recipientAccountId, there)
  })
})

test('an operation that verifies a proof of its own says who called', () => {
  const proof: Identity = {
    kind: 'proof',
    voucher: 'account',
    provider: 'accounts.google.com',
    subject: '1234',
    tags: {},
    transitive: [],
    keys: new Map([['accounts.google.com:aud', 'client-1']]),
  }
  const operation = { audit: { ...assumeAudit().audit, asker: () => proof } }
  const text = (own: Partial<CallOutcome>) =>
    readEntry(
      entryText(assumed({ call: callOf({ kind: 'anonymous' }), operation, ...own }), createIdentityTexts(10), ids),
    )
  const { records, issued } = text({})
  assert.equal(records.length, 1)
  assert.equal(records[0]?.userIdentity.principalId, 'accounts.google.com:client-1:1234')
  assert.equal(issued?.caller, 'accounts.google.com')
  // Before the proof was verified, the caller is unknown.
  const { output: _, ...refused } = assumed({ call: callOf({ kind: 'anonymous' }), operation, target: undefined })
  const entry = readEntry(entryText({ ...refused, refused: refusedBecause }, createIdentityTexts(10), ids))
  assert.equal(entry.records[0]?.userIdentity.type, 'Unknown')
})

const tagged = passOf({ tags: { Password: 'x', Team: 'blue' } })

describe('a record', () => {
  const plain = { call: callOf(alice, userSubject()), decided: [] } as const
  const read = { audit: { readOnly: true } }
  const change = { audit: { readOnly: false } }

  interface Case {
    readonly title: string
    readonly outcome: CallOutcome
    readonly has: object
  }

  const cases: readonly Case[] = [
    {
      title: 'of a read has no response',
      outcome: {
        ...plain,
        operation: read,
        output: { Account: here },
        contract: operationOf('sts', 'GetCallerIdentity'),
        input: {},
      },
      has: { requestParameters: null, responseElements: null, readOnly: true },
    },
    {
      title: 'of a change has its response, times as CloudTrail prints them',
      outcome: {
        ...plain,
        call: callOf(alice, userSubject(), { service: 'iam', operation: 'CreateUser' }),
        operation: change,
        contract: operationOf('iam', 'CreateUser'),
        input: { UserName: 'bob' },
        output: { User: { UserName: 'bob', CreateDate: new Date('2023-07-18T00:05:09Z') } },
      },
      has: {
        eventSource: 'iam.amazonaws.com',
        requestParameters: { userName: 'bob' },
        responseElements: { user: { userName: 'bob', createDate: 'Jul 18, 2023, 12:05:09 AM' } },
        readOnly: false,
      },
    },
    {
      title: "takes a descriptor's own parameters, in lowerCamel",
      outcome: {
        ...plain,
        operation: { audit: { readOnly: true, request: () => ({ SAMLAssertionID: 'x', roleArn, note: null }) } },
        input: { SAMLAssertion: 'planted' },
        output: {},
      },
      has: { requestParameters: { sAMLAssertionID: 'x', roleArn, note: null } },
    },
    {
      title: 'names an error as the model does, not as the wire does',
      outcome: {
        ...plain,
        operation: read,
        refused: new Refusal({ code: 'PackedPolicyTooLarge', status: 400, message: 'Packed policy consumes 120%' }),
      },
      has: { errorCode: 'PackedPolicyTooLargeException', errorMessage: 'Packed policy consumes 120%' },
    },
    {
      title: 'of a backend behind the gateway is of data',
      outcome: {
        ...plain,
        call: callOf(alice, userSubject(), { service: 's3', operation: 'GetObject' }),
        operation: read,
        output: {},
      },
      has: { eventSource: 's3.amazonaws.com', managementEvent: false, eventCategory: 'Data' },
    },
    {
      title: 'of an operation on tables is of management, where the operation says so',
      outcome: {
        ...plain,
        call: callOf(alice, userSubject(), { service: 'dynamodb', operation: 'CreateTable' }),
        operation: { audit: { readOnly: false, category: 'Management' } },
        output: {},
      },
      has: { eventSource: 'dynamodb.amazonaws.com', managementEvent: true, eventCategory: 'Management' },
    },
    {
      title: 'of the streams is of the same source as that of the tables',
      outcome: {
        ...plain,
        call: callOf(alice, userSubject(), { service: 'dynamodb-streams', operation: 'GetRecords' }),
        operation: read,
        output: {},
      },
      has: { eventSource: 'dynamodb.amazonaws.com', eventName: 'GetRecords', eventCategory: 'Data' },
    },
    {
      title: 'says what an operation adds, and the tags of the session whose request is passed on',
      outcome: {
        ...plain,
        call: callOf({ kind: 'session', pass: tagged }, roleSubject(), { service: 'dynamodb', operation: 'PutItem' }),
        operation: {
          audit: { readOnly: false, additional: (input: object, target: string) => ({ backend: target, input }) },
        },
        input: { a: 1 },
        target: 'local',
        output: relayed({ status: 200, body: '{}' }),
      },
      has: {
        additionalEventData: { backend: 'local', input: { a: 1 }, principalTags: { Password: 'x', Team: 'blue' } },
        responseElements: null,
      },
    },
    {
      title: 'says the tags of a request that was refused before its target was known',
      outcome: {
        ...plain,
        call: callOf({ kind: 'session', pass: tagged }, roleSubject(), { service: 'dynamodb', operation: 'PutItem' }),
        operation: { audit: { readOnly: false, additional: () => assert.fail('there is no target') } },
        refused: refusedBecause,
      },
      has: { additionalEventData: { principalTags: { Password: 'x', Team: 'blue' } } },
    },
    {
      title: 'says no tags of sessions that call a service of this server',
      outcome: {
        ...plain,
        call: callOf({ kind: 'session', pass: tagged }, roleSubject()),
        operation: read,
        output: {},
      },
      has: { additionalEventData: undefined },
    },
    {
      title: 'of what a backend refused has its code, and no trace of policies',
      outcome: {
        ...plain,
        call: callOf(alice, userSubject(), { service: 'dynamodb', operation: 'PutItem' }),
        operation: change,
        output: relayed({ status: 400, body: '{}' }),
        refused: { code: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
      },
      has: {
        errorCode: 'ConditionalCheckFailedException',
        errorMessage: 'The conditional request failed',
        responseElements: null,
      },
    },
    {
      title: 'of a Unix socket without TLS has no address and no TLS',
      outcome: { ...plain, call: callOf(alice, userSubject(), { from: { ...from, address: '', tls: false } }) },
      has: { sourceIPAddress: 'sts.amazonaws.com' },
    },
  ]
  for (const { title, outcome, has } of cases) {
    test(title, () => {
      const [line] = linesOf(outcome)
      for (const [name, value] of Object.entries(has)) assert.deepEqual(line[name], value, name)
      assert.equal('tlsDetails' in line, outcome.call.from.tls)
    })
  }

  test('of a refusal before the target is loaded does not read the target', () => {
    const [line] = linesOf({
      ...plain,
      operation: assumeAudit(),
      input: assumeInput,
      refused: new Refusal({ code: 'ValidationError', status: 400, message: 'no' }),
    })
    assert.equal(line.resources, undefined)
    assert.equal(line.requestParameters.roleArn, roleArn)
    assert.equal(line.eventTime, `${now.toISOString().slice(0, 19)}Z`)
  })
})

test('parameters too long for a record are left out, with their size', () => {
  const Tags = Array.from({ length: 50 }, (_, at) => ({ Key: `k${at}`, Value: 'x'.repeat(1000) }))
  const [line] = linesOf(assumed({ input: { RoleArn: roleArn, RoleSessionName: 's', Tags } }))
  const { omitted, originalSize, reason } = line.requestParameters
  assert.deepEqual([omitted, reason], [true, 'REQUEST_PARAMETERS_TOO_LARGE'])
  assert.ok(originalSize > 40_000)
})

test('of a refused call shorter ones are left out already', () => {
  const Tags = Array.from({ length: 50 }, (_, at) => ({ Key: `k${at}`, Value: 'x'.repeat(256) }))
  const input = { RoleArn: roleArn, RoleSessionName: 's', Tags }
  const refused = new Refusal({ code: 'AccessDenied', status: 403, message: 'no' })
  const [kept] = linesOf(assumed({ input }))
  const [left] = linesOf({ call: callOf(alice, userSubject()), decided: [], operation: assumeAudit(), input, refused })
  assert.equal(kept.requestParameters.roleArn, roleArn)
  assert.equal(left.requestParameters.reason, 'REQUEST_PARAMETERS_TOO_LARGE')
})
