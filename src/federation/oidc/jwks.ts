// A provider's public keys (RFC 7517, RFC 7518), of the accepted kinds and sizes. Only a key's public numbers are read, and
// a key in a token's header is never used.
import { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { base64urlBytes } from '../../core/base64.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { hasRocaFingerprint } from '../rsa-fingerprint.ts'
import type { Algorithm } from './token.ts'

interface PublicKey {
  readonly kid: string | undefined
  readonly jwk: JWK
  /** INVARIANT: its private key can be computed, so it verifies nothing. It is kept so that it is not fetched again and again. */
  readonly weak: boolean
  /** Algorithms that the key may verify. */
  readonly algorithms: readonly Algorithm[]
  /** By algorithm; imported at first use. */
  readonly imported: Map<Algorithm, Promise<KeyObject | undefined>>
}

export interface KeySet {
  readonly keys: readonly PublicKey[]
}

/** How many keys of each kind AWS accepts. */
const mostOfAKind = 100
const rsa: readonly Algorithm[] = ['RS256', 'RS384', 'RS512']
const curves: Readonly<Record<string, Algorithm>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }

/** The keys of a JWKS document that may verify tokens. A malformed document, or one with too many keys, is a problem. */
export function readKeys(bytes: Uint8Array): KeySet | { readonly problem: string } {
  const read = readJson(bytes)
  const list = 'value' in read && read.value instanceof Map ? read.value.get('keys') : undefined
  if (!Array.isArray(list)) return { problem: 'not a JWKS document' }
  const keys: PublicKey[] = []
  const counts = { RSA: 0, EC: 0 }
  for (const member of list as readonly Json[]) {
    if (!(member instanceof Map)) continue
    const kty: Json | undefined = (member as ReadonlyMap<string, Json>).get('kty')
    if ((kty !== 'RSA' && kty !== 'EC') || !mayVerify(member)) continue
    if (++counts[kty] > mostOfAKind) return { problem: `more than ${mostOfAKind} ${kty} keys` }
    const key = kty === 'RSA' ? rsaKey(member) : ecKey(member)
    if (key !== undefined) keys.push(key)
  }
  return { keys }
}

function mayVerify(member: ReadonlyMap<string, Json>): boolean {
  const use = member.get('use')
  const ops = member.get('key_ops')
  return (use === undefined || use === 'sig') && (ops === undefined || (Array.isArray(ops) && ops.includes('verify')))
}

const text = (member: ReadonlyMap<string, Json>, name: string): string | undefined => {
  const value = member.get(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number of a key: base64url in its only valid spelling. */
const numberOf = (member: ReadonlyMap<string, Json>, name: string) => {
  const written = text(member, name)
  const bytes = written === undefined ? undefined : base64urlBytes(written)
  return written === undefined || bytes === undefined ? undefined : { written, bytes }
}

function rsaKey(member: ReadonlyMap<string, Json>): PublicKey | undefined {
  const [n, e] = [numberOf(member, 'n'), numberOf(member, 'e')]
  if (n === undefined || e === undefined) return undefined
  const bits = bitsOf(n.bytes)
  // With an exponent of 1, every message is its own signature.
  const odd = ((e.bytes.at(-1) ?? 0) & 1) === 1
  if (bits < 2048 || bits > 4096 || !odd || bitsOf(e.bytes) < 2 || bitsOf(e.bytes) > 64) return undefined
  return keyOf(member, { kty: 'RSA', n: n.written, e: e.written }, rsa, hasRocaFingerprint(n.bytes))
}

function ecKey(member: ReadonlyMap<string, Json>): PublicKey | undefined {
  const [crv, x, y] = [text(member, 'crv'), numberOf(member, 'x'), numberOf(member, 'y')]
  const algorithm = crv === undefined || !Object.hasOwn(curves, crv) ? undefined : curves[crv]
  if (crv === undefined || x === undefined || y === undefined || algorithm === undefined) return undefined
  return keyOf(member, { kty: 'EC', crv, x: x.written, y: y.written }, [algorithm])
}

function keyOf(
  member: ReadonlyMap<string, Json>,
  jwk: JWK,
  possible: readonly Algorithm[],
  weak = false,
): PublicKey | undefined {
  const alg = member.get('alg')
  const algorithms = alg === undefined ? possible : possible.filter((name) => name === alg)
  return algorithms.length === 0 ? undefined : { kid: text(member, 'kid'), jwk, weak, algorithms, imported: new Map() }
}

function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0)
  return start < 0 ? 0 : (number.length - start) * 8 - (Math.clz32(number[start] ?? 0) - 24)
}

/**
 * The key that a token names. Without a kid: the only key that can have made the signature. Undefined when there is
 * none, or when it is not clear which.
 */
export function keyFor({ keys }: KeySet, kid: string | undefined, algorithm: Algorithm): PublicKey | undefined {
  const able = keys.filter((key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid))
  return able.length === 1 ? able[0] : undefined
}

/** The key ready to verify; undefined when its numbers make no valid key. */
export function importKey(key: PublicKey, algorithm: Algorithm): Promise<KeyObject | undefined> {
  const earlier = key.imported.get(algorithm)
  if (earlier !== undefined) return earlier
  // jose is loaded with the first key: 15 MB that a server without federation does without.
  const made = import('jose')
    .then(({ importJWK }) => importJWK(key.jwk, algorithm))
    .then(
      (imported) => (imported instanceof Uint8Array ? undefined : KeyObject.from(imported as never)),
      () => undefined,
    )
  key.imported.set(algorithm, made)
  return made
}
