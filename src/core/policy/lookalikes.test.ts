// Variables and values that look like what they are not: none may make a policy allow more than it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessRequest } from './model.ts'
import { type StatementText, under } from './testing/policies.ts'

const variable = (inside: string) => ['$', '{', inside, '}'].join('')
const bucket = 'arn:aws:s3:::bucket'
const keysOf = (keys: Readonly<Record<string, string | readonly string[]>>) => ({ keys: new Map(Object.entries(keys)) })

interface Row {
  readonly rule: string
  readonly statement: StatementText
  readonly ask?: Partial<AccessRequest>
  /** What an Allow of this gives; a Deny matches in the same cases, and in those of `broken`. */
  readonly gives: 'matches' | 'misses' | 'broken'
}

const tag = (value: string | readonly string[]) => keysOf({ 'aws:principaltag/team': value })
const team = variable('aws:PrincipalTag/Team')
const rows: readonly Row[] = [
  // Variables
  {
    rule: 'a variable takes the request’s value',
    statement: { Resource: `${bucket}/${team}/*` },
    ask: { resource: `${bucket}/red/x`, ...tag('red') },
    gives: 'matches',
  },
  {
    rule: 'a tag’s key is case-insensitive',
    statement: { Resource: `${bucket}/${variable('AWS:principaltag/TEAM')}` },
    ask: { resource: `${bucket}/red`, ...tag('red') },
    gives: 'matches',
  },
  {
    rule: 'a tag’s value is not',
    statement: { Resource: `${bucket}/${team}` },
    ask: { resource: `${bucket}/RED`, ...tag('red') },
    gives: 'misses',
  },
  {
    rule: 'a star in a value is a star',
    statement: { Resource: `${bucket}/${team}` },
    ask: { resource: `${bucket}/red`, ...tag('*') },
    gives: 'misses',
  },
  {
    rule: 'a question mark in a value is one',
    statement: { Resource: `${bucket}/${team}*` },
    ask: { resource: `${bucket}/red`, ...tag('???') },
    gives: 'misses',
  },
  {
    rule: 'a variable in a value is text',
    statement: { Resource: `${bucket}/${team}` },
    ask: {
      resource: `${bucket}/ann`,
      keys: new Map([
        ['aws:principaltag/team', variable('aws:username')],
        ['aws:username', 'ann'],
      ]),
    },
    gives: 'misses',
  },
  {
    rule: 'a colon in a value moves no part',
    statement: { Resource: `arn:aws:x:::${team}` },
    ask: { resource: 'arn:aws:x:a:b:c', ...tag('a:b:c') },
    gives: 'misses',
  },
  {
    rule: 'a missing value matches nothing',
    statement: { Resource: `${bucket}/${team}*` },
    ask: { resource: `${bucket}/red` },
    gives: 'misses',
  },
  {
    rule: 'not even itself',
    statement: { Resource: `${bucket}/${team}` },
    ask: { resource: `${bucket}/${team}` },
    gives: 'misses',
  },
  {
    rule: 'a missing value has its default',
    statement: { Resource: `${bucket}/${variable("aws:PrincipalTag/Team, 'all'")}` },
    ask: { resource: `${bucket}/all` },
    gives: 'matches',
  },
  {
    rule: 'a default’s star is a star',
    statement: { Resource: `${bucket}/${variable("aws:PrincipalTag/Team, '*'")}` },
    ask: { resource: `${bucket}/all` },
    gives: 'misses',
  },
  {
    rule: 'a multi-valued key has no value',
    statement: { Resource: `${bucket}/${team}` },
    ask: { resource: `${bucket}/red`, ...tag(['red']) },
    gives: 'misses',
  },
  {
    rule: 'nor a default',
    statement: { Resource: `${bucket}/${variable("aws:PrincipalTag/Team, 'all'")}` },
    ask: { resource: `${bucket}/all`, ...tag(['a', 'b']) },
    gives: 'misses',
  },
  {
    rule: 'an empty value is a value',
    statement: { Resource: `${bucket}/${team}/x` },
    ask: { resource: `${bucket}//x`, ...tag('') },
    gives: 'matches',
  },
  { rule: 'an escaped star is a star', statement: { Resource: `${bucket}/${variable('*')}` }, gives: 'misses' },
  {
    rule: 'and matches one',
    statement: { Resource: `${bucket}/${variable('*')}` },
    ask: { resource: `${bucket}/*` },
    gives: 'matches',
  },
  {
    rule: 'a variable in the account is broken',
    statement: { Resource: `arn:aws:iam::${variable('aws:PrincipalAccount')}:role/x` },
    ask: { resource: 'arn:aws:iam::1:role/x', ...keysOf({ 'aws:principalaccount': '1' }) },
    gives: 'broken',
  },
  {
    rule: 'a variable as the whole resource is broken',
    statement: { Resource: team },
    ask: { ...tag(`${bucket}/key`) },
    gives: 'broken',
  },
  { rule: 'an unclosed variable is broken', statement: { Resource: `${bucket}/\u0024{aws:username` }, gives: 'broken' },
  {
    rule: 'a variable in a condition’s value',
    statement: { Condition: { StringLike: { 'x:K': `${team}-*` } } },
    ask: keysOf({ 'aws:principaltag/team': 'red', 'x:k': 'red-1' }),
    gives: 'matches',
  },
  {
    rule: 'its star is a star',
    statement: { Condition: { StringLike: { 'x:K': team } } },
    ask: keysOf({ 'aws:principaltag/team': '*', 'x:k': 'red' }),
    gives: 'misses',
  },
  {
    rule: 'missing in a positive condition is false',
    statement: { Condition: { StringEquals: { 'x:K': team } } },
    ask: keysOf({ 'x:k': '' }),
    gives: 'misses',
  },
  {
    rule: 'missing in a negated condition is true',
    statement: { Condition: { StringNotEquals: { 'x:K': team } } },
    ask: keysOf({ 'x:k': '' }),
    gives: 'matches',
  },
  {
    rule: 'an ARN from a variable',
    statement: { Condition: { ArnEquals: { 'x:K': variable('aws:PrincipalArn') } } },
    ask: keysOf({ 'aws:principalarn': 'arn:aws:iam::1:role/*', 'x:k': 'arn:aws:iam::1:role/x' }),
    gives: 'misses',
  },
  {
    rule: 'no variables in numbers',
    statement: { Condition: { NumericEquals: { 'x:K': variable('x:n') } } },
    ask: keysOf({ 'x:k': '5', 'x:n': '5' }),
    gives: 'broken',
  },
  {
    rule: 'no variables in addresses',
    statement: { Condition: { NotIpAddress: { 'x:K': variable('x:n') } } },
    ask: keysOf({ 'x:k': '1.1.1.1', 'x:n': '5.5.5.5' }),
    gives: 'broken',
  },
  // Values that look alike
  {
    rule: 'a key’s name in any case',
    statement: { Condition: { StringEquals: { 'AWS:PRINCIPALTAG/team': 'red' } } },
    ask: tag('red'),
    gives: 'matches',
  },
  {
    rule: 'the Kelvin sign equals no k, even ignoring case',
    statement: { Condition: { StringEqualsIgnoreCase: { 'x:K': 'k' } } },
    ask: keysOf({ 'x:k': '\u212A' }),
    gives: 'misses',
  },
  {
    rule: 'a dotted capital I is no i',
    statement: { Condition: { StringEqualsIgnoreCase: { 'x:K': 'i' } } },
    ask: keysOf({ 'x:k': '\u0130' }),
    gives: 'misses',
  },
  {
    rule: 'composed and decomposed differ',
    statement: { Condition: { StringEquals: { 'x:K': '\u00e9' } } },
    ask: keysOf({ 'x:k': 'e\u0301' }),
    gives: 'misses',
  },
  {
    rule: 'a request’s star is a star',
    statement: { Condition: { StringLike: { 'x:K': 'abc' } } },
    ask: keysOf({ 'x:k': '*' }),
    gives: 'misses',
  },
  {
    rule: 'regular expressions are text',
    statement: { Condition: { StringLike: { 'x:K': '(a|b).*' } } },
    ask: keysOf({ 'x:k': 'ab' }),
    gives: 'misses',
  },
  {
    rule: 'a line end is a character like any other',
    statement: { Condition: { StringLike: { 'x:K': 'a*b' } } },
    ask: keysOf({ 'x:k': 'a\nb' }),
    gives: 'matches',
  },
  {
    rule: 'a trailing line end counts',
    statement: { Condition: { StringLike: { 'x:K': 'a' } } },
    ask: keysOf({ 'x:k': 'a\n' }),
    gives: 'misses',
  },
  {
    rule: 'hexadecimal is no number',
    statement: { Condition: { NumericLessThan: { 'x:K': '100' } } },
    ask: keysOf({ 'x:k': '0x10' }),
    gives: 'misses',
  },
  {
    rule: 'an exponent is no number',
    statement: { Condition: { NumericGreaterThan: { 'x:K': '100' } } },
    ask: keysOf({ 'x:k': '1e999' }),
    gives: 'misses',
  },
  {
    rule: 'blanks are no number',
    statement: { Condition: { NumericEquals: { 'x:K': '1' } } },
    ask: keysOf({ 'x:k': ' 1 ' }),
    gives: 'misses',
  },
  {
    rule: 'no text is no number',
    statement: { Condition: { NumericEquals: { 'x:K': '0' } } },
    ask: keysOf({ 'x:k': '' }),
    gives: 'misses',
  },
  {
    rule: 'digits of another script are no number',
    statement: { Condition: { NumericEquals: { 'x:K': '1' } } },
    ask: keysOf({ 'x:k': '\u0661' }),
    gives: 'misses',
  },
  {
    rule: 'minus zero is zero',
    statement: { Condition: { NumericEquals: { 'x:K': '0' } } },
    ask: keysOf({ 'x:k': '-0.0' }),
    gives: 'matches',
  },
  {
    rule: 'IPv4 in IPv6 is the IPv4 address',
    statement: { Condition: { IpAddress: { 'x:K': '10.0.0.0/8' } } },
    ask: keysOf({ 'x:k': '::ffff:10.1.1.1' }),
    gives: 'matches',
  },
  {
    rule: 'in hexadecimal too',
    statement: { Condition: { IpAddress: { 'x:K': '10.0.0.0/8' } } },
    ask: keysOf({ 'x:k': '0:0:0:0:0:FFFF:a01:101' }),
    gives: 'matches',
  },
  {
    rule: 'in the policy too',
    statement: { Condition: { IpAddress: { 'x:K': '::ffff:10.0.0.0/104' } } },
    ask: keysOf({ 'x:k': '10.1.1.1' }),
    gives: 'matches',
  },
  {
    rule: 'octal octets are no address',
    statement: { Condition: { IpAddress: { 'x:K': '10.0.0.0/8' } } },
    ask: keysOf({ 'x:k': '012.0.0.1' }),
    gives: 'misses',
  },
  {
    rule: 'short addresses are none',
    statement: { Condition: { IpAddress: { 'x:K': '10.0.0.0/8' } } },
    ask: keysOf({ 'x:k': '10.1' }),
    gives: 'misses',
  },
  {
    rule: 'a date rolls over into no other month',
    statement: { Condition: { DateGreaterThan: { 'x:K': '2026-02-28' } } },
    ask: keysOf({ 'x:k': '2026-02-30' }),
    gives: 'misses',
  },
]

for (const { rule, statement, ask, gives } of rows) {
  test(`${rule}: ${JSON.stringify(statement)} ${gives}`, () => {
    const quiet = new Map<string, string>()
    const sent = { keys: quiet, ...ask }
    assert.equal(under(statement, sent), gives === 'matches' ? 'allow' : 'deny identity')
    assert.equal(
      under({ Effect: 'Deny', ...statement }, sent),
      gives === 'misses' ? 'deny identity' : 'explicit identity',
    )
  })
}
