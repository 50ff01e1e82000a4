// Sign-ins of people over a store in which the Nth call fails, for every N: nobody is signed in without a record, nothing is given
// that is not noted, and an end is whole or not there, and made good at the next turn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { SignIn } from '../../src/service/contracts/sign-ins.ts'
import { adminArn, askForRole, brokerAndRoles, company, dnOf } from './company.ts'
import { textsOf } from './journals.ts'
import { failingEach, type Misfortune, misfortune } from './misfortune.ts'
import { type Keys, testServer } from './server.ts'

let store: Misfortune
const corp = await company()
const server = await testServer({
  over(made) {
    store = misfortune(made)
    return store
  },
})
await brokerAndRoles(server.as(server.root))
await corp.apply(server)
const { signIns } = server.engine.people

const works = (keys: Keys) =>
  server
    .as(keys)
    .sts.send(new GetCallerIdentityCommand({}))
    .then(
      () => true,
      () => false,
    )
const isLive = async ({ id }: SignIn) => (await signIns.byId(id, server.now())) !== undefined
const recordsOf = async (name: string, { id }: Pick<SignIn, 'id'>) =>
  (await textsOf(store, 'audit')).filter((text) => text.includes(`"eventName":"${name}"`) && text.includes(id)).length

/** Runs with each of its store calls failing. `check` sees each outcome. */
const everyCall = <S, T>(
  make: () => Promise<S>,
  run: (made: S) => Promise<T>,
  check: (made: S, outcome: T | 'failed') => Promise<void>,
): Promise<number> =>
  failingEach(
    store,
    async () => {
      await server.move(1_800_000)
      corp.asAtFirst()
      return make()
    },
    (made) => run(made).catch(() => 'failed' as const),
    async (outcome, failed, made) => {
      await check(made, outcome)
      if (failed === 0) assert.notEqual(outcome, 'failed')
    },
  )

async function given(): Promise<{ readonly signIn: SignIn; readonly keys: Keys }> {
  const signIn = await corp.signIn(server, 'ann')
  const { keys } = await askForRole(server, signIn, adminArn)
  assert(keys !== undefined)
  return { signIn, keys }
}

async function disabledLater() {
  const made = await given()
  await server.move(130_000)
  corp.directory.change(dnOf('ann'), { state: 'disabled' })
  return made
}

test('a sign-in: it is there with its record, or neither is', async () => {
  const before = (await signIns.list(server.now())).length
  assert.equal(before, 0)
  const failed = await everyCall(
    async () => undefined,
    () => corp.signIn(server, 'ann'),
    async (_, outcome) => {
      const live = await signIns.list(server.now())
      for (const { id } of live) assert.equal(await recordsOf('UserAuthentication', { id }), 1)
      if (outcome !== 'failed') assert(live.some(({ id }) => id === outcome.id))
      for (const { id } of live) await signIns.end(id, 'of this test', server.now())
    },
  )
  assert(failed >= 5, `${failed} calls`)
})

test('a role: what is given is noted, and dies with the sign-in', async () => {
  const failed = await everyCall(
    () => corp.signIn(server, 'ann'),
    (signIn) => askForRole(server, signIn, adminArn),
    async (signIn, outcome) => {
      const [listed] = (await signIns.list(server.now())).filter(({ id }) => id === signIn.id)
      if (outcome === 'failed' || outcome.keys === undefined) return
      assert.deepEqual(listed?.given, [adminArn])
      await signIns.end(signIn.id, 'of this test', server.now())
      assert.equal(await works(outcome.keys), false)
    },
  )
  assert(failed >= 4, `${failed} calls`)
})

test('a sign-out: the sign-in and what was given are both dead, or both alive', async () => {
  const failed = await everyCall(
    given,
    ({ signIn }) => signIns.end(signIn.id, 'signed out', server.now()),
    async ({ signIn, keys }, outcome) => {
      await server.engine.revocations.settled()
      const live = await isLive(signIn)
      assert.deepEqual([await works(keys), await recordsOf('EndSignIn', signIn)], [live, live ? 0 : 1])
      if (outcome !== 'failed') assert.equal(live, false)
      await signIns.end(signIn.id, 'again', server.now())
      assert.equal(await works(keys), false)
    },
  )
  assert(failed >= 4, `${failed} calls`)
})

test('a renewal of a person who is disabled gives nothing, whatever fails', async () => {
  const failed = await everyCall(
    disabledLater,
    ({ signIn }) => askForRole(server, signIn, adminArn),
    async ({ signIn, keys }, outcome) => {
      assert(outcome === 'failed' || outcome.keys === undefined)
      assert.equal((await askForRole(server, signIn, adminArn)).refused, 'refused')
      assert.equal(await works(keys), false)
    },
  )
  assert(failed >= 5, `${failed} calls`)
})

test('the check: what a failure kept from being ended is ended within a minute', async () => {
  const failed = await everyCall(
    disabledLater,
    () => signIns.checkDue(server.now()),
    async ({ signIn, keys }) => {
      await server.move(60_000)
      await signIns.checkDue(server.now())
      assert.deepEqual([await works(keys), await isLive(signIn)], [false, false])
    },
  )
  assert(failed >= 5, `${failed} calls`)
})

test('a hold: it is whole, with its record, or not there, and is made good within a minute; so is its end', async () => {
  const isHeld = async ({ id }: SignIn) =>
    (await signIns.list(server.now())).find((one) => one.id === id)?.held !== undefined
  async function settled({ signIn, keys }: { readonly signIn: SignIn; readonly keys: Keys }) {
    await server.engine.revocations.settled()
    const held = await isHeld(signIn)
    const [holds, lifts] = [await recordsOf('HoldSignIns', signIn), await recordsOf('LiftSignIns', signIn)]
    assert.deepEqual([await works(keys), holds - lifts], [!held, held ? 1 : 0])
    return held
  }
  const made = async (isUp: boolean) => {
    const one = await given()
    await server.move(130_000)
    await corp.directory.kill()
    if (!isUp) return one
    await signIns.checkDue(server.now())
    assert.equal(await settled(one), true)
    await corp.directory.restart()
    await server.move(60_000)
    return one
  }
  for (const isUp of [false, true]) {
    const failed = await everyCall(
      () => made(isUp),
      () => signIns.checkDue(server.now()),
      async (one) => {
        await settled(one)
        await server.move(60_000)
        await signIns.checkDue(server.now())
        assert.equal(await settled(one), !isUp)
        if (!isUp) await corp.directory.restart()
        await signIns.end(one.signIn.id, 'of this test', server.now())
      },
    )
    assert(failed >= 5, `${failed} calls`)
  }
})

test('an attempt whose count could not be written is not asked about', async () => {
  await everyCall(
    async () => corp.directory.requests.length,
    () => corp.logIn(server, 'ann', 'wrong'),
    async (before, outcome) => {
      const asked = corp.directory.requests.slice(before).some(({ kind }) => kind === 'bind')
      if (!asked) return
      const next = []
      for (let n = 0; n < 4; n++) next.push(await corp.logIn(server, 'ann', 'wrong'))
      const refused = next.map((one) => ('rejected' in one ? one.rejected : ''))
      assert.deepEqual(refused, ['password', 'password', 'password', 'attempts'], `${JSON.stringify(outcome)}`)
    },
  )
})
