// Random policies about DynamoDB's condition keys, of values that the requests beside them have: they match often, and often not.
import type { PolicyKind, Requester } from '../../src/core/policy/model.ts'
import type { Policies, Policy } from '../policy/naive.ts'
import { blobs, chance, numbers, pick, type Random, texts, times } from './generated-expressions.ts'
import { accounts } from './generated-requests.ts'
import { keyOf } from './second-reading.ts'

const [own, other] = accounts
export const ann: Requester = {
  ...{ kind: 'user', account: own, principalId: 'AIDAANN4567890123456A' },
  ...{ arn: `arn:aws:iam::${own}:user/ann`, principalArn: `arn:aws:iam::${own}:user/ann` },
}
const principals = new Map([[ann.arn ?? '', ann.principalId ?? '']])

const actions = [
  ...[
    '*',
    '*',
    'dynamodb:*',
    'dynamodb:*',
    'dynamodb:*',
    'dynamodb:PartiQL*',
    'dynamodb:*Item',
    'dynamodb:Batch*',
    'dynamodb:?uery',
  ],
  ...[
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:Scan',
    'dynamodb:PartiQLSelect',
    'dynamodb:ConditionCheckItem',
    's3:*',
  ],
]
const arn = (rest: string) => `arn:aws:dynamodb:*:*:${rest}`
const resources = [
  ...[
    '*',
    '*',
    '*',
    arn('table/*'),
    arn('table/*'),
    arn('table/Games'),
    arn('table/Games/index/*'),
    arn('table/*/index/ByTitle'),
  ],
  ...[
    arn('table/Numbers'),
    `arn:aws:dynamodb:us-east-1:${own}:table/*`,
    `arn:aws:dynamodb:us-east-1:${other}:table/Games*`,
  ],
]

const keyTexts = [
  ...texts,
  ...numbers.map((N) => keyOf({ N }, 'N') ?? ''),
  ...blobs,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
  ...['${aws:username}', '1*', 'u?', '*'],
]
const names = ['UserId', 'Title', 'n', 'b', 'Grade', 'Secret', 'Wins', 'a', '_x', 'constructor', '__proto__', '*']
const selects = ['ALL_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'COUNT', '*_ATTRIBUTES']
const returned = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_*']
const strings = ['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike', 'StringEqualsIgnoreCase'] as const
const bools = ['true', 'false']

/** Keys with the values of policies about them, how many of those are named at once, and the operators. */
const keys: readonly (readonly [key: string, values: readonly string[], most: number, operators: readonly string[]])[] =
  [
    ['LeadingKeys', keyTexts, 8, strings],
    ['LeadingKeys', keyTexts, 8, strings],
    ['FirstPartitionKeyValues', keyTexts, 8, strings],
    ['SecondPartitionKeyValues', keyTexts, 8, [...strings, 'NumericGreaterThan']],
    ['ThirdPartitionKeyValues', keyTexts, 2, strings],
    ['Attributes', names, 12, strings],
    ['Attributes', names, 12, strings],
    ['Select', selects, 2, strings],
    ['ReturnValues', returned, 2, strings],
    ['EnclosingOperation', ['TransactGetItems', 'TransactWriteItems', 'ExecuteTransaction'], 2, strings],
    ['ReturnConsumedCapacity', ['NONE', 'TOTAL', 'INDEXES'], 2, strings],
    ['FullTableScan', bools, 1, ['Bool', 'StringEquals']],
  ]

function conditions(random: Random): object {
  const element: Record<string, Record<string, unknown>> = {}
  for (const _ of times(random, 1, 2, () => undefined)) {
    const [key, values, most, operators] = pick(random, keys)
    const isNull = chance(random, 0.12)
    const set = isNull || chance(random, 0.35) ? '' : pick(random, ['ForAllValues:', 'ForAllValues:', 'ForAnyValue:'])
    const operator = isNull ? 'Null' : `${set}${pick(random, operators)}${chance(random, 0.2) ? 'IfExists' : ''}`
    const some = isNull ? pick(random, bools) : times(random, 1, most, () => pick(random, values))
    const name = `dynamodb:${chance(random, 0.1) ? key.toUpperCase() : key}`
    element[operator] = { ...element[operator], [name]: some }
  }
  return element
}

const statement = (random: Random, kind: PolicyKind): object => {
  const Effect = chance(random, 0.75) ? 'Allow' : 'Deny'
  const not = () => (chance(random, 0.12) ? 'Not' : '')
  return {
    Effect,
    [`${not()}Action`]: times(random, 1, 2, () => pick(random, actions)),
    [`${not()}Resource`]: times(random, 1, 2, () => pick(random, resources)),
    ...(kind === 'resource' && { Principal: pick(random, ['*', { AWS: own }, { AWS: ann.arn }, { AWS: other }]) }),
    ...(chance(random, Effect === 'Deny' ? 0.95 : 0.6) && { Condition: conditions(random) }),
  }
}

const policy = (random: Random, kind: PolicyKind): Policy => {
  const everything = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }
  const statements = times(random, 1, 3, () => statement(random, kind))
  const Statement = kind === 'scp' && chance(random, 0.7) ? [everything, ...statements] : statements
  return { kind, text: JSON.stringify({ Version: '2012-10-17', Statement }), principals }
}

/** Policies of every kind that may be attached where a request for a table is decided. */
export const policies = (random: Random): Policies => ({
  identity: times(random, 1, 2, () => policy(random, 'identity')),
  ...(chance(random, 0.2) && { boundary: policy(random, 'boundary') }),
  ...(chance(random, 0.2) && { session: times(random, 0, 2, () => policy(random, 'session')) }),
  ...(chance(random, 0.4) && { resource: policy(random, 'resource') }),
  scps: chance(random, 0.75) ? [] : [[policy(random, 'scp')]],
  rcps: [],
})
