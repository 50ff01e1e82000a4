// Session tokens that earlier code sealed open with this code, and say what they said. A session outlives an upgrade.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Pass } from '../src/core/identity.ts'
import { decodePass } from '../src/core/token/payload.ts'
import { openToken } from '../src/core/token/seal.ts'

/** A pass in JSON: its secret as text, its context keys as pairs. */
type Plain = Omit<Pass, 'secret' | 'keys'> & { readonly secret: string; readonly keys: readonly [string, unknown][] }

interface Vectors {
  readonly keyId: string
  readonly ringKey: string
  readonly vectors: readonly { readonly name: string; readonly pass: Plain; readonly token: string }[]
}

const read = (head: string): Vectors =>
  JSON.parse(readFileSync(new URL(`vectors/session-token/${head}.json`, import.meta.url), 'utf8'))

/** What version 1 does not say, and is told from who began the session. */
const guests = ['a guest of an identity pool', 'a role that a guest’s session assumed', 'a login at Google']

for (const [head, version] of [
  ['HPS1', 1],
  ['HPS2', 2],
] as const)
  describe(`a token of ${head}`, () => {
    const { keyId, ringKey, vectors } = read(head)
    const key = createSecretKey(ringKey, 'hex')
    const opened = (token: string, accessKeyId: string) => {
      const unsealed = openToken(token, accessKeyId, (id) => (id === keyId ? key : undefined))
      return 'bytes' in unsealed ? decodePass(unsealed.bytes, accessKeyId, unsealed.version) : unsealed
    }
    it('is of that version, one for each kind of session', () => {
      assert.equal(vectors.length, 12)
      for (const { token } of vectors) assert.ok(token.startsWith(head))
    })
    for (const { name, pass, token } of vectors)
      it(`opens: ${name}`, () => {
        const found = opened(token, pass.accessKeyId) as Pass
        const plain = { ...found, secret: found.secret.reveal(), keys: [...found.keys] }
        assert.deepEqual(plain, version === 1 ? { ...pass, vouched: !guests.includes(name) } : pass)
      })
    it('opens under no other access key id', () => {
      for (const { token } of vectors)
        assert.deepEqual(opened(token, 'ASIAQNZGKIQY56JQ7WMM'), { rejected: 'malformed' })
    })
  })
