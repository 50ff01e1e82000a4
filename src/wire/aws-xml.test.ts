import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isoSeconds } from '../core/time.ts'
import { escapeXml, writeXml } from './aws-xml.ts'
import { operationOf } from './contract.ts'

describe('text in XML', () => {
  const rows: readonly (readonly [title: string, text: string, written: string])[] = [
    ['plain text stands as it is', 'aé漢😀\t\n', 'aé漢😀\t\n'],
    ['markup is escaped', `<a b="c">&amp;]]>'`, `&lt;a b=&quot;c&quot;&gt;&amp;amp;]]&gt;'`],
    ['a carriage return is a reference, for a parser would change it', '\r\n', '&#xD;\n'],
    ['what XML 1.0 forbids becomes U+FFFD', '\u0000\u0008\u000b\u001f\ufffe\uffff', '\ufffd'.repeat(6)],
    ['a lone surrogate becomes U+FFFD', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
    ['a pair stays', '\ud83d\ude00', '😀'],
  ]
  for (const [title, text, written] of rows) it(title, () => assert.equal(escapeXml(text), written))
})

describe('a document', () => {
  const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'
  it('has the result, the members in the order of the contract, and the request id', () => {
    const output = { Account: '123456789012', Arn: 'a<b', UserId: undefined, $metadata: {}, Unknown: 'x' }
    assert.equal(
      writeXml(operationOf('sts', 'GetCallerIdentity'), namespace, output, 'id'),
      `<GetCallerIdentityResponse xmlns="${namespace}"><GetCallerIdentityResult><Account>123456789012</Account><Arn>a&lt;b</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    )
  })
  it('of an operation without output has no result', () => {
    assert.equal(
      writeXml(operationOf('iam', 'DeleteUser'), 'n', {}, 'id'),
      '<DeleteUserResponse xmlns="n"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteUserResponse>',
    )
  })
  it('is named after the operation, not after its shape', () => {
    const text = writeXml(operationOf('iam', 'SimulateCustomPolicy'), 'n', { IsTruncated: false }, 'id')
    assert.match(text, /<SimulateCustomPolicyResult><IsTruncated>false</)
  })
  it('has maps as entries, lists as members, bytes as base64', () => {
    const summary = writeXml(operationOf('iam', 'GetAccountSummary'), 'n', { SummaryMap: { Users: 3 } }, 'id')
    assert.match(summary, /<SummaryMap><entry><key>Users<\/key><value>3<\/value><\/entry><\/SummaryMap>/)
    const aliases = writeXml(operationOf('iam', 'ListAccountAliases'), 'n', { AccountAliases: ['a', 'b'] }, 'id')
    assert.match(aliases, /<AccountAliases><member>a<\/member><member>b<\/member><\/AccountAliases>/)
    const report = writeXml(operationOf('iam', 'GetCredentialReport'), 'n', { Content: Buffer.from('a,b\n') }, 'id')
    assert.match(report, /<Content>YSxiCg==<\/Content>/)
  })
  it('has times in whole seconds, cut off', () => {
    assert.equal(isoSeconds(new Date('2024-01-02T03:04:05.999Z')), '2024-01-02T03:04:05Z')
  })
  it('with a value of another type than the contract says is a programming error', () => {
    const operation = operationOf('sts', 'AssumeRole')
    const rows: readonly object[] = [
      { PackedPolicySize: '6' },
      { PackedPolicySize: 1.5 },
      { PackedPolicySize: Number.NaN },
      { SourceIdentity: 7 },
      { SourceIdentity: {} },
      { Credentials: 'x' },
      { Credentials: [] },
      { Credentials: { Expiration: '2024-01-02T03:04:05Z' } },
    ]
    for (const row of rows) assert.throws(() => writeXml(operation, 'n', row, 'id'), TypeError, JSON.stringify(row))
    const never = { Credentials: { Expiration: new Date(Number.NaN) } }
    assert.throws(() => writeXml(operation, 'n', never, 'id'), RangeError)
  })
})
