// Credentials as programs take them: whatever is in them, a shell has exactly that.
import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { credentialForms, type ShownCredentials } from './credential-forms.ts'

const credentials: ShownCredentials = {
  ...{ accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'a+b/c=', sessionToken: 'HPS2-_token=' },
  ...{ profile: 'Reader', apiUrl: 'https://sts.example:8443' },
}
const formed = (id: string, given = credentials) => credentialForms.find((form) => form.id === id)?.text(given) ?? ''

test('bash has them, and nothing that would win over them', () => {
  const { stdout } = spawnSync('bash', [], {
    input: `${formed('bash')}\nenv`,
    env: { AWS_PROFILE: 'mine', AWS_ENDPOINT_URL_IAM: 'https://elsewhere.example', PATH: process.env.PATH ?? '' },
    encoding: 'utf8',
  })
  const values = Object.fromEntries(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('AWS_'))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  )
  deepEqual(values, {
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'a+b/c=',
    AWS_SESSION_TOKEN: 'HPS2-_token=',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'https://sts.example:8443',
    AWS_ENDPOINT_URL_STS: 'https://sts.example:8443',
  })
})

test('a profile names the APIs for every service', () => {
  const text = formed('profile')
  match(
    text,
    /^\[profile Reader\]\naws_access_key_id = ASIAEXAMPLE\naws_secret_access_key = a\+b\/c=\naws_session_token = HPS2-_token=\n/,
  )
  match(text, /\nservices = hallpass\n\n\[services hallpass\]\nsts =\n {2}endpoint_url = https:\/\/sts\.example:8443\n/)
})

test('without an address of the APIs none is named', () => {
  for (const { id } of credentialForms)
    doesNotMatch(formed(id, { ...credentials, apiUrl: undefined }), /sts\.example|endpoint_url =/)
})

test('each form has the three values once', () => {
  for (const { id } of credentialForms) {
    for (const value of ['ASIAEXAMPLE', 'a+b/c=', 'HPS2-_token=']) equal(formed(id).split(value).length, 2, id)
  }
})
