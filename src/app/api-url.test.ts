// Which address of the APIs the console names.
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { apiUrlOf } from './api-url.ts'

const none = { 'api-url': undefined, 'api-names': undefined, 'public-url': undefined }
const company = { ...none, 'public-url': 'https://sso.example:8443/hallpass' }

for (const [what, settings, listening, expected] of [
  ['what the operator says', { ...company, 'api-url': 'https://sts.example' }, undefined, 'https://sts.example'],
  [
    'what the operator says, in development too',
    { ...none, 'api-url': 'https://sts.example' },
    'http://127.0.0.1:4600',
    'https://sts.example',
  ],
  ['where development listens', company, 'http://127.0.0.1:4600', 'http://127.0.0.1:4600'],
  [
    'the first whole name of the APIs',
    { ...company, 'api-names': ['*.iam.example', 'sts.example', 'b.example'] },
    undefined,
    'https://sts.example:8443',
  ],
  ['none, where every name is the APIs’', company, undefined, undefined],
  ['none, where names are patterns alone', { ...company, 'api-names': ['*.iam.example'] }, undefined, undefined],
] as const) {
  test(`it is ${what}`, () => equal(apiUrlOf(settings, listening), expected))
}
