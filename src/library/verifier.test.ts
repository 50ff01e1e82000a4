import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../core/secret.ts'
import { questionOf } from './ask-hallpass.ts'
import { account, answer, presigned, type Shown, shown, testHallpass, unknown } from './testing/hallpass.ts'
import { createProvingVerifier } from './verifier.ts'

function world(options: { readonly strangersPerSecond?: number } = {}) {
  const clock = { now: new Date('2026-09-01T12:00:00Z') }
  const hallpass = testHallpass(clock)
  const problems: string[] = []
  const verifier = createProvingVerifier(
    { signingName: 'notes', clock: () => clock.now, onProblem: (problem) => void problems.push(problem), ...options },
    hallpass.ask,
  )
  const move = (ms: number) => {
    clock.now = new Date(clock.now.getTime() + ms)
  }
  /** The caller's ARN, or the code of the refusal. */
  const prove = async (more: Shown = {}) => {
    const proven = await verifier.prove(shown(clock.now, more))
    return 'known' in proven ? proven.known.caller.arn : proven.refused.code
  }
  /** Lets what was begun in the background come to an end. */
  const settle = () => new Promise((done) => setImmediate(done))
  return { clock, hallpass, verifier, problems, move, prove, settle }
}

const reader = answer().Arn
const wrong = new Secret('another secret')

describe('what Hallpass told is believed for a while', () => {
  test('a caller is asked about once', async () => {
    const { prove, hallpass, move } = world()
    for (const target of ['/notes/1', '/notes/2', '/notes/3?a=b']) assert.equal(await prove({ target }), reader)
    move(4_999)
    assert.equal(await prove(), reader)
    assert.equal(hallpass.asked.length, 1)
  })
  test('many that come at once are one question', async () => {
    const { prove, hallpass } = world()
    const release = hallpass.hold()
    const all = Array.from({ length: 50 }, (_, i) => prove({ target: `/notes/${i}` }))
    release()
    assert.deepEqual(new Set(await Promise.all(all)), new Set([reader]))
    assert.equal(hallpass.asked.length, 1)
  })
  test('from half of the time on it is asked again, and nobody waits for it', async () => {
    const { prove, hallpass, move, settle } = world()
    await prove()
    move(5_000)
    const release = hallpass.hold()
    assert.deepEqual(await Promise.all([prove(), prove(), prove()]), [reader, reader, reader])
    assert.equal(hallpass.asked.length, 2)
    release()
    await settle()
    move(4_999)
    await prove()
    assert.equal(hallpass.asked.length, 2)
  })
  test('another token, key id, day or region is another caller', async () => {
    const { prove, hallpass, move } = world()
    for (const more of [{}, { token: 'another' }, { keyId: 'ASIAOTHER' }, { region: 'us-east-1' }]) await prove(more)
    assert.equal(hallpass.asked.length, 4)
    move(86_400_000)
    await prove()
    assert.equal(hallpass.asked.length, 5)
  })
  test('no longer than the session lives', async () => {
    const { prove, hallpass, clock, move } = world()
    hallpass.says = answer({ Expiration: new Date(clock.now.getTime() + 2_000).toISOString() })
    await prove()
    move(2_000)
    hallpass.says = { refused: { code: 'ExpiredTokenException', status: 403, message: 'expired' } }
    assert.equal(await prove(), 'ExpiredTokenException')
  })
  test('a clock that was set back believes nothing that it asked later', async () => {
    const { prove, hallpass, move } = world()
    await prove()
    move(-60_000)
    await prove()
    assert.equal(hallpass.asked.length, 2)
  })
})

describe('without Hallpass', () => {
  test('callers are believed until their time is over, then nobody is let in; then again', async () => {
    const { prove, hallpass, move, problems, settle } = world()
    await prove()
    hallpass.says = 'down'
    move(9_999)
    assert.equal(await prove(), reader)
    await settle()
    move(1)
    assert.equal(await prove(), 'ServiceUnavailableException')
    assert.ok(problems.includes('ECONNREFUSED'))
    assert.equal(await prove({ token: 'new' }), 'ServiceUnavailableException')
    hallpass.says = answer()
    assert.equal(await prove(), reader)
  })
  test('it is asked once a second about a caller', async () => {
    const { prove, hallpass, move, settle } = world()
    await prove()
    hallpass.says = 'down'
    move(5_000)
    for (let i = 0; i < 40; i++) {
      await prove()
      await settle()
      move(100)
    }
    assert.equal(hallpass.asked.length, 1 + 4)
  })
  test('callers that were known are no strangers when it is back', async () => {
    const { prove, hallpass, move } = world({ strangersPerSecond: 4 })
    for (let i = 0; i < 16; i++) {
      assert.equal(await prove({ token: `t${i}`, address: `10.0.${i}.1` }), reader)
      move(1_000)
    }
    hallpass.says = 'down'
    move(60_000)
    hallpass.says = answer()
    for (let i = 0; i < 16; i++) assert.equal(await prove({ token: `t${i}` }), reader)
  })
})

describe('refusals', () => {
  test('credentials that are refused are asked about once in 5 s', async () => {
    const { prove, hallpass, move } = world()
    hallpass.says = unknown
    for (let i = 0; i < 20; i++) assert.equal(await prove({ target: `/notes/${i}` }), 'UnrecognizedClientException')
    assert.equal(hallpass.asked.length, 1)
    move(5_000)
    hallpass.says = answer()
    assert.equal(await prove(), reader)
  })
  test('a wrong signature is not held against the credentials', async () => {
    const { prove } = world()
    assert.equal(await prove({ by: wrong }), 'InvalidSignatureException')
    assert.equal(await prove(), reader)
  })
  test('a wrong signature decides for nobody who came at the same time', async () => {
    const { prove, hallpass } = world()
    const release = hallpass.hold()
    const all = [prove({ by: wrong }), prove(), prove({ by: wrong }), prove()]
    release()
    const bad = 'InvalidSignatureException'
    assert.deepEqual(await Promise.all(all), [bad, reader, bad, reader])
  })
  test('of a known caller a wrong signature asks nothing, however old what is known', async () => {
    const { prove, hallpass, move } = world()
    await prove()
    for (const ms of [0, 5_000, 60_000]) {
      move(ms)
      for (let i = 0; i < 10; i++) assert.equal(await prove({ by: wrong }), 'InvalidSignatureException')
    }
    assert.equal(hallpass.asked.length, 1)
  })
  test('a caller that was ended is forgotten at the next question', async () => {
    const { prove, hallpass, move, settle } = world()
    await prove()
    hallpass.says = unknown
    move(5_000)
    await prove()
    await settle()
    assert.equal(await prove(), 'UnrecognizedClientException')
  })
  for (const [what, more, code] of [
    ['a token longer than any', { token: 'x'.repeat(4_097) }, 'UnrecognizedClientException'],
    ['a key id longer than any', { keyId: 'A'.repeat(129) }, 'UnrecognizedClientException'],
    ['for another service', { service: 'other' }, 'InvalidSignatureException'],
    ['16 minutes old', { at: new Date('2026-09-01T11:44:00Z') }, 'InvalidSignatureException'],
  ] as const) {
    test(`${what}: refused, and nobody is asked`, async () => {
      const { prove, hallpass } = world()
      assert.equal(await prove(more), code)
      assert.equal(hallpass.asked.length, 0)
    })
  }
})

describe('a flood of invented credentials', () => {
  test('from one address causes a quarter of the questions that strangers may', async () => {
    const { prove, hallpass } = world({ strangersPerSecond: 40 })
    const codes = new Set<string>()
    hallpass.says = unknown
    for (let i = 0; i < 2_000; i++) codes.add(await prove({ token: `junk ${i}` }))
    assert.equal(hallpass.asked.length, 40)
    assert.deepEqual(codes, new Set(['UnrecognizedClientException', 'ThrottlingException']))
  })
  test('from many addresses causes no more than strangers may, and known callers notice nothing', async () => {
    const { prove, hallpass } = world({ strangersPerSecond: 40 })
    await prove()
    hallpass.says = unknown
    for (let i = 0; i < 2_000; i++) await prove({ token: `junk ${i}`, address: `10.1.${i >> 8}.${i & 255}` })
    assert.equal(hallpass.asked.length, 160)
    assert.equal(await prove(), reader)
  })
  test('is remembered within bounds, and pushes no caller out', async () => {
    const { prove, hallpass, verifier } = world({ strangersPerSecond: 1_000_000 })
    await prove()
    hallpass.says = unknown
    for (let i = 0; i < 9_000; i++) await prove({ token: `junk ${i}`, keyId: 'ASIAJUNK' })
    assert.ok(verifier.size < 7_500, `${verifier.size}`)
    const before = hallpass.asked.length
    assert.equal(await prove(), reader)
    assert.equal(hallpass.asked.length, before)
  })
})

describe('a presigned request', () => {
  const code = async (request: ReturnType<typeof presigned>, ms: number) => {
    const { verifier, move } = world()
    move(ms)
    const proven = await verifier.prove(request)
    return 'known' in proven ? proven.known.caller.account : proven.refused.code
  }
  const at = new Date('2026-09-01T12:00:00Z')
  test('is good for as long as it says', async () => {
    assert.equal(await code(presigned(at, 3_600), 3_600_000), account)
    assert.equal(await code(presigned(at, 3_600), 3_601_000), 'InvalidSignatureException')
  })
  test('is good for no other path', async () => {
    const { target, ...rest } = presigned(at, 60)
    assert.equal(
      await code({ ...rest, target: target.replace('/notes/1', '/notes/2') }, 0),
      'InvalidSignatureException',
    )
  })
  test('of a week and a second is not', async () =>
    assert.equal(await code(presigned(at, 604_801), 0), 'InvalidSignatureException'))
})

test('of a request nothing is handed on but what its signature covers', async () => {
  const { verifier, hallpass, clock } = world()
  const signed = shown(clock.now)
  const headers = [...signed.headers] as [string, string][]
  await verifier.prove({ ...signed, headers: [...headers, ['cookie', 'session=1'], ['user-agent', 'x']] })
  const [asked] = hallpass.asked
  assert.ok(asked)
  assert.deepEqual(
    questionOf(asked).headers.map(({ name }) => name),
    ['host', 'x-amz-date', 'x-amz-security-token', 'authorization'],
  )
})
