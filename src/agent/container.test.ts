// Credentials for containers: whose role a token gets, and what is said to everybody else.
import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { containerHandler } from './container.ts'
import { ask, credentialsFor, entryOf, opened, testClock } from './testing/agent.ts'
import { tokenOwners } from './workload-tokens.ts'

const tokenOf = (name: string) => `the-token-of-${name}`

async function containers() {
  const { clock, pass } = testClock()
  const files = new Map(['billing', 'backup'].map((name) => [name, tokenOf(name)]))
  const credentials = Object.fromEntries(['billing', 'backup'].map((name) => [name, credentialsFor(name)]))
  const reports: string[] = []
  const workloadOf = tokenOwners(
    ['billing', 'backup'].map((name) => ({
      workload: { name, credentials: credentials[name] as ReturnType<typeof credentialsFor> },
      read: () => {
        const text = files.get(name)
        return text === undefined ? { problem: 'there is no such file' } : { text }
      },
    })),
    { clock, report: (says) => reports.push(says) },
  )
  const port = await opened(
    entryOf('container-credentials'),
    (callerOf) => containerHandler({ workloadOf, callerOf, clock }),
    clock,
  )
  return {
    ...{ port, pass, files, credentials, reports },
    get: (path: string, authorization?: string) =>
      ask(port, 'GET', path, authorization === undefined ? {} : { authorization }),
  }
}

const keyIn = (body: string) => JSON.parse(body).AccessKeyId

test('each workload gets its own role by its token, with or without its name in the path', async () => {
  const { get } = await containers()
  for (const name of ['billing', 'backup']) {
    for (const path of ['/v2/credentials', '/v2/credentials/', `/v2/credentials/${name}`, '/v2/credentials?x=y']) {
      equal(keyIn((await get(path, tokenOf(name))).body), `ASIA${name}`)
    }
  }
  const { status, headers, body } = await get('/v2/credentials', tokenOf('billing'))
  deepEqual([status, headers['content-type']], [200, 'application/json'])
  deepEqual(JSON.parse(body), {
    ...{ RoleArn: 'arn:aws:iam::111122223333:role/ops/web', AccessKeyId: 'ASIAbilling' },
    ...{ SecretAccessKey: 'secret of billing', Token: 'token of billing', Expiration: '2026-03-01T13:00:00Z' },
    AccountId: '111122223333',
  })
})

test('a container that asks for another’s role gets nothing', async () => {
  const { get, credentials } = await containers()
  const { status, body } = await get('/v2/credentials/backup', tokenOf('billing'))
  deepEqual([status, JSON.parse(body).code], [403, 'AccessDenied'])
  equal(credentials.backup?.state.asked, 0)
  equal(credentials.billing?.state.asked, 0)
})

for (const [what, authorization] of [
  ['no token', undefined],
  ['an empty token', ''],
  ['a token that nobody has', 'the-token-of-nobody'],
  ['the beginning of a token', tokenOf('billing').slice(0, -1)],
  ['a token with more behind it', `${tokenOf('billing')}x`],
  ['a token as another scheme has it', `Bearer ${tokenOf('billing')}`],
  ['two tokens', `${tokenOf('billing')},${tokenOf('backup')}`],
] as const) {
  test(`${what} gets nothing`, async () => {
    const { get } = await containers()
    const { status, body } = await get('/v2/credentials', authorization)
    deepEqual([status, Object.keys(JSON.parse(body))], [401, ['code', 'message']])
  })
}

test('clients that take this for instance metadata find no token: any PUT is refused', async () => {
  const { port } = await containers()
  for (const path of ['/latest/api/token', '/v2/credentials', '/']) {
    const answer = await ask(port, 'PUT', path, { 'X-aws-ec2-metadata-token-ttl-seconds': '60' })
    deepEqual([answer.status, answer.headers.allow, JSON.parse(answer.body).code], [405, 'GET', 'MethodNotAllowed'])
  }
})

test('other paths are not there, whoever asks', async () => {
  const { get } = await containers()
  for (const path of ['/', '/v2', '/v2/credentials/billing/more', '/v2/credentialsbilling', '//v2/credentials'])
    equal((await get(path, tokenOf('billing'))).status, 404)
})

test('a new token is taken a second later, and the old one no more', async () => {
  const { get, files, pass } = await containers()
  equal((await get('/v2/credentials', tokenOf('billing'))).status, 200)
  files.set('billing', 'another-token-of-billing')
  pass(1 / 60)
  equal((await get('/v2/credentials', tokenOf('billing'))).status, 401)
  equal(keyIn((await get('/v2/credentials', 'another-token-of-billing')).body), 'ASIAbilling')
})

for (const [what, text, says] of [
  ['a file that is gone', undefined, /billing: there is no such file/],
  ['an empty file', '', /billing: the token has characters that no header carries/],
  ['a line break at the end, with which SDKs send nothing', `${tokenOf('billing')}\n`, /ends with a line break/],
  ['a short token', 'short', /fewer than 16 characters/],
  ['the token of another workload', tokenOf('backup'), /another workload has it too: neither gets credentials/],
] as const) {
  test(`${what} gives nobody anything, and the operator is told once`, async () => {
    const { get, files, pass, reports } = await containers()
    if (text === undefined) files.delete('billing')
    else files.set('billing', text)
    for (const _ of [1, 2]) {
      equal((await get('/v2/credentials', text?.trim() || tokenOf('billing'))).status, 401)
      pass(1)
    }
    match(reports.join('\n'), says)
    equal(reports.length, 1)
  })
}

test('what is refused is 403, what has no answer 503: SDKs ask again', async () => {
  const { get, credentials } = await containers()
  credentials.billing?.refuse()
  deepEqual(JSON.parse((await get('/v2/credentials', tokenOf('billing'))).body), {
    code: 'AccessDenied',
    message: 'billing: the role does not trust this machine',
  })
  const { state } = credentials.backup as ReturnType<typeof credentialsFor>
  state.fails = new Error('no answer')
  equal((await get('/v2/credentials', tokenOf('backup'))).status, 503)
  state.fails = undefined
  state.set = { ...state.set, sessionToken: '' }
  equal((await get('/v2/credentials', tokenOf('backup'))).status, 503)
})
