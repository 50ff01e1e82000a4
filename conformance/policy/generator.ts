// Random requests and policies for differential tests: from small pools of values, so that they match often; from a seed, so
// that a failure can be repeated.
import type { AccessRequest, PolicyKind, Requester } from '../../src/core/policy/model.ts'
import type { Policies, Policy } from './naive.ts'

/** Mulberry32: numbers in [0, 1) from a 32-bit seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const [own, other] = ['111111111111', '222222222222']
const [userArn, roleArn] = [`arn:aws:iam::${own}:user/ann`, `arn:aws:iam::${own}:role/p/R`]
const [userId, roleId] = ['AIDAANN4567890123456A', 'AROAROLE67890123456AB']
const sessionArn = `arn:aws:sts::${own}:assumed-role/R/s`
const fedArn = `arn:aws:sts::${own}:federated-user/fred`
const provider = `arn:aws:iam::${own}:oidc-provider/idp.example`
const principals: ReadonlyMap<string, string> = new Map([
  [userArn, userId],
  [roleArn, roleId],
])

const requesters: readonly Requester[] = [
  { kind: 'user', account: own, arn: userArn, principalArn: userArn, principalId: userId },
  { kind: 'role-session', account: own, arn: sessionArn, principalArn: roleArn, principalId: roleId },
  { kind: 'role-session', account: own, arn: sessionArn, principalArn: roleArn, principalId: roleId },
  { kind: 'federated-user', account: own, arn: fedArn, principalArn: userArn, principalId: userId },
  { kind: 'root', account: own, arn: `arn:aws:iam::${own}:root`, principalId: own },
  { kind: 'service', name: 'ec2.amazonaws.com' },
  { kind: 'federated', name: provider },
  { kind: 'anonymous' },
]

const actions = ['s3:GetObject', 's3:PutObject', 'iam:GetUser', 'sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity']
const actionPatterns = [
  ...[
    '*',
    '*',
    '*',
    '*',
    '*',
    's3:*',
    's3:*',
    'sts:*',
    's3:Get*',
    'S3:getobject',
    's3:?etObject',
    'iam:*',
    'sts:*',
    'sts:AssumeRole*',
    '*:Get*',
  ],
  ...['s3:P*t', 'sts:AssumeRole', 'broken', 's*:x'],
]
const resources = [
  ...['arn:aws:s3:::b/home/ann/x', 'arn:aws:s3:::b/home/*', 'arn:aws:s3:::b', `arn:aws:iam::${own}:role/p/T`, '*'],
  ...['arn:aws:dynamodb:eu-1:111111111111:table/t/index/i:1', 'arn:aws:s3:::b/home/a:b/c'],
]
const resourcePatterns = [
  ...[
    '*',
    '*',
    '*',
    'arn:aws:s3:::b/*',
    'arn:aws:s3:::b',
    'arn:aws:s3:::*',
    'arn:aws:s3',
    'arn:aws:s3:*',
    'arn:aws:iam',
  ],
  ...['arn:aws:s3:::b/home/$' + '{aws:username}/*', 'arn:aws:s3:::b/home/$' + '{aws:PrincipalTag/Team}*', 'nonsense'],
  ...[
    'arn:aws:s3:::b/home/$' + "{aws:none, 'ann'}/x",
    'arn:aws:s3:::b/home/$' + '{*}',
    'arn:aws:s3:::b/home/$' + '{x:unfilled/A}*',
    'arn:aws:s3:::b/$' + '{aws:TagKeys}',
  ],
  ...['arn:aws:s3::$' + '{aws:username}:b', 'arn:aws:s3:::b/h?me/*/x', 'arn:*:*:*:*:*', 'arn:aws:iam::*:role/*'],
  ...['arn:aws:dynamodb:*:*:table/*:?', 'arn:aws:s3:::b/$' + '{open', 'arn:aws:s3:::b/home/*:*'],
  ...[
    'arn:aws:dynamodb:*:table/t/*',
    'arn:aws:dynamodb:e*:i:?',
    'arn:aws:*-1:*:$' + "{aws:none, '1'}",
    'arn:aws:dyn?*:*',
  ],
]

const strings = [
  'ann',
  'ANN',
  'red',
  'a*',
  'a?n',
  '',
  '$' + '{aws:username}',
  '$' + "{none, 'ann'}",
  '$' + '{*}',
  '$' + '{none}',
  '$' + "{x:Unfilled/a, 'ann'}",
]
const numbers = [
  '5',
  '5.50',
  '5.5',
  '-1',
  '+5',
  '0x10',
  '1e3',
  ' 1',
  '007',
  '99999999999999999999',
  '99999999999999999998',
  '.5',
]
const dates = [
  ...['2026-11-23T00:00:00Z', '2026-11-23', '2026-11-23T01:00:00+01:00', '1795392000', '2026-02-30', 'soon', '2026'],
  ...['2026-11-23T00:00:00.5Z', '2026-11', '2026-11-22T23:00-0100', '2026-11-23t0:00:00z', '2024-02-29'],
]
const addresses = [
  ...[
    '10.0.0.1',
    '10.0.0.0/8',
    '10.0.0.1/32',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:10.0.0.0/104',
    '2001:db8::/32',
    '1.2.3',
  ],
  ...['2001:db8::1', '010.0.0.1', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/08', '10.128.0.0/9'],
]
const arns = [
  ...[
    roleArn,
    sessionArn,
    `arn:aws:iam::${own}:role/*`,
    'arn:*:*:*:*:*',
    '*',
    'arn:aws:iam::1',
    'arn:aws:s3:::$' + '{aws:username}',
  ],
  ...['arn:aws:iam:*:role/*', `arn:aws:iam::*:role/?/R`, '$' + '{aws:PrincipalArn}', 'arn:aws:s3:::ann'],
]
const bools = ['true', 'false', 'True', 'yes', '$' + "{none, 'true'}", '']
const blobs = ['QUJD', 'QUJD=', 'QUI=', 'QUJ=', '', '!!!!']

/** Operators by what their values come from. */
const families: readonly (readonly [operators: readonly string[], values: readonly string[]])[] = [
  [
    ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'stringequals', 'StringEqualsIgnoreCase'],
    strings,
  ],
  [['StringNotEqualsIgnoreCase', 'StringLike', 'StringNotLike'], strings],
  [['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals', 'NumericGreaterThan'], numbers],
  [['NumericGreaterThanEquals', 'NumericNotLessThan'], numbers],
  [['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan'], dates],
  [['DateGreaterThanEquals'], dates],
  [['IpAddress', 'NotIpAddress'], addresses],
  [['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals'], arns],
  [['Bool', 'NotBool', 'Null', 'Null', 'NullIfExists'], bools],
  [['BinaryEquals', 'BinaryNotEquals'], blobs],
]
/** Context keys and what they may hold; the request side shares the pools of the policy side. */
const keyPools: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['aws:username', ['ann', 'ANN', 'red', 'a*']],
  ['aws:PrincipalTag/Team', ['ann', 'red', '*', 'an/n', '']],
  ['aws:TagKeys', ['ann', 'red', 'a*', 'x']],
  ['aws:PrincipalArn', arns],
  ['s3:max-keys', numbers],
  ['aws:CurrentTime', dates],
  ['aws:SourceIp', addresses],
  ['aws:SecureTransport', bools],
  ['x:Blob', blobs],
  ['x:Unfilled/a', ['ann']],
]

export interface Case {
  /** Several requests to one set of policies. */
  readonly requests: readonly AccessRequest[]
  readonly policies: Policies
}

export function caseOf(random: () => number): Case {
  const chance = (share: number) => random() < share
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const some = <T>(from: readonly T[], most: number): T[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(from))
  const oneOrMany = <T>(values: T[]) => (values.length === 1 && chance(0.7) ? values[0] : values)

  function conditions() {
    const element: Record<string, Record<string, unknown>> = {}
    for (let i = chance(0.5) ? 1 : 2; i > 0; i--) {
      const [operators, values] = pick(families)
      const prefix = chance(0.75) ? '' : pick(['ForAllValues:', 'ForAnyValue:', 'forallvalues:'])
      const operator = prefix + pick(operators) + (chance(0.15) ? 'IfExists' : '')
      const related = keyPools.filter(([, pool]) => pool.some((value) => values.includes(value)))
      const [name] = chance(0.8) && related.length > 0 ? pick(related) : pick(keyPools)
      element[operator] = { [chance(0.2) ? name.toUpperCase() : name]: chance(0.02) ? [] : oneOrMany(some(values, 2)) }
    }
    return element
  }

  const entries = [own, other, userArn, roleArn, sessionArn, fedArn, userId, roleId, '*', `arn:aws:iam::${own}:root`]
  const oddEntries = [
    `arn:aws-cn:iam::${own}:root`,
    `arn:aws:iam::${own}:role/gone`,
    `arn:aws:iam::${own}:role/*`,
    'AROAGONE5678901234567',
  ]
  function principal() {
    if (chance(0.2)) return '*'
    const element: Record<string, unknown> = {}
    if (chance(0.7)) element.AWS = oneOrMany(some(chance(0.85) ? entries : oddEntries, 4))
    if (chance(0.3)) element.Service = pick(['ec2.amazonaws.com', 'lambda.amazonaws.com', 's3.amazonaws.com', '*'])
    if (chance(0.3)) element.Federated = pick([provider, 'idp.example'])
    if (chance(0.02)) element.CanonicalUser = 'abc'
    return element
  }

  function statement(kind: PolicyKind): Record<string, unknown> {
    const effect = chance(0.78) ? 'Allow' : 'Deny'
    const not = () => (chance(0.12) ? 'Not' : '')
    return {
      Effect: effect,
      [`${not()}Action`]: oneOrMany(some(actionPatterns, 2)),
      ...(kind !== 'trust' && { [`${not()}Resource`]: oneOrMany(some(resourcePatterns, 2)) }),
      ...((kind === 'resource' || kind === 'trust') && { [`${chance(0.15) ? 'Not' : ''}Principal`]: principal() }),
      ...(kind === 'rcp' && { Principal: '*' }),
      ...(chance(effect === 'Deny' ? 0.9 : 0.3) && { Condition: conditions() }),
    }
  }

  function policy(kind: PolicyKind): Policy {
    if (chance(0.002)) return { kind, text: '{"Version":', principals }
    const version = chance(0.9) ? { Version: '2012-10-17' } : chance(0.5) ? { Version: '2008-10-17' } : {}
    const statements = Array.from({ length: pick([1, 1, 1, 2, 3]) }, () => statement(kind))
    // What most real documents of these kinds begin with, so that decisions get past them.
    if ((kind === 'scp' || kind === 'rcp') && chance(0.8))
      statements.unshift({ Effect: 'Allow', Action: '*', Resource: '*', ...(kind === 'rcp' && { Principal: '*' }) })
    return { kind, text: JSON.stringify({ ...version, Statement: statements }), principals }
  }
  const policies = (kind: PolicyKind, most: number) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => policy(kind))
  const levels = (kind: PolicyKind) =>
    chance(0.75) ? [] : Array.from({ length: pick([1, 2]) }, () => some([kind], 2).map(policy))

  const trust = chance(0.25)

  function request(): AccessRequest {
    const keys = new Map<string, string | string[]>()
    for (const [name, values] of keyPools) {
      if (name.startsWith('x:Unfilled') ? chance(0.9) : chance(0.35)) continue
      keys.set(
        name.toLowerCase(),
        name === 'aws:TagKeys' || chance(0.08) ? some(values, 3).slice(chance(0.1) ? 3 : 0) : pick(values),
      )
    }
    return {
      action: trust ? pick(actions.slice(3)) : pick(actions.slice(0, 4)),
      resource: trust ? `arn:aws:iam::${own}:role/p/T` : pick(resources),
      owner: chance(0.8) ? own : other,
      requester: chance(0.1) ? pick(requesters) : pick(requesters.slice(0, trust ? 7 : 5)),
      keys,
      ...(chance(0.1) && { bothSides: true as const }),
      ...(chance(0.3) && { unfilled: new Set(['x:unfilled/', 'x:blob']) }),
    }
  }

  return {
    requests: Array.from({ length: 4 }, request),
    policies: {
      identity: chance(0.8) ? some(['identity' as const], 2).map(policy) : [],
      ...(chance(0.15) && { boundary: policy('boundary') }),
      ...(chance(0.15) && { session: policies('session', 2) }),
      ...(chance(trust ? 0.95 : 0.5) && { resource: policy(trust ? 'trust' : 'resource') }),
      scps: levels('scp'),
      rcps: levels('rcp'),
    },
  }
}
