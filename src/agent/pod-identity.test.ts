// EKS Pod Identity on a node: whose token gets what, in the words of AWS's agent, and when EKS Auth is asked.
import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceCredentials } from '../client/credential-source.ts'
import { EksAuthFailed, EksAuthRefused } from './eks-auth.ts'
import { podCredentials } from './pod-credentials.ts'
import { podIdentityHandler } from './pod-identity.ts'
import { ask, entryOf, opened, setOf, start, testClock } from './testing/agent.ts'

const hour = 3600
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = start / 1000
const jwt = (sub: string, claims: object = { exp: seconds + 24 * hour, nbf: seconds - 1 }) =>
  `${part({ alg: 'RS256' })}.${part({ sub, ...claims })}.c2ln`

const refusal = (code: string, status: number) => ({ code, status, message: `no: ${code}`, requestId: 'r-1' })

async function pods({ most = 2000 } = {}) {
  const { clock, pass } = testClock()
  const asked: string[] = []
  const state = { fails: undefined as Error | undefined, held: undefined as Promise<void> | undefined }
  const kept = podCredentials({
    ...{ clock, most, random: () => 0, after: () => () => {} },
    async ask(token): Promise<SourceCredentials> {
      asked.push(token)
      await state.held
      if (state.fails !== undefined) throw state.fails
      return setOf(String(asked.length), new Date(clock().getTime() + 6 * hour * 1000))
    },
  })
  const port = await opened(
    entryOf('pod-identity'),
    (callerOf) => podIdentityHandler({ pods: kept, callerOf, names: ['169.254.170.23', 'fd00:ec2::23'], clock }),
    clock,
  )
  const get = (authorization: string, path = '/v1/credentials') => ask(port, 'GET', path, { authorization })
  return {
    port,
    pass,
    asked,
    state,
    get,
    key: async (token: string) => JSON.parse((await get(token)).body).AccessKeyId,
  }
}

test('a pod gets credentials for its token, and the same ones until they are renewed', async () => {
  const { get, key, asked, pass } = await pods()
  const { status, headers, body } = await get(jwt('a'))
  deepEqual([status, headers['content-type']], [200, 'application/json'])
  deepEqual(JSON.parse(body), {
    ...{ AccessKeyId: 'ASIA1', SecretAccessKey: 'secret of 1', Token: 'token of 1' },
    ...{ Expiration: '2026-03-01T18:00:00Z', AccountId: '111122223333' },
  })
  equal(await key(jwt('a')), 'ASIA1')
  equal(await key(jwt('b')), 'ASIA2')
  deepEqual(asked, [jwt('a'), jwt('b')])
  // Half of the lifetime later they are asked for anew, and the last ones are given meanwhile.
  pass(3 * 60 + 1)
  equal(await key(jwt('a')), 'ASIA1')
  equal(await key(jwt('a')), 'ASIA3')
})

test('a hundred requests with one token are one question', async () => {
  const { key, asked } = await pods()
  const keys = await Promise.all(Array.from({ length: 100 }, () => key(jwt('a'))))
  deepEqual([new Set(keys).size, asked.length], [1, 1])
})

for (const [what, token, says] of [
  ['no token', '', /^Service account token cannot be empty\n$/],
  [
    'no JWT',
    'x',
    /^Service account token cannot be parsed: token is malformed: token contains an invalid number of seg/,
  ],
  ['two parts', 'a.b', /cannot be parsed: .*invalid number of segments/],
  ['what is no base64', 'a.b!.c', /cannot be parsed: token is malformed: could not base64 decode/],
  ['what is no JSON', 'YQ.YQ.YQ', /cannot be parsed: token is malformed: could not JSON decode claim/],
  ['a token that has ended', jwt('a', { exp: seconds }), /failed basic claim validations: .*token is expired/],
  ['a token that never ends', jwt('a', {}), /token is expired/],
  ['an end that is no number', jwt('a', { exp: '9999999999' }), /token is expired/],
  ['a token of tomorrow', jwt('a', { exp: seconds + 9, nbf: seconds + 8 }), /token is not valid yet/],
] as const) {
  test(`${what} is refused without asking EKS Auth`, async () => {
    const { get, asked } = await pods()
    const { status, headers, body } = await get(token)
    deepEqual([status, headers['content-type'], asked.length], [400, 'text/plain; charset=utf-8', 0])
    match(body, says)
  })
}

for (const [code, status, Kind] of [
  ['AccessDeniedException', 400, EksAuthRefused],
  ['ExpiredTokenException', 400, EksAuthRefused],
  ['InvalidTokenException', 400, EksAuthRefused],
  ['ResourceNotFoundException', 404, EksAuthRefused],
] as const) {
  test(`${code} ends what the pod had: it gets nothing more`, async () => {
    const { get, state, pass } = await pods()
    equal((await get(jwt('a'))).status, 200)
    state.fails = new Kind(refusal(code, status))
    pass(5 * 60 + 50)
    const answer = await get(jwt('a'))
    deepEqual([answer.status, answer.body], [status, `[r-1]: (${code}): no: ${code}, fault: client\n`])
  })
}

test('while EKS Auth cannot answer, pods keep what they have as long as it is valid', async () => {
  const { get, key, state, pass } = await pods()
  await key(jwt('a'))
  for (const error of [new EksAuthFailed(refusal('ThrottlingException', 429)), new Error('no answer')]) {
    state.fails = error
    pass(2 * 60)
    equal(await key(jwt('a')), 'ASIA1')
  }
  pass(2 * 60)
  equal((await get(jwt('a'))).status, 500)
  state.fails = new EksAuthFailed(refusal('ThrottlingException', 429))
  deepEqual((await get(jwt('b'))).status, 429)
  state.fails = new EksAuthFailed(refusal('ServiceUnavailableException', 503))
  match((await get(jwt('b'))).body, /\(ServiceUnavailableException\): .*, fault: server/)
})

test('a set that was kept is not given for a token that has ended', async () => {
  const { get, pass } = await pods()
  const token = jwt('a', { exp: seconds + hour })
  equal((await get(token)).status, 200)
  pass(60)
  equal((await get(token)).status, 400)
})

test('a flood of tokens that nobody has seen waits for no more than so many answers', async () => {
  const { get, state, asked } = await pods()
  let free = () => {}
  state.held = new Promise((resolve) => {
    free = resolve
  })
  const answers = Promise.all(Array.from({ length: 60 }, (_, at) => get(jwt(`pod-${at}`))))
  while (asked.length < 32) await new Promise((resolve) => setImmediate(resolve))
  free()
  const statuses = (await answers).map(({ status }) => status)
  equal(statuses.filter((status) => status === 429).length, 60 - asked.length)
  equal(statuses.filter((status) => status === 200).length, asked.length)
})

test('no more tokens are kept than there is room for: the one used longest ago goes', async () => {
  const { key, asked } = await pods({ most: 2 })
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await key(jwt(name))
  deepEqual(
    asked,
    ['a', 'b', 'c', 'b'].map((name) => jwt(name)),
  )
})

test('other methods and paths have nothing', async () => {
  const { port, get } = await pods()
  equal((await get(jwt('a'), '/v1/credential')).status, 404)
  equal((await ask(port, 'POST', '/v1/credentials', { authorization: jwt('a') })).status, 405)
  equal((await ask(port, 'PUT', '/v1/credentials', { authorization: jwt('a') })).status, 405)
})

test('a wrong address is named, with the right ones', async () => {
  const { port } = await pods()
  const { status, body } = await ask(port, 'GET', '/v1/credentials', { authorization: jwt('a'), host: 'evil.example' })
  equal(status, 403)
  equal(
    body,
    'Access Denied. Called agent through invalid address, please use either [169.254.170.23 fd00:ec2::23] address not evil.example\n',
  )
})
