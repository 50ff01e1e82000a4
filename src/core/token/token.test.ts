// Session tokens: what was sealed is what is opened, and only the exact token under its own key id opens.
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Pass } from '../identity.ts'
import { Secret } from '../secret.ts'
import { packedSize } from './packed-size.ts'
import { decodePass, encodePass } from './payload.ts'
import { rememberingPacker } from './policy.ts'
import {
  maxPayload,
  maxTokenLength,
  openToken,
  overheadOf,
  seal,
  sealToken,
  subkeyOf,
  type TokenVersion,
} from './seal.ts'

const keyId = '00112233445566ff'
const key = createSecretKey(randomBytes(32))
const keyOf = (id: string) => (id === keyId ? key : undefined)
const accessKeyId = 'ASIAQNZGKIQY56JQ7WML'
const anew = (version: TokenVersion = 2) => ({
  version,
  subkey: subkeyOf({ id: keyId, key }, randomBytes(16)),
  nonce: randomBytes(version === 1 ? 0 : 12),
  accessKeyId,
})
const sealed = (payload: Uint8Array, to = anew()) => {
  const token = sealToken(payload, to)
  assert(token !== undefined)
  return token
}

const text = fc.string({ unit: 'binary', maxLength: 40 })
const count = fc.integer({ min: 0, max: 2 ** 50 })
const ancestor = fc.record({ id: text, principal: text, version: count, account: text }, { noNullPrototype: true })
const passes: fc.Arbitrary<Pass> = fc.record(
  {
    id: text,
    accessKeyId: fc.constant(accessKeyId),
    secret: text.map((value) => new Secret(value)),
    issuedAt: count,
    expiresAt: count,
    kind: fc.constantFrom('role' as const, 'user' as const, 'federated-user' as const, 'root-task' as const),
    account: text,
    principal: text,
    name: text,
    version: count,
    by: text,
    vouched: fc.boolean(),
    bounded: fc.constant(true),
    tags: fc.dictionary(fc.oneof(text, fc.constant('__proto__'), fc.constant('7')), text),
    transitive: fc.array(text, { maxLength: 3 }),
    keys: fc.array(fc.tuple(text, fc.oneof(text, fc.array(text, { maxLength: 3 })))).map((all) => new Map(all)),
    ancestors: fc.array(ancestor, { maxLength: 4 }),
    policies: fc.record(
      { inline: text, managed: fc.array(text, { maxLength: 3 }) },
      { requiredKeys: ['managed'], noNullPrototype: true },
    ),
    mfaAt: count,
    sourceIdentity: text,
  },
  {
    requiredKeys: [
      'id',
      'accessKeyId',
      'secret',
      'issuedAt',
      'expiresAt',
      'kind',
      'account',
      'principal',
      'name',
    ].concat(['version', 'by', 'vouched', 'tags', 'transitive', 'keys', 'ancestors']) as never,
    noNullPrototype: true,
  },
) as never

/** Own properties in plain form: tags compare by content, secrets by value. */
const plain = (pass: Pass | undefined) =>
  pass && { ...pass, secret: pass.secret.reveal(), tags: Object.entries(pass.tags), keys: [...pass.keys] }

describe('a pass and its payload', () => {
  it('what is decoded is what was encoded, whatever the pass', () => {
    fc.assert(
      fc.property(passes, (pass) => {
        const transitive = [...pass.transitive, ...Object.keys(pass.tags)]
        const whole = { ...pass, transitive }
        assert.deepEqual(plain(decodePass(encodePass(whole), accessKeyId)), plain(whole))
      }),
    )
  })
  it('of the version before does not say whether it is vouched for: an account’s key or provider vouches, others do not', () => {
    const rows: readonly (readonly [by: string, vouched: boolean])[] = [
      ['AIDAANN2345678901234Z', true],
      ['111122223333', true],
      ['ec2.amazonaws.com', true],
      ['arn:aws:iam::111122223333:oidc-provider/login.example.com ann', true],
      ['accounts.google.com ann', false],
      ['graph.facebook.com arn:aws:iam::111122223333:oidc-provider/x', false],
      ['cognito-identity.amazonaws.com us-east-1:0198f3a2-1111-7222-8333-444455556666', false],
    ]
    const [some] = fc.sample(passes, 1) as [Pass]
    for (const [by, vouched] of rows) {
      const before = encodePass({ ...some, by, vouched: !vouched }, 1)
      assert.equal(decodePass(before, accessKeyId, 1)?.vouched, vouched, by)
      assert.equal(decodePass(before, accessKeyId, 2), undefined, 'the layout of another version')
    }
  })
  it('is vouched for only where that one member says so', () => {
    const [some] = fc.sample(passes, 1) as [Pass]
    const head = JSON.parse(encodePass({ ...some, policies: { managed: [] }, vouched: true }).toString()) as unknown[]
    for (const other of [0, true, 'true', '1', null, [1], 2]) {
      const bytes = Buffer.from(JSON.stringify([...head.slice(0, -1), other]))
      assert.equal(decodePass(bytes, accessKeyId)?.vouched, false, JSON.stringify(other))
    }
    assert.equal(decodePass(Buffer.from(JSON.stringify(head.slice(0, -1))), accessKeyId), undefined)
    assert.equal(decodePass(Buffer.from(JSON.stringify([...head, 1])), accessKeyId), undefined)
  })
  it('any bytes decode to a pass or to undefined, without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodePass(Buffer.from(bytes), accessKeyId)),
    )
    for (const json of ['', '[]', '{}', 'null', '[9,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,1]', '1\u0000'])
      assert.equal(decodePass(Buffer.from(json), accessKeyId), undefined, json)
  })
  it('a session policy that unpacks beyond any policy is refused', () => {
    const pass = fc.sample(passes, 1)[0] as Pass
    const policies = { inline: ' '.repeat((1 << 17) + 1), managed: [] }
    assert.throws(() => encodePass({ ...pass, policies }), TypeError)
  })
})

const rejected = { rejected: 'malformed' }
const payload = Buffer.from('the sealed contents')

for (const version of [1, 2] as const)
  describe(`a token of version ${version}`, () => {
    const token = sealed(payload, anew(version))
    const bytes = Buffer.from(token, 'base64url')

    it('opens under its key and access key id, and says its version', () => {
      assert.deepEqual(openToken(token, accessKeyId, keyOf), { bytes: payload, version })
    })
    it('does not open when any one bit of it is flipped: head, key id, salt, nonce, contents, tag', () => {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        const answer = openToken(flipped.toString('base64url'), accessKeyId, () => key)
        assert.deepEqual(answer, rejected, `bit ${bit}`)
      }
    })
    it('does not open when cut at any length', () => {
      for (let length = 0; length < token.length; length++)
        assert.deepEqual(openToken(token.slice(0, length), accessKeyId, keyOf), rejected, `length ${length}`)
    })
    it('does not open with anything put in or left out at any place', () => {
      for (let at = 0; at <= bytes.length; at++) {
        const more = Buffer.concat([bytes.subarray(0, at), Buffer.of(7), bytes.subarray(at)])
        const less = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
        for (const other of [more, less].filter((one) => !one.equals(bytes)))
          assert.deepEqual(
            openToken(other.toString('base64url'), accessKeyId, () => key),
            rejected,
          )
      }
    })
    it('does not open under the head of the other version, with or without room for a nonce', () => {
      const head = version === 1 ? 'HPS2' : 'HPS1'
      const after = Buffer.from(token.slice(4), 'base64url')
      const [start, rest] = [after.subarray(0, 24), after.subarray(version === 1 ? 24 : 36)]
      const nonce = version === 1 ? Buffer.alloc(12) : Buffer.alloc(0)
      const moved = Buffer.concat([start, nonce, rest]).toString('base64url')
      for (const text of [head + token.slice(4), head + moved])
        assert.deepEqual(openToken(text, accessKeyId, keyOf), rejected)
    })
  })

describe('one subkey', () => {
  const to = anew()
  it('seals many tokens with another nonce each, and each opens alone', () => {
    const tokens = [0, 1, 2, 3].map((n) => sealed(Buffer.of(n), { ...to, nonce: randomBytes(12) }))
    for (const [n, token] of tokens.entries())
      assert.deepEqual(openToken(token, accessKeyId, keyOf), { bytes: Buffer.of(n), version: 2 })
  })
  it('does not open one token with the nonce of another', () => {
    const [one, two] = [1, 2].map((n) =>
      Buffer.from(sealed(Buffer.of(n), { ...to, nonce: randomBytes(12) }), 'base64url'),
    )
    assert(one && two)
    const mixed = Buffer.concat([one.subarray(0, 27), two.subarray(27, 39), one.subarray(39)])
    assert.deepEqual(openToken(mixed.toString('base64url'), accessKeyId, keyOf), rejected)
  })
  it('seals nothing with a nonce that its version does not have', () => {
    for (const nonce of [randomBytes(0), randomBytes(11), randomBytes(16)])
      assert.throws(() => sealToken(payload, { ...anew(2), nonce }), TypeError)
    assert.throws(() => sealToken(payload, { ...anew(1), nonce: randomBytes(12) }), TypeError)
  })
})

describe('a token', () => {
  const token = sealed(payload)

  it('is made of characters that need no escape in a URL or a header', () => {
    for (let length = 0; length < 9; length++) assert.match(sealed(randomBytes(length)), /^HPS2[A-Za-z0-9_-]+$/)
  })
  it('is different each time, whatever the contents', () => {
    assert.notEqual(sealed(payload), sealed(payload))
  })

  const bytes = Buffer.from(token, 'base64url')
  const rows: readonly (readonly [string, string, string?])[] = [
    ['an empty text', ''],
    ['no base64url', '!'.repeat(100)],
    ['foreign characters among good ones', `${token.slice(0, 50)}\n${token.slice(50)}`],
    ['standard base64 of the same bytes, padded', `${bytes.toString('base64')}=`],
    ['letters beyond ASCII', `HPS2${'\u{1f600}é'.repeat(50)}`],
    ['more after the end', `${token}AAAA`],
    ['a format version not known', `HPS3${token.slice(4)}`],
    ['a sealed text of another kind', seal('HPV1', payload, { id: keyId, key }, randomBytes(16), accessKeyId)],
    ['the access key id of another session', token, 'ASIAQNZGKIQY56JQ7WMM'],
    ['an access key id that continues', token, `${accessKeyId}A`],
    ['no access key id', token, ''],
    ['a key id without contents', 'HPS2AAAA'],
    ['4,097 characters', `${token}${'A'.repeat(4097 - token.length)}`],
  ]
  for (const [name, text, id] of rows)
    it(`is not: ${name}`, () => assert.deepEqual(openToken(text, id ?? accessKeyId, keyOf), rejected))

  it('is refused beyond 4,096 characters even when it is sound', () => {
    const long = seal('HPS1', randomBytes(maxPayload + 13), { id: keyId, key }, randomBytes(16), accessKeyId)
    assert.equal(long.length, 4098)
    assert.deepEqual(openToken(long, accessKeyId, keyOf), rejected)
  })
  it('with a trailing bit set another way is refused: one token, one spelling', () => {
    const odd = [0, 1, 2].map((n) => sealed(randomBytes(n))).find((t) => t.length % 4 === 2) as string
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(odd.at(-1) as string)
    const respelled = odd.slice(0, -1) + alphabet[last ^ 1]
    assert.deepEqual(Buffer.from(respelled, 'base64url'), Buffer.from(odd, 'base64url'))
    assert.deepEqual(openToken(respelled, accessKeyId, keyOf), rejected)
  })
  it('under a key of another ring with the same id does not open', () => {
    assert.deepEqual(
      openToken(token, accessKeyId, () => createSecretKey(randomBytes(32))),
      rejected,
    )
  })
  it('names the key it needs when that key is not there', () => {
    assert.deepEqual(
      openToken(token, accessKeyId, () => undefined),
      { unknownKey: keyId },
    )
  })
  it('is made up to 4,096 characters and not beyond', () => {
    assert.equal(sealed(randomBytes(maxPayload)).length, maxTokenLength)
    for (const version of [1, 2] as const)
      assert.equal(sealToken(randomBytes(maxPayload + 1), anew(version)), undefined)
    assert.equal(maxPayload + overheadOf('HPS2'), 3072)
  })
  it('is not made with a short salt, a short key or a bad key id', () => {
    assert.throws(() => subkeyOf({ id: keyId, key }, randomBytes(12)), TypeError)
    assert.throws(() => subkeyOf({ id: keyId, key: createSecretKey(randomBytes(16)) }, randomBytes(16)), TypeError)
    assert.throws(() => subkeyOf({ id: '00', key }, randomBytes(16)), TypeError)
  })
  it('any text is refused or opens, without an exception', () => {
    fc.assert(
      fc.property(
        text,
        text,
        (t, id) => void [openToken(`HPS1${t}`, id, () => key), openToken(`HPS2${t}`, id, () => key)],
      ),
    )
  })
})

describe('a packer that remembers', () => {
  const inline = '{"Version":"2012-10-17","Statement":[]}'
  const pass: Pass = { ...(fc.sample(passes, 1)[0] as Pass), policies: { inline, managed: [] } }
  it('packs and unpacks as one that does not, the first time and again', () => {
    const packer = rememberingPacker(1 << 20)
    for (const time of ['the first time', 'again']) {
      assert.deepEqual(encodePass(pass, 2, packer), encodePass(pass), time)
      const read = decodePass(encodePass(pass), pass.accessKeyId, 2, packer)
      assert.deepEqual(read, decodePass(encodePass(pass), pass.accessKeyId), time)
    }
  })
  it('refuses what is not packed text, the first time and again', () => {
    const packer = rememberingPacker(1 << 20)
    const broken = Buffer.concat([encodePass(pass).subarray(0, -4), Buffer.from('xxxx')])
    for (const time of ['the first time', 'again']) {
      assert.equal(decodePass(broken, pass.accessKeyId, 2, packer), undefined, time)
    }
  })
})

describe('the packed size', () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: 'arn:aws:s3:::data/*' }],
  })
  const tags = (n: number, key: number, value: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`${i}`.padStart(key, 'k'), 'v'.repeat(value)]))

  const remembering = rememberingPacker(1 << 20)
  const rows: readonly (readonly [string, Parameters<typeof packedSize>[0], (size: number) => boolean])[] = [
    ['nothing is 0', {}, (n) => n === 0],
    ['no tags and no managed policies are 0', { tags: {}, managed: [] }, (n) => n === 0],
    ['one short tag is at least 1', { tags: { a: '' } }, (n) => n === 1],
    ['a small policy leaves most of the room', { inline: policy }, (n) => n > 0 && n <= 10],
    ['ten managed policies fit', { managed: Array(10).fill('ANPAABCDEFGHIJKLMNOPQ') }, (n) => n > 10 && n < 25],
    ['fifty short tags, all transitive, fit', fifty(), (n) => n > 30 && n <= 100],
    ['fifty tags of the largest size do not fit', { tags: tags(50, 128, 256) }, (n) => n > 100],
    ['2,048 characters without pattern do not fit', { inline: noise(2048) }, (n) => n > 100],
    ['a text beyond any policy does not fit', { inline: ' '.repeat(1 << 20) }, (n) => n > 100],
  ]
  for (const [name, of, holds] of rows)
    it(name, () => {
      const size = packedSize(of)
      assert(holds(size), `${size}`)
      for (const time of ['the first time', 'again']) assert.equal(packedSize(of, remembering), size, time)
    })

  function fifty() {
    const all = tags(50, 6, 8)
    return { tags: all, transitive: Object.keys(all) }
  }
  function noise(length: number): string {
    return Array.from(randomBytes(length), (byte) => String.fromCharCode(0x21 + (byte % 0xde))).join('')
  }

  it('what is 100 % packed still fits a token with a chain of ten', () => {
    const base = fc.sample(passes, 1)[0] as Pass
    let value = 1
    while (packedSize({ tags: tags(5, 6, value + 1) }) <= 100) value++
    const pass: Pass = {
      ...base,
      id: 'f'.repeat(32),
      secret: new Secret('s'.repeat(40)),
      issuedAt: 1_900_000_000,
      expiresAt: 1_900_129_600,
      account: '1'.repeat(12),
      principal: 'A'.repeat(21),
      name: 'n'.repeat(64),
      version: 1e9,
      by: `arn:aws:iam::111111111111:oidc-provider/login.example.com ${'u'.repeat(64)}`,
      vouched: false,
      sourceIdentity: 'i'.repeat(64),
      mfaAt: 1_900_000_000,
      tags: tags(5, 6, value),
      transitive: [],
      policies: { managed: [] },
      keys: new Map([['aws:federatedprovider', 'arn:aws:iam::111111111111:oidc-provider/login.example.com']]),
      ancestors: Array(10).fill({
        id: 'e'.repeat(32),
        principal: 'A'.repeat(21),
        version: 1e9,
        account: '1'.repeat(12),
      }),
    }
    assert.notEqual(sealToken(encodePass(pass), anew()), undefined)
  })
})
