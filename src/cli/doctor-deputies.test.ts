// Which trust policies let a service in on nobody's behalf.
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { carelesslyTrusted } from './doctor-deputies.ts'

const backup = { Effect: 'Allow', Principal: { Service: 'backup.corp.example' }, Action: 'sts:AssumeRole' }
const on = (key: string, operator = 'StringEquals') => ({
  ...backup,
  Condition: { [operator]: { [key]: '111122223333' } },
})
const rows: readonly (readonly [title: string, statement: object, services: readonly string[]])[] = [
  ['a service without a condition', backup, ['backup.corp.example']],
  ['several of them', { ...backup, Principal: { Service: ['a.example', 'b.example'] } }, ['a.example', 'b.example']],
  [
    'one of AWS\u2019s names',
    { ...backup, Principal: { Service: 'rolesanywhere.amazonaws.com' } },
    ['rolesanywhere.amazonaws.com'],
  ],
  ['a condition on something else', on('sts:ExternalId'), ['backup.corp.example']],
  ['a condition on the source\u2019s account', on('aws:SourceAccount'), []],
  ['a condition on the source\u2019s ARN, in any case', on('AWS:sourcearn', 'ArnLike'), []],
  ['a condition on the source\u2019s organization', on('aws:SourceOrgID'), []],
  ['a Deny', { ...backup, Effect: 'Deny' }, []],
  ['machines, whose role somebody passed', { ...backup, Principal: { Service: 'ec2.amazonaws.com' } }, []],
  ['principals that are no services', { ...backup, Principal: { AWS: '111122223333' } }, []],
]
for (const [title, statement, services] of rows)
  test(`${title}: ${services.join(', ') || 'none'}`, () => {
    deepEqual(carelesslyTrusted(JSON.stringify({ Version: '2012-10-17', Statement: [statement] })), services)
    deepEqual(carelesslyTrusted(JSON.stringify({ Version: '2012-10-17', Statement: statement })), services)
  })
