// How a machine proves itself: an assertion by its own key (RFC 7523, RFC 8725). Attacks on the assertion, and clocks that are off.
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { forgetMachine, setMachine } from '../../src/app/operator/machines.ts'
import { SourceRefused } from '../../src/client/credential-source.ts'
import { assertionOf, machineSource } from '../../src/client/workload.ts'
import { textsOf } from './journals.ts'
import {
  asked,
  callerOf,
  fetchFrom,
  isAlive,
  joined,
  lastDetail,
  profileWithRole,
  told,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld()
const { server, front } = world
const { engine } = server
await profileWithRole(world, 'web')
const machine = await joined(world, 'web-1')
const other = await joined(world, 'web-2')
const key = createPrivateKey(machine.privateKey)
const otherKey = createPrivateKey(other.privateKey)

const seconds = () => Math.floor(server.now().getTime() / 1000)
const claims = (more: object = {}) => ({
  ...{ iss: machine.machine, sub: machine.machine, aud: front.url, jti: randomUUID() },
  ...{ iat: seconds(), exp: seconds() + 60 },
  ...more,
})
const signed = (of: object, by = key, head: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT(of as never).setProtectedHeader({ alg: 'ES256', ...head }).sign(by)
const presents = (assertion: string) => asked(world, 'credentials', { assertion })
const kidOf = (text: string): string => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).kid

const notAccepted = [401, 'UnauthorizedException']
const clockIsOff = [401, 'RequestExpired']

test('an assertion that holds gives credentials, without `kid` as with it', async () => {
  const text = assertionOf({ who: machine.machine, audience: front.url, key }, server.now())
  assert.equal((await presents(text)).status, 200)
  assert.equal((await presents(await signed(claims()))).status, 200)
  assert.equal((await presents(await signed(claims({ aud: [front.url] })))).status, 200)
})

describe('an assertion is not accepted', () => {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const secretOf = (of: typeof key) => createPublicKey(of).export({ format: 'pem', type: 'spki' }) as string
  const hmac = (of: object, secret: string) =>
    new SignJWT(of as never).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
  const own = assertionOf({ who: machine.machine, audience: front.url, key }, server.now())
  const theirs = assertionOf({ who: other.machine, audience: front.url, key: otherKey }, server.now())
  const { aud: _, ...noAudience } = claims()
  const { jti: __, ...noId } = claims()
  const { exp: ___, ...noEnd } = claims()
  const { iat: ____, ...noBegin } = claims()
  const rows: readonly (readonly [title: string, text: string | Promise<string>, detail: RegExp])[] = [
    ['of a key that nobody enrolled', signed(claims(), stranger), /^signature/],
    [
      'of a machine that does not exist',
      signed(claims({ iss: 'i-00000000000000000', sub: 'i-00000000000000000' })),
      /^unknown/,
    ],
    ['of another machine’s key', signed(claims(), otherKey), /^signature/],
    ['of another machine’s key that `kid` names', signed(claims(), otherKey, { kid: kidOf(theirs) }), /^no-key/],
    [
      'of another machine’s key that claims this one’s `kid`',
      signed(claims(), otherKey, { kid: kidOf(own) }),
      /^signature/,
    ],
    ['of this key in another machine’s name', signed(claims({ iss: other.machine, sub: other.machine })), /^signature/],
    ['whose `sub` is another machine', signed(claims({ sub: other.machine })), /^bad-claim/],
    ['that is not signed', new UnsecuredJWT(claims()).encode(), /^(algorithm|malformed)/],
    [
      'with alg none and a signature',
      own.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')),
      /^algorithm/,
    ],
    ['with HS256, by the public key', hmac(claims(), secretOf(key)), /^algorithm/],
    ['of another algorithm', signed(claims(), p384, { alg: 'ES384' }), /^no-key/],
    [
      'with a key in its header',
      signed(claims(), stranger, { jwk: createPublicKey(stranger).export({ format: 'jwk' }) as never }),
      /^signature/,
    ],
    [
      'that was changed',
      own.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`),
      /^signature/,
    ],
    ['that was cut', own.slice(0, -4), /^(signature|malformed)/],
    ['for another audience', signed(claims({ aud: 'https://hallpass.other' })), /^audience/],
    ['for the public URL with a slash more', signed(claims({ aud: `${front.url}/` })), /^audience/],
    ['for several audiences', signed(claims({ aud: [front.url, 'https://hallpass.other'] })), /^many-audiences/],
    ['for no audience', signed(noAudience), /^missing-claim: aud/],
    ['without an id', signed(noId), /^missing-claim: jti/],
    ['with an id that is too long', signed(claims({ jti: 'x'.repeat(256) })), /^bad-claim: jti/],
    ['without an end', signed(noEnd), /^missing-claim: exp/],
    ['without a begin', signed(noBegin), /^missing-claim: iat/],
    ['that is good for longer than five minutes', signed(claims({ exp: seconds() + 301 })), /^bad-claim: exp/],
    ['that ends before it begins', signed(claims({ iat: seconds(), exp: seconds() - 10 })), /^bad-claim: exp/],
    ['with a critical extension', signed(claims(), key, { b64: true, crit: ['b64'] }), /^malformed/],
    ['that is another kind of token', signed(claims(), key, { typ: 'logout+jwt' }), /^malformed/],
  ]
  for (const [title, text, detail] of rows) {
    test(title, async () => {
      assert.deepEqual(await told(presents(await text)), notAccepted)
      assert.match(await lastDetail(world), detail)
    })
  }

  test('that is longer than any', async () => {
    assert.deepEqual(await told(presents(await signed(claims({ more: 'x'.repeat(20_000) })))), [400, 'ValidationError'])
    assert.deepEqual(await told(presents(await signed(claims({ more: 'x'.repeat(40_000) })))), [
      413,
      'RequestEntityTooLarge',
    ])
  })

  test('twice, even by two at once, nor after it gave nothing', async () => {
    const once = await signed(claims())
    assert.equal((await presents(once)).status, 200)
    assert.deepEqual(await told(presents(once)), notAccepted)
    assert.match(await lastDetail(world), /^replayed/)
    const both = await signed(claims())
    const answers = await Promise.all([presents(both), presents(both), presents(both)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
    const jti = randomUUID()
    assert.equal((await presents(await signed(claims({ jti })))).status, 200)
    assert.deepEqual(await told(presents(await signed(claims({ jti, exp: seconds() + 90 })))), notAccepted, 'one id')
    assert.equal(
      (await presents(await signed(claims({ jti, iss: other.machine, sub: other.machine }), otherKey))).status,
      200,
      'ids are each machine’s own',
    )
  })

  test('before or after its time, which the answer says', async () => {
    const off = 3_600
    for (const of of [
      { iat: seconds() - off, exp: seconds() - off + 60 },
      { iat: seconds() + off, exp: seconds() + off + 60 },
    ])
      assert.deepEqual(await told(presents(await signed(claims(of)))), clockIsOff)
  })

  test('of a machine that was disabled, or removed', async () => {
    const one = await joined(world, 'short')
    const by = { who: one.machine, audience: front.url, key: createPrivateKey(one.privateKey) }
    const keys = await fetchFrom(machineSource(one, {}, { clock: server.now }))
    await setMachine(engine, { machine: 'short', isEnabled: false })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId')
    assert.deepEqual(await told(presents(assertionOf(by, server.now()))), notAccepted)
    await setMachine(engine, { machine: 'short', isEnabled: true })
    assert.equal(await isAlive(world, keys), 'InvalidClientTokenId', 'what has ended stays so')
    assert.equal((await presents(assertionOf(by, server.now()))).status, 200)
    await forgetMachine(engine, { machine: one.machine })
    assert.deepEqual(await told(presents(assertionOf(by, server.now()))), notAccepted)
    assert.match(await lastDetail(world), /^unknown/)
  })
})

describe('a machine whose clock is off', () => {
  for (const [title, off] of [
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ] as const)
    test(`${title}: the client takes the server’s time, and asks once more`, async () => {
      front.seen.length = 0
      const source = machineSource(machine, {}, { clock: () => new Date(server.now().getTime() + off) })
      assert.equal(
        await callerOf(world, await fetchFrom(source)),
        `arn:aws:sts::${server.account}:assumed-role/web/${machine.machine}`,
      )
      assert.equal(front.seen.length, 2)
      await fetchFrom(source)
      assert.equal(front.seen.length, 3, 'it keeps what it learned')
    })

  test('an assertion that is refused for another reason is sent once', async () => {
    front.seen.length = 0
    const wrong = machineSource({ ...machine, audience: 'https://other' }, {}, { clock: server.now })
    await assert.rejects(fetchFrom(wrong), SourceRefused)
    assert.equal(front.seen.length, 1)
  })
})

test('no record holds an assertion; that of a refusal names nobody', async () => {
  const text = assertionOf({ who: machine.machine, audience: front.url, key: otherKey }, server.now())
  await presents(text)
  for (const journal of ['audit', 'refusals'] as const)
    for (const entry of await textsOf(engine.store, journal)) assert(!entry.includes(text.slice(0, 60)))
})
