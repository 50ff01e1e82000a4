// Calls as the pipeline hands them to the audit, for tests: each kind of identity, and AssumeRole with every parameter.
import type { Identity, Pass } from '../../../core/identity.ts'
import { uuid7 } from '../../../core/ids.ts'
import { allowanceFor } from '../../../core/policy/allowance.ts'
import { compile } from '../../../core/policy/compile.ts'
import { decide } from '../../../core/policy/decide.ts'
import type { Applicable, Compiled } from '../../../core/policy/model.ts'
import { Secret } from '../../../core/secret.ts'
import { operationOf } from '../../../wire/contract.ts'
import { Refusal } from '../../../wire/errors.ts'
import { describe as describeCaller, requestKeys } from '../../access/context-keys.ts'
import type { Issued } from '../../operation.ts'
import type { AuditedCall, CallOutcome } from '../record.ts'

export const now = new Date('2023-07-18T15:07:39.500Z')
export const here = '111111111111'
export const there = '222222222222'
export const roleArn = `arn:aws:iam::${there}:role/Target`

let made = 0
/** A request id of a moment; each is another. */
export const requestIdAt = (time: Date): string => {
  made += 1
  const bytes = Buffer.alloc(10)
  bytes.writeUInt32BE(made, 6)
  return uuid7(time.getTime(), bytes)
}

export const passOf = (own: Partial<Pass> = {}): Pass => ({
  id: 'ab'.repeat(16),
  accessKeyId: 'ASIAAAAAAAAAAAAAAAAA',
  secret: new Secret('planted-pass-secret'),
  issuedAt: 1_689_692_000,
  expiresAt: 1_689_695_600,
  kind: 'role',
  account: here,
  principal: 'AROAAAAAAAAAAAAAAAAAA',
  name: 'alice',
  version: 1,
  tags: {},
  transitive: [],
  keys: new Map(),
  ancestors: [],
  by: 'AIDAAAAAAAAAAAAAAAAAA',
  vouched: true,
  ...own,
})

type Subject = NonNullable<AuditedCall['subject']>

const holding = { version: 1, tags: [], identity: [], scps: [], rcps: [] }
const account = { id: here, name: 'home', status: 'ACTIVE', createdAt: '2023-01-01T00:00:00Z' } as const
const holder = { account: here, createdAt: account.createdAt, tags: [], inline: [], attached: [] }

export const userSubject = (): Subject =>
  ({
    ...holding,
    account,
    kind: 'user',
    id: 'AIDAAAAAAAAAAAAAAAAAA',
    arn: `arn:aws:iam::${here}:user/eng/Alice`,
    record: { ...holder, id: 'AIDAAAAAAAAAAAAAAAAAA', name: 'Alice', path: '/eng/' },
  }) as unknown as Subject

export const rootSubject = (): Subject =>
  ({ ...holding, account, kind: 'root', id: here, arn: `arn:aws:iam::${here}:root` }) as unknown as Subject

export const roleSubject = (): Subject =>
  ({
    ...holding,
    account,
    kind: 'role',
    id: 'AROAAAAAAAAAAAAAAAAAA',
    arn: `arn:aws:iam::${here}:role/team/Dev`,
    record: { ...holder, id: 'AROAAAAAAAAAAAAAAAAAA', name: 'Dev', path: '/team/' },
  }) as unknown as Subject

export const from = {
  address: '198.51.100.7',
  tls: true,
  userAgent: 'aws-cli/2.15.0',
  region: 'eu-central-1',
  host: 'sts.example.com',
}

export function callOf(identity: Identity, subject?: Subject, own: Partial<AuditedCall> = {}): AuditedCall {
  const described = describeCaller(identity, subject)
  return {
    requestId: requestIdAt(now),
    now,
    service: 'sts',
    operation: 'GetCallerIdentity',
    identity,
    ...(subject === undefined ? {} : { subject }),
    name: described.name,
    keys: requestKeys(identity, described, from, now),
    from,
    ...own,
  }
}

export const alice: Identity = {
  kind: 'user',
  account: here,
  principal: 'AIDAAAAAAAAAAAAAAAAAA',
  accessKeyId: 'AKIAAAAAAAAAAAAAAAAA',
}

export const issued: Issued = {
  sessionId: 'cd'.repeat(16),
  accessKeyId: 'ASIABBBBBBBBBBBBBBBB',
  account: there,
  principal: 'AROABBBBBBBBBBBBBBBBB',
  name: 'session-one',
  expiresAt: now.getTime() / 1000 + 3600,
  ancestors: ['AKIAAAAAAAAAAAAAAAAA'],
  by: 'AIDAAAAAAAAAAAAAAAAAA',
  sourceIdentity: 'alice@example.com',
}

export const assumeOutput = {
  Credentials: {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: 'planted-secret-access-key',
    SessionToken: 'planted-session-token',
    Expiration: new Date('2023-07-18T16:07:39Z'),
  },
  AssumedRoleUser: {
    AssumedRoleId: 'AROABBBBBBBBBBBBBBBBB:session-one',
    Arn: `arn:aws:sts::${there}:assumed-role/Target/session-one`,
  },
  PackedPolicySize: 6,
}

/** How AssumeRole stands in the audit; `owner` is the role's. */
export const assumeAudit = (owner = there) => ({
  audit: {
    readOnly: true,
    resources: (input: { RoleArn: string }) => [{ accountId: owner, type: 'AWS::IAM::Role', ARN: input.RoleArn }],
    copyTo: () => owner,
    issued: () => issued,
  },
})

export const assumeInput = {
  RoleArn: roleArn,
  RoleSessionName: 'session-one',
  DurationSeconds: 3600,
  ExternalId: 'planted-external-id',
  SerialNumber: `arn:aws:iam::${here}:mfa/alice`,
  TokenCode: '918273',
  Tags: [{ Key: 'Email', Value: 'alice@example.com' }],
  TransitiveTagKeys: ['Email'],
  SourceIdentity: 'alice@example.com',
}

/** An AssumeRole that was allowed. */
export const assumed = (own: Partial<CallOutcome> = {}): CallOutcome & { output: object } => ({
  call: callOf(alice, userSubject(), { operation: 'AssumeRole' }),
  contract: operationOf('sts', 'AssumeRole'),
  operation: assumeAudit(),
  input: assumeInput,
  target: {},
  output: assumeOutput,
  decided: [],
  ...own,
})

export const policy = (kind: Compiled['kind'], source: string, ...statements: readonly object[]): Compiled =>
  compile(JSON.stringify({ Version: '2012-10-17', Statement: statements }), { kind, source })

export const allowAssume = policy('identity', `arn:aws:iam::${here}:policy/Assume`, {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Resource: '*',
})

export const refusedBecause = new Refusal({
  code: 'AccessDenied',
  status: 403,
  message: `User: arn:aws:iam::${here}:user/eng/Alice is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
})

/** An AssumeRole decided by these policies, and refused. */
export function refusedAssume(
  identity: readonly Compiled[],
  trust: Compiled,
  own: {
    readonly owner?: string
    readonly requestId?: string
    readonly keys?: readonly (readonly [string, string])[]
    readonly rcps?: Applicable['rcps']
  } = {},
) {
  const { owner = there, requestId, keys = [], rcps = [] } = own
  const resource = `arn:aws:iam::${owner}:role/Target`
  const call = callOf(alice, userSubject(), {
    operation: 'AssumeRole',
    ...(requestId === undefined ? {} : { requestId }),
  })
  const check = {
    action: 'sts:AssumeRole',
    resource,
    owner,
    policy: trust,
    keys: new Map<string, string>([['sts:externalid', 'planted-external-id'], ['sts:rolesessionname', 'one'], ...keys]),
  }
  const request = {
    action: check.action,
    resource,
    owner,
    requester: call.name.requester,
    keys: new Map([...call.keys, ...check.keys]),
  }
  const applicable: Applicable = { identity, resource: trust, scps: [], rcps }
  return {
    call,
    contract: operationOf('sts', 'AssumeRole'),
    operation: assumeAudit(owner),
    input: assumeInput,
    target: {},
    refused: refusedBecause,
    decided: [{ check, request, applicable, decision: decide(request, applicable, allowanceFor(1)), steps: 0 }],
  }
}
