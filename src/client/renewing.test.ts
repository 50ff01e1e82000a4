// One source kept fresh, on a clock of its own: when it is asked, what is given meanwhile, and what is said when it fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotNow, type SourceCredentials, SourceRefused } from './credential-source.ts'
import { eachMinute, type Pace, renewed } from './renewing.ts'

const minute = 60_000
type Answer = SourceCredentials | Error

interface Given {
  readonly pace?: Pace
  readonly random?: () => number
  /** Of what the source gives, in minutes. */
  readonly lifetime?: number
}

/** A source, answered by the test or at once; a clock and its timers, which the test moves. */
function world({ pace, random = () => 0, lifetime = 60 }: Given = {}) {
  const start = Date.parse('2026-03-01T12:00:00Z')
  const state = { now: start, lifetime, asked: 0, aborted: 0, held: false, fails: undefined as Error | undefined }
  const waiting: ((answer: Answer) => void)[] = []
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const reports: string[] = []
  const set = (): SourceCredentials => ({
    ...{ accessKeyId: `ASIA${state.asked}`, secretAccessKey: 'secret', sessionToken: 'token' },
    expiration: new Date(state.now + state.lifetime * minute),
  })
  const source = {
    name: 'the enrolment of i-0abc',
    fetch(signal: AbortSignal) {
      state.asked++
      if (!state.held) return state.fails === undefined ? Promise.resolve(set()) : Promise.reject(state.fails)
      signal.addEventListener('abort', () => state.aborted++)
      return new Promise<SourceCredentials>((resolve, reject) => {
        waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
      })
    },
  }
  const kept = renewed(source, {
    clock: () => new Date(state.now),
    ...(pace === undefined ? {} : { pace }),
    report: (says) => reports.push(says),
    random,
    after(ms, run) {
      const timer = { at: state.now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    ...{ state, kept, reports, timers, set, settle },
    key: async () => (await kept.current()).accessKeyId,
    /** What is said instead of credentials. */
    refusal: () =>
      kept.current().then(
        () => 'given',
        (error: Error) => error.message,
      ),
    async answer(answer: Answer) {
      waiting.shift()?.(answer)
      await settle()
    },
    /** Moves the clock, as on a machine that sleeps: no timer runs. */
    sleep(minutes: number) {
      state.now += minutes * minute
    },
    /** Moves the clock; whatever is due on the way runs when it is. */
    async pass(minutes: number) {
      const end = state.now + minutes * minute
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        state.now = Math.max(state.now, next.at)
        timers.delete(next)
        next.run()
        await settle()
      }
      state.now = end
    },
  }
}

const outage = new Error('https://sts.example did not answer: ECONNREFUSED')
const refused = new SourceRefused('AccessDenied', 'The machine i-0abc is disabled.')

test('many who ask at once are answered by one request', async () => {
  const { state, kept, settle, answer, set } = world()
  state.held = true
  const all = Promise.all(Array.from({ length: 500 }, () => kept.current()))
  await settle()
  await answer(set())
  assert.deepEqual(new Set((await all).map(({ accessKeyId }) => accessKeyId)), new Set(['ASIA1']))
  assert.equal(state.asked, 1)
})

test('through three lifetimes a set is renewed once in each half, before anybody waits, and has 20 minutes left', async () => {
  const { state, kept, pass } = world()
  for (let minutes = 0; minutes < 180; minutes++) {
    const sets = await Promise.all([kept.current(), kept.current(), kept.current()])
    for (const { expiration } of sets) assert.ok(expiration.getTime() - state.now >= 20 * minute)
    await pass(1)
  }
  assert.equal(state.asked, 7)
})

for (const [lifetime, due] of [
  [720, 360],
  [60, 30],
  [40, 20],
  [30, 10],
  [21, 1],
  [20.5, 1],
  [20, 10],
  [15, 7.5],
  [2, 1],
] as const) {
  test(`a set of ${lifetime} minutes is renewed after ${due}`, async () => {
    const { key, pass } = world({ lifetime })
    assert.equal(await key(), 'ASIA1')
    await pass(due - 0.01)
    assert.equal(await key(), 'ASIA1')
    await pass(0.01)
    assert.equal(await key(), 'ASIA2')
  })
}

test('those that began together renew apart, and none later than it should', async () => {
  const dueAfter = async (random: number) => {
    const { state, kept, timers } = world({ random: () => random })
    await kept.current()
    return ([...timers][0]?.at ?? 0) - state.now
  }
  assert.equal(await dueAfter(0), 30 * minute)
  assert.equal(await dueAfter(0.5), 28.5 * minute)
  assert.ok((await dueAfter(0.999)) > 27 * minute)
})

test('a set that nobody has asked for during a lifetime is renewed when somebody asks again, and not before', async () => {
  const { state, key, pass } = world()
  await key()
  await pass(90)
  assert.equal(state.asked, 3, 'after 30 and 60 minutes')
  await pass(500)
  assert.equal(state.asked, 3)
  assert.equal(await key(), 'ASIA4', 'one that has ended is never given')
})

test('whoever asks for a due set with 20 minutes left does not wait', async () => {
  const { state, key, sleep, answer, set } = world()
  await key()
  state.held = true
  sleep(40)
  assert.equal(await key(), 'ASIA1', 'while the new one is under way')
  assert.equal(state.asked, 2)
  await answer(set())
  assert.equal(await key(), 'ASIA2')
})

test('with less than 20 minutes left they wait for the new one, but less than a second', async () => {
  const { state, kept, key, sleep, pass, answer, set, settle } = world()
  await key()
  state.held = true
  sleep(41)
  const patient = kept.current()
  await settle()
  await answer(set())
  assert.equal((await patient).accessKeyId, 'ASIA2')
  sleep(41)
  let given = 'none yet'
  const impatient = kept.current().then(({ accessKeyId }) => {
    given = accessKeyId
  })
  await pass(0.01)
  assert.equal(given, 'none yet')
  await pass(0.005)
  await impatient
  assert.equal(given, 'ASIA2', 'a valid one, since the source is slow')
})

test('a source without an answer for half a lifetime takes nothing away, and then everything', async () => {
  const { state, key, refusal, pass, reports } = world()
  await key()
  await pass(20)
  await key()
  state.fails = outage
  for (let minutes = 20; minutes < 60; minutes++) {
    assert.equal(await key(), 'ASIA1')
    await pass(1)
  }
  assert.equal(await refusal(), outage.message, 'the set has ended')
  assert.deepEqual(reports, [outage.message], 'said once')
  state.fails = undefined
  await pass(1)
  assert.match(await key(), /^ASIA\d\d$/)
  assert.deepEqual(reports, [outage.message, 'the enrolment of i-0abc: renewed again'])
})

test('a source that fails is asked after 1, 2, 4 … seconds, at most each minute, whoever asks; success begins anew', async () => {
  const { state, refusal, pass, sleep, key } = world()
  state.fails = outage
  const gaps = async () => {
    const found: number[] = []
    for (let seconds = 0, last = state.asked, at = 0; found.length < 8; seconds++) {
      await Promise.all([refusal(), refusal()])
      if (state.asked > last) {
        found.push(seconds - at)
        last = state.asked
        at = seconds
      }
      await pass(1 / 60)
    }
    return found
  }
  assert.deepEqual(await gaps(), [0, 1, 2, 4, 8, 16, 32, 60])
  state.fails = undefined
  await pass(1)
  await key()
  sleep(60)
  state.fails = outage
  assert.deepEqual(await gaps(), [0, 1, 2, 4, 8, 16, 32, 60])
})

test('a refusal ends what was given before, is said in its own words, and is another error than an outage', async () => {
  const { state, kept, key, pass, reports, refusal } = world()
  await key()
  state.fails = refused
  await pass(30)
  await assert.rejects(kept.current(), (error) => error === refused)
  assert.deepEqual(reports, [refused.message])
  const asked = state.asked
  await Promise.all([refusal(), refusal(), refusal()])
  assert.equal(state.asked, asked, 'not asked again at once')
  await pass(60)
  assert.equal(state.asked, asked, 'nor by itself')
  state.fails = undefined
  assert.equal(await key(), `ASIA${asked + 1}`)
})

test('an outage after a refusal gives nothing back', async () => {
  const { state, key, pass, refusal } = world()
  await key()
  state.fails = refused
  await pass(41)
  assert.equal(await refusal(), refused.message)
  state.fails = outage
  await pass(1)
  assert.equal(await refusal(), outage.message)
})

const whole = { accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token' }
for (const [what, answer, says] of [
  [
    'has ended',
    { ...whole, expiration: new Date('2026-03-01T11:59:59Z') },
    /that ended at 2026-03-01T11:59:59.000Z: is the clock/,
  ],
  ['ends now', { ...whole, expiration: new Date('2026-03-01T12:00:00Z') }, /that ended at/],
  ['never ends', { ...whole, expiration: new Date('') }, /without an end/],
  ['has no key', { ...whole, accessKeyId: '', expiration: new Date('2026-03-01T13:00:00Z') }, /no whole set/],
  ['has no secret', { ...whole, secretAccessKey: '', expiration: new Date('2026-03-01T13:00:00Z') }, /no whole set/],
  ['has no token', { ...whole, sessionToken: '', expiration: new Date('2026-03-01T13:00:00Z') }, /no whole set/],
] as const) {
  test(`a set that ${what} is never given`, async () => {
    const { state, refusal, answer: answered, settle } = world()
    state.held = true
    const said = refusal()
    await settle()
    await answered(answer)
    assert.match(await said, says)
  })
}

test('a source that never answers is given up after a minute, and told so', async () => {
  const { state, refusal, pass } = world()
  state.held = true
  const said = refusal()
  await pass(1)
  assert.equal(await said, 'the enrolment of i-0abc: no answer in 60 s')
  assert.equal(state.aborted, 1)
})

test('closing ends what is under way, and renewal', async () => {
  const { state, kept, key, refusal, sleep, settle, timers } = world()
  await key()
  sleep(60)
  state.held = true
  const said = refusal()
  await settle()
  kept.close()
  assert.equal(await said, 'the credentials of the enrolment of i-0abc are renewed no more')
  assert.equal(state.aborted, 1)
  assert.equal(await refusal(), 'the credentials of the enrolment of i-0abc are renewed no more')
  assert.equal(timers.size, 0)
  assert.equal(state.asked, 2)
})

test('a clock that is set back neither keeps a set nor lengthens a rest', async () => {
  const { state, key, refusal } = world()
  await key()
  state.now -= 600 * minute
  assert.equal(await key(), 'ASIA1')
  await Promise.resolve()
  assert.equal(state.asked, 2)
  const failing = world()
  failing.state.fails = outage
  await failing.refusal()
  failing.state.now -= 600 * minute
  await failing.refusal()
  assert.equal(failing.state.asked, 2)
  assert.equal(await refusal(), 'given')
})

test('a clock that jumps past the end gives no set that has ended', async () => {
  const { state, key, refusal } = world()
  await key()
  state.now += 61 * minute
  state.fails = outage
  assert.equal(await refusal(), outage.message)
})

test('for people: a set is asked for anew each minute, nobody is given one before that, and none ahead', async () => {
  const { state, key, refusal, pass } = world({ pace: eachMinute })
  await key()
  await pass(0.99)
  assert.equal(await key(), 'ASIA1')
  await pass(0.01)
  assert.deepEqual(await Promise.all([key(), key()]), ['ASIA2', 'ASIA2'])
  await pass(30)
  assert.equal(state.asked, 2)
  state.fails = outage
  await pass(9)
  assert.equal(await key(), 'ASIA2', 'an outage takes nothing while 20 minutes are left')
  await pass(1)
  assert.equal(await refusal(), outage.message)
  state.fails = refused
  await pass(1)
  assert.equal(await refusal(), refused.message)
})

const notNow = new NotNow('The company’s directory or provider cannot be asked now. Try again in a moment.')

test('while whoever vouches for them cannot be asked, people are told so, until it can be', async () => {
  const { state, key, refusal, pass } = world({ pace: eachMinute })
  await key()
  state.fails = notNow
  await pass(1)
  assert.equal(await refusal(), notNow.message)
  state.fails = undefined
  await pass(1)
  assert.equal(await key(), 'ASIA3')
})

test('a program goes on with what it has meanwhile', async () => {
  const { state, key, pass } = world()
  await key()
  state.fails = notNow
  await pass(35)
  assert.equal(await key(), 'ASIA1')
})
