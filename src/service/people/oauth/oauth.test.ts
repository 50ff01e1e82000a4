// Codes, refresh tokens and devices of `hallpass login`, and the attacks on them (RFC 6749 10, RFC 8628 5, RFC 9700).
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { digest } from '../../../core/digest.ts'
import { everything } from '../../../store/everything.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { onces } from '../../records.ts'
import { start as NOW } from '../../session/testing/world.ts'
import { ann, disabled, down, newPeopleWorld, origin, type PeopleWorld } from '../testing/people-kit.ts'
import { createDeviceGrants } from './device-grants.ts'
import { createOauthGrants } from './oauth-grants.ts'
import { oauthCodes, oauthCollections, refreshTokens, sweepOauth } from './oauth-records.ts'
import { type CommandLineTokens, createOauthTokens, type OauthRefused } from './oauth-tokens.ts'

const random = (bytes: number) => randomBytes(bytes)
const after = (ms: number) => new Date(NOW.getTime() + ms)
const minute = 60_000
const redirectUri = 'http://127.0.0.1:49152/callback'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

let made: PeopleWorld
beforeEach(async () => {
  made = await newPeopleWorld([...oauthCollections, onces])
})
afterEach(() => made.store.close())

async function world() {
  const { store, vault, people, told } = made
  const { signIns } = people
  const tokens = createOauthTokens({ store, vault, signIns, random })
  const grants = createOauthGrants({ store, signIns, tokens, random })
  const devices = createDeviceGrants({ store, signIns, tokens, random })
  const factorAt = after(-5 * minute)
  const browser = await signIns.begin({ person: ann, client: 'browser', origin, multiFactorAt: factorAt }, NOW)
  const code = () => grants.allow(browser, { redirectUri, challenge }, NOW)
  const login = async () => got(await grants.exchange({ code: await code(), redirectUri, verifier }, origin, NOW))
  return { store, signIns, told, tokens, grants, devices, browser, code, login, factorAt }
}

/** Whose sign-ins live. */
const live = async () => (await made.people.signIns.list(NOW)).map(({ client }) => client).toSorted()
const isLive = async ({ id }: Pick<SignIn, 'id'>) => (await made.people.signIns.byId(id, NOW)) !== undefined
async function endOf({ id }: Pick<SignIn, 'id'>) {
  const renewed = await made.people.signIns.renew(id, NOW)
  return 'ended' in renewed ? renewed.detail : 'it lives'
}

type Answer = CommandLineTokens | OauthRefused
function got(answer: Answer): CommandLineTokens {
  if ('error' in answer) assert.fail(answer.description)
  return answer
}
const errorOf = (answer: Answer) => ('error' in answer ? answer.error : 'given')
const wordsOf = (answer: Answer) => ('error' in answer ? answer.description : 'given')

describe('a code', () => {
  test('begins a sign-in of the command line’s own, that ends with the browser’s and has its factor', async () => {
    const { grants, browser, code, factorAt } = await world()
    const { signIn } = got(await grants.exchange({ code: await code(), redirectUri, verifier }, origin, after(30_000)))
    assert.notEqual(signIn.id, browser.id)
    assert.deepEqual(
      [signIn.client, signIn.personId, signIn.endsAt, signIn.multiFactorAt],
      ['command-line', 'guid-ann', browser.endsAt, factorAt],
    )
    assert.deepEqual(await live(), ['browser', 'command-line'])
  })

  test('that comes twice is refused, and what it gave ends', async () => {
    const { grants, tokens, code } = await world()
    const shown = { code: await code(), redirectUri, verifier }
    const first = got(await grants.exchange(shown, origin, NOW))
    assert.equal(errorOf(await grants.exchange(shown, origin, NOW)), 'invalid_grant')
    assert.equal(await endOf(first.signIn), 'its code was used twice')
    assert.equal(errorOf(await tokens.refresh(first.refreshToken, NOW)), 'invalid_grant')
  })

  test('that comes twice hours later still ends what it gave', async () => {
    const { grants, store, code } = await world()
    const shown = { code: await code(), redirectUri, verifier }
    const first = got(await grants.exchange(shown, origin, NOW))
    await sweepOauth(store, after(120 * minute))
    await grants.exchange(shown, origin, after(120 * minute))
    assert.equal(await isLive(first.signIn), false)
  })

  test('that comes several times at once gives nothing that lasts', async () => {
    const { grants, code } = await world()
    const shown = { code: await code(), redirectUri, verifier }
    const answers = await Promise.all([1, 2, 3].map(() => grants.exchange(shown, origin, NOW)))
    assert.ok(answers.filter((answer) => !('error' in answer)).length <= 1)
    assert.deepEqual(await live(), ['browser'])
  })

  const refused: readonly (readonly [rule: string, change: object, at?: Date])[] = [
    ['after a minute', {}, after(minute)],
    ['with another verifier', { verifier: 'w'.repeat(43) }],
    ['with the challenge as the verifier', { verifier: challenge }],
    ['without a verifier', { verifier: '' }],
    ['for another port', { redirectUri: 'http://127.0.0.1:49153/callback' }],
    ['for another spelling of the address', { redirectUri: 'http://[::1]:49152/callback' }],
    ['without an address', { redirectUri: '' }],
    ['that was made up', { code: 'A'.repeat(43) }],
    ['that is none', { code: '../system' }],
  ]
  for (const [rule, change, at = NOW] of refused) {
    test(`is refused ${rule}`, async () => {
      const { grants, code } = await world()
      const shown = { code: await code(), redirectUri, verifier }
      assert.equal(errorOf(await grants.exchange({ ...shown, ...change }, origin, at)), 'invalid_grant')
      assert.deepEqual(await live(), ['browser'])
    })
  }

  test('that came with a wrong verifier is used up', async () => {
    const { grants, code } = await world()
    const shown = { code: await code(), redirectUri, verifier }
    await grants.exchange({ ...shown, verifier: 'w'.repeat(43) }, origin, NOW)
    assert.equal(errorOf(await grants.exchange(shown, origin, NOW)), 'invalid_grant')
  })

  test('is worth nothing once the browser has signed out', async () => {
    const { grants, signIns, browser, code } = await world()
    const shown = { code: await code(), redirectUri, verifier }
    await signIns.end(browser.id, 'signed out', NOW)
    assert.match(wordsOf(await grants.exchange(shown, origin, NOW)), /in the browser is over/)
  })
})

describe('a refresh token', () => {
  test('gives the next, and each access token is for ten minutes', async () => {
    const { tokens, login } = await world()
    const first = await login()
    const next = got(await tokens.refresh(first.refreshToken, after(minute)))
    assert.notEqual(next.refreshToken, first.refreshToken)
    assert.equal(next.expiresIn, 600)
    assert.equal(tokens.signInOf(next.accessToken, after(10 * minute)), first.signIn.id)
    assert.equal(tokens.signInOf(next.accessToken, after(11 * minute)), undefined)
  })

  test('is no access token, and an access token no refresh token', async () => {
    const { tokens, login } = await world()
    const { accessToken, refreshToken } = await login()
    assert.equal(tokens.signInOf(refreshToken, NOW), undefined)
    assert.equal(errorOf(await tokens.refresh(accessToken, NOW)), 'invalid_grant')
  })

  test('that two programs use at once gives both the same next one', async () => {
    const { tokens, login } = await world()
    const { refreshToken } = await login()
    const answers = await Promise.all([1, 2, 3].map(() => tokens.refresh(refreshToken, after(minute))))
    assert.equal(new Set(answers.map((answer) => got(answer).refreshToken)).size, 1)
    assert.deepEqual(await live(), ['browser', 'command-line'])
  })

  test('gives the same within half a minute, and ends the sign-in after it', async () => {
    const { tokens, login } = await world()
    const { refreshToken, signIn } = await login()
    const next = got(await tokens.refresh(refreshToken, NOW))
    assert.equal(got(await tokens.refresh(refreshToken, after(30_000))).refreshToken, next.refreshToken)
    assert.match(wordsOf(await tokens.refresh(refreshToken, after(30_001))), /another program has a copy/)
    assert.equal(await endOf(signIn), 'a refresh token was used again')
    assert.equal(errorOf(await tokens.refresh(next.refreshToken, after(30_002))), 'invalid_grant')
  })

  test('that comes late to a file that went on meanwhile is given the newest', async () => {
    const { tokens, login } = await world()
    const { refreshToken } = await login()
    const second = got(await tokens.refresh(refreshToken, NOW))
    const third = got(await tokens.refresh(second.refreshToken, after(1000)))
    assert.equal(got(await tokens.refresh(refreshToken, after(2000))).refreshToken, third.refreshToken)
    got(await tokens.refresh(third.refreshToken, after(10 * minute)))
  })

  test('that is replaced again and again in seconds costs a bounded number of steps', async () => {
    const { tokens, login } = await world()
    const first = await login()
    let { refreshToken } = first
    for (let times = 0; times < 25; times++) refreshToken = got(await tokens.refresh(refreshToken, NOW)).refreshToken
    assert.equal(errorOf(await tokens.refresh(first.refreshToken, NOW)), 'invalid_grant')
    assert.equal(await isLive(first.signIn), false)
  })

  test('of a sign-in that a sign-out or the operator ended is refused, and the answer says so', async () => {
    const { tokens, login, signIns } = await world()
    const { refreshToken, signIn } = await login()
    await signIns.end(signIn.id, 'signed out', NOW)
    assert.match(wordsOf(await tokens.refresh(refreshToken, after(minute))), /was ended: by a sign-out/)
  })

  test('of a person whom the directory no longer lets in is refused, and the answer says so', async () => {
    const { tokens, login, told } = await world()
    const { refreshToken } = await login()
    told.answer = disabled
    assert.match(wordsOf(await tokens.refresh(refreshToken, after(minute))), /no longer lets this person in/)
  })

  test('is refused at the end of the sign-in, whatever was renewed in it', async () => {
    const { tokens, login } = await world()
    const { refreshToken, signIn } = await login()
    const late = new Date(signIn.endsAt.getTime() - 1000)
    const last = got(await tokens.refresh(refreshToken, late))
    assert.equal(last.expiresIn, 1)
    assert.match(wordsOf(await tokens.refresh(last.refreshToken, signIn.endsAt)), /has reached its end/)
  })

  test('is not used up while the directory cannot be asked', async () => {
    const { tokens, login, told } = await world()
    const { refreshToken } = await login()
    told.answer = down
    assert.equal(errorOf(await tokens.refresh(refreshToken, after(minute))), 'temporarily_unavailable')
    told.answer = { person: ann }
    got(await tokens.refresh(refreshToken, after(10 * minute)))
  })

  test('and an access token end the sign-in when they are revoked', async () => {
    for (const kind of ['refreshToken', 'accessToken'] as const) {
      const { tokens, login } = await world()
      const given = await login()
      await tokens.revoke(given[kind], NOW)
      assert.equal(await isLive(given.signIn), false, kind)
    }
  })

  test('is in the store by its digest, or sealed', async () => {
    const { store, tokens, login, code } = await world()
    const { refreshToken, accessToken } = await login()
    const next = got(await tokens.refresh(refreshToken, NOW))
    const secrets = [refreshToken, accessToken, next.refreshToken, await code()]
    const kept = JSON.stringify([await everything(store, refreshTokens), await everything(store, oauthCodes)])
    for (const secret of secrets) assert.ok(!kept.includes(secret))
    assert.ok(kept.includes(digest(refreshToken)))
  })

  test('goes a day after the sign-in’s end, and not before', async () => {
    const { store, login } = await world()
    const { signIn } = await login()
    const day = 24 * 60 * minute
    await sweepOauth(store, new Date(signIn.endsAt.getTime() + day))
    assert.equal((await everything(store, refreshTokens)).length, 1)
    await sweepOauth(store, new Date(signIn.endsAt.getTime() + day + 1))
    assert.equal((await everything(store, refreshTokens)).length, 0)
  })
})

describe('a device', () => {
  async function asked() {
    const made = await world()
    const codes = await made.devices.begin('10.1.2.3', NOW)
    const found = async (typed: string, at = NOW) => {
      const device = await made.devices.find(made.browser, typed, at)
      return typeof device === 'string' ? assert.fail(device) : device
    }
    return { ...made, codes, found }
  }

  test('that a person allowed is given tokens, once', async () => {
    const { devices, browser, codes, found } = await asked()
    assert.match(codes.userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, NOW)), 'authorization_pending')
    const device = await found(codes.userCode)
    assert.deepEqual([device.address, device.at], ['10.1.2.3', NOW])
    assert.equal(await devices.decide(browser, device.id, true, NOW), true)
    const { signIn } = got(await devices.poll(codes.deviceCode, origin, after(5000)))
    assert.deepEqual([signIn.client, signIn.endsAt], ['command-line', browser.endsAt])
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, after(60 * minute))), 'invalid_grant')
    assert.equal(await isLive(signIn), false, 'what a code gave ends when it comes again')
  })

  test('is found by its code however a person writes it', async () => {
    const { codes, found } = await asked()
    await found(codes.userCode.toLowerCase().replace('-', ' '))
  })

  test('that asks too often must ask less often', async () => {
    const { devices, codes } = await asked()
    const ask = async (ms: number) => errorOf(await devices.poll(codes.deviceCode, origin, after(ms)))
    assert.deepEqual(
      [await ask(0), await ask(4999), await ask(14_998), await ask(29_999)],
      ['authorization_pending', 'slow_down', 'slow_down', 'authorization_pending'],
    )
  })

  test('that was refused is told so', async () => {
    const { devices, browser, codes, found } = await asked()
    await devices.decide(browser, (await found(codes.userCode)).id, false, NOW)
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, NOW)), 'access_denied')
  })

  test('is decided once', async () => {
    const { devices, signIns, browser, codes, found } = await asked()
    const { id } = await found(codes.userCode)
    const other = await signIns.begin({ person: { ...ann, id: 'guid-ben' }, client: 'browser', origin }, NOW)
    assert.equal(await devices.decide(browser, id, false, NOW), true)
    assert.equal(await devices.decide(other, id, true, NOW), false)
    assert.equal(await devices.find(other, codes.userCode, NOW), 'unknown')
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, NOW)), 'access_denied')
  })

  test('that nobody allowed within ten minutes is over', async () => {
    const { devices, browser, codes, found } = await asked()
    const { id } = await found(codes.userCode)
    const late = after(10 * minute)
    assert.equal(await devices.decide(browser, id, true, late), false)
    assert.equal(await devices.find(browser, codes.userCode, late), 'unknown')
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, late)), 'expired_token')
  })

  test('is not found by guesses: after five wrong codes the right one is not looked at', async () => {
    const { devices, browser, codes, found } = await asked()
    for (let times = 0; times < 5; times++) {
      assert.equal(await devices.find(browser, 'BBBB-BBBB', NOW), 'unknown')
    }
    assert.equal(await devices.find(browser, codes.userCode, after(9 * minute)), 'too-many')
    const later = await devices.begin('10.1.2.3', after(15 * minute))
    await found(later.userCode, after(15 * minute))
  })

  test('is not found by many guesses at once', async () => {
    const { devices, browser } = await asked()
    const answers = await Promise.all(Array.from({ length: 20 }, () => devices.find(browser, 'BBBB-BBBB', NOW)))
    assert.equal(answers.filter((answer) => answer === 'unknown').length, 5)
  })

  test('is decided by what a person typed the code of, not by the code or a made-up name', async () => {
    const { devices, browser, codes } = await asked()
    for (const id of [codes.userCode, codes.deviceCode, digest(codes.userCode), 'system']) {
      assert.equal(await devices.decide(browser, id, true, NOW), false)
    }
  })

  test('whose person signed out meanwhile is given nothing', async () => {
    const { devices, signIns, browser, codes, found } = await asked()
    await devices.decide(browser, (await found(codes.userCode)).id, true, NOW)
    await signIns.end(browser.id, 'signed out', NOW)
    assert.match(wordsOf(await devices.poll(codes.deviceCode, origin, NOW)), /in the browser is over/)
  })

  test('of one address has twenty requests at most: the oldest goes', async () => {
    const { devices, codes } = await asked()
    for (let times = 0; times < 20; times++) await devices.begin('10.1.2.3', after(1))
    assert.equal(errorOf(await devices.poll(codes.deviceCode, origin, after(2))), 'invalid_grant')
  })
})
