import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeQuery } from './aws-query.ts'
import { operationOf } from './contract.ts'
import { Refusal } from './errors.ts'
import { readForm } from './form.ts'

const assumeRole = operationOf('sts', 'AssumeRole')

const decode = (body: string, operation = assumeRole) => {
  const form = readForm('', Buffer.from(body))
  assert.ok(!(form instanceof Refusal))
  return decodeQuery(operation, form)
}

describe('a Query request is decoded', () => {
  const tag = (Key: string, Value: string) => ({ Key, Value })
  const rows: readonly (readonly [title: string, body: string, input: object])[] = [
    ['text and integers', 'RoleArn=a&DurationSeconds=900', { RoleArn: 'a', DurationSeconds: 900 }],
    ['an empty text is a text', 'RoleArn=', { RoleArn: '' }],
    ['a list by number', 'Tags.member.1.Key=a&Tags.member.1.Value=b', { Tags: [tag('a', 'b')] }],
    [
      'a list in another order than sent, ten after nine',
      'TransitiveTagKeys.member.10=c&TransitiveTagKeys.member.9=b&TransitiveTagKeys.member.1=a',
      { TransitiveTagKeys: ['a', 'b', 'c'] },
    ],
    ['gaps close', 'TransitiveTagKeys.member.3=b&TransitiveTagKeys.member.7=c', { TransitiveTagKeys: ['b', 'c'] }],
    ['an empty list', 'Tags=', { Tags: [] }],
    [
      'unknown members are ignored',
      'RoleArn=a&Unknown=1&Unknown2.member.1=2&Tags.member.1.Color=red',
      { RoleArn: 'a', Tags: [{}] },
    ],
    ['a leading dot names nothing', '.RoleArn=a', {}],
    ['inherited names are unknown members', '__proto__=1&constructor.x=2&Tags.member.1.__proto__=3', { Tags: [{}] }],
    ['int32 bounds', 'DurationSeconds=-2147483648', { DurationSeconds: -2147483648 }],
    ['minus zero is zero', 'DurationSeconds=-0', { DurationSeconds: 0 }],
  ]
  for (const [title, body, input] of rows) it(title, () => assert.deepEqual(decode(body), { input }))

  it('maps by entries; __proto__ is only a key', () => {
    const operation = operationOf('iam', 'PutAccountProperties')
    const answer = decode(
      'Properties.entry.1.key=__proto__&Properties.entry.1.value=x&Properties.entry.2.key=b&Properties.entry.2.value=',
      operation,
    )
    assert.ok('input' in answer)
    const properties = answer.input.Properties as object
    assert.deepEqual(Object.entries(properties), [
      ['__proto__', 'x'],
      ['b', ''],
    ])
    assert.equal(Object.getPrototypeOf(properties), Object.prototype)
  })

  it('an operation without input has an empty one', () => {
    assert.deepEqual(decode('Action=x&Anything=1', operationOf('iam', 'GetAccountSummary')), { input: {} })
  })
})

describe('ValidationError refuses a member whose name differs from a known one in case alone', () => {
  const rows: readonly (readonly [title: string, body: string, given: string, known: string])[] = [
    ['a text', 'rolearn=a', 'rolearn', 'RoleArn'],
    ['an integer', 'Durationseconds=900', 'Durationseconds', 'DurationSeconds'],
    ['one that is set right as well', 'Policy=a&policy=b', 'policy', 'Policy'],
    ['an empty one', 'POLICY=', 'POLICY', 'Policy'],
    ['a list', 'PolicyARNs.member.1.arn=a', 'PolicyARNs', 'PolicyArns'],
    ['an empty list', 'policyArns=', 'policyArns', 'PolicyArns'],
    ['a member of a list’s item', 'PolicyArns.member.1.Arn=a', 'Arn', 'arn'],
    ['the same of a later item', 'PolicyArns.member.1.arn=a&PolicyArns.member.2.ARN=b', 'ARN', 'arn'],
    ['half a tag', 'Tags.member.1.Key=a&Tags.member.1.value=b', 'value', 'Value'],
    ['parts under a text', 'policy.x=1', 'policy', 'Policy'],
  ]
  for (const [title, body, given, known] of rows) {
    it(title, () => {
      const answer = decode(body)
      assert.ok('refused' in answer)
      assert.deepEqual(
        [answer.refused.code, answer.refused.status, answer.refused.message],
        ['ValidationError', 400, `${given} is not a member of this request: it differs from ${known} in case alone.`],
      )
    })
  }
  it('`member` in another case does not make a list', () => {
    for (const body of [
      'PolicyArns.Member.1.arn=a',
      'PolicyArns.1.arn=a',
      'PolicyArns.arn=a',
      'PolicyArns.member.1=a',
    ]) {
      assert.ok('refused' in decode(body), body)
    }
  })
})

describe('MalformedInput refuses', () => {
  const deep = `Tags.${'member.1.'.repeat(40)}Key=x`
  const rows: readonly (readonly [title: string, body: string, message: string])[] = [
    ['an integer that is none, with no message', 'DurationSeconds=abc', ''],
    ['an empty integer', 'DurationSeconds=', ''],
    ['a fraction', 'DurationSeconds=1.5', ''],
    ['an exponent', 'DurationSeconds=1e3', ''],
    ['hexadecimal', 'DurationSeconds=0x10', ''],
    ['spaces round an integer', 'DurationSeconds=+900', ''],
    ['an integer beyond 32 bits', 'DurationSeconds=2147483648', ''],
    ['an integer of a thousand digits', `DurationSeconds=${'9'.repeat(1000)}`, ''],
    ['text where a list belongs', 'Tags=x', 'Unexpected list element termination'],
    ['a list item without a number', 'Tags.member=x', 'Unexpected list element termination'],
    ['a list by another name', 'Tags.item.1.Key=x', 'Unexpected list element termination'],
    ['a list beside a stray key', 'Tags.member.1.Key=x&Tags.other=1', 'Unexpected list element termination'],
    ['item zero', 'TransitiveTagKeys.member.0=a', 'Unexpected list element termination'],
    [
      'an item with leading zeros, which could stand for another',
      'TransitiveTagKeys.member.01=a',
      'Unexpected list element termination',
    ],
    [
      'an item beyond all numbers',
      `TransitiveTagKeys.member.${'9'.repeat(400)}=a`,
      'Unexpected list element termination',
    ],
    ['an item named like a property', 'TransitiveTagKeys.member.__proto__=a', 'Unexpected list element termination'],
    ['parts under a text', 'RoleArn.x=1', 'Start of structure or map found where not expected'],
    [
      'parts under the text of an item',
      'TransitiveTagKeys.member.1.x=1',
      'Start of structure or map found where not expected',
    ],
    ['text where a structure belongs', 'Tags.member.1=x', 'Start of structure or map found where not expected'],
    [
      'a list that is empty and is not',
      'Tags=&Tags.member.1.Key=x',
      'Start of structure or map found where not expected',
    ],
    ['the same the other way round', 'Tags.member.1.Key=x&Tags=', 'Start of structure or map found where not expected'],
    [
      'a value and parts below it',
      'Tags.member.1=&Tags.member.1.Key=x',
      'Start of structure or map found where not expected',
    ],
    [
      'parts and a value above them',
      'Tags.member.1.Key=x&Tags.member.1=',
      'Start of structure or map found where not expected',
    ],
    ['a key deeper than any shape', deep, 'Start of structure or map found where not expected'],
  ]
  for (const [title, body, message] of rows) {
    it(title, () => {
      const answer = decode(body)
      assert.ok('refused' in answer)
      assert.deepEqual(
        [answer.refused.code, answer.refused.status, answer.refused.message],
        ['MalformedInput', 400, message],
      )
    })
  }

  it('a map whose key stands twice, or that lacks a half', () => {
    const operation = operationOf('iam', 'PutAccountProperties')
    for (const body of [
      'Properties.entry.1.key=a&Properties.entry.1.value=1&Properties.entry.2.key=a&Properties.entry.2.value=2',
      'Properties.entry.1.key=a',
      'Properties.entry.1.value=a',
      'Properties.entry.1=a',
    ]) {
      assert.ok('refused' in decode(body, operation), body)
    }
  })

  it('two megabytes of dots cost one answer', () => {
    assert.deepEqual(decode(`${'a.'.repeat(1 << 20)}=1`), { input: {} })
    assert.ok('refused' in decode(`Tags${'.a'.repeat(1 << 20)}=1`))
  })

  it('malformed booleans, times and bytes', () => {
    const boolean = operationOf('iam', 'CreatePolicyVersion')
    for (const text of ['True', '1', '', 'yes']) assert.ok('refused' in decode(`SetAsDefault=${text}`, boolean), text)
    assert.deepEqual(decode('SetAsDefault=true', boolean), { input: { SetAsDefault: true } })
  })
})
