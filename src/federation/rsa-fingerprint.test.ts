// The fingerprint of CVE-2017-15361: on published moduli, on ones made as the faulty generator made them, and on ordinary ones.
import { equal } from 'node:assert/strict'
import { checkPrimeSync, generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hasRocaFingerprint } from './rsa-fingerprint.ts'

const file = new URL('../../conformance/vectors/roca/moduli.json', import.meta.url)
const published = JSON.parse(readFileSync(file, 'utf8')) as Record<string, readonly string[]>
const bytesOf = (number: bigint) => {
  const hex = number.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

for (const [kind, moduli] of Object.entries(published)) {
  const decimal = kind.includes('decimals')
  for (const [at, modulus] of moduli.entries()) {
    test(`a published modulus is ${kind}: ${at + 1}`, () => {
      equal(hasRocaFingerprint(bytesOf(BigInt(decimal ? modulus : `0x${modulus}`))), kind === 'vulnerable')
    })
  }
}

const power = (base: bigint, exponent: bigint, modulus: bigint) => {
  let product = 1n
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) product = (product * square) % modulus
    square = (square * square) % modulus
  }
  return product
}
const random = (bits: number) => BigInt(`0x${randomBytes(bits / 8).toString('hex')}`)

/** The product of the first primes. */
function primorial(count: number): bigint {
  let product = 1n
  for (let number = 2n, primes = 0; primes < count; number++) {
    if (!checkPrimeSync(number)) continue
    product *= number
    primes++
  }
  return product
}

// How many primes the generator's M has, and bits of k, for keys of that size.
for (const [bits, count, factor] of [
  [1024, 71, 40],
  [2048, 126, 56],
] as const) {
  test(`a modulus of ${bits} bits, made as the faulty generator did, has the fingerprint`, () => {
    const m = primorial(count)
    const prime = () => {
      for (;;) {
        const number = (random(factor) | 1n) * m + power(65_537n, random(256), m)
        if (checkPrimeSync(number)) return number
      }
    }
    const modulus = bytesOf(prime() * prime())
    equal(hasRocaFingerprint(modulus), true)
    equal(hasRocaFingerprint(Buffer.concat([Buffer.alloc(3), modulus])), true)
  })
}

test('ordinary moduli do not have it: odd numbers of the size of keys, and keys', () => {
  for (let one = 0; one < 20_000; one++) {
    const bytes = randomBytes(256)
    bytes[0] = (bytes[0] ?? 0) | 0x80
    bytes[255] = (bytes[255] ?? 0) | 1
    equal(hasRocaFingerprint(bytes), false)
  }
  for (let one = 0; one < 5; one++) {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    equal(hasRocaFingerprint(Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')), false)
  }
})

test('what is no modulus does not have it', () => {
  equal(hasRocaFingerprint(Buffer.alloc(0)), false)
  equal(hasRocaFingerprint(Buffer.alloc(256)), false)
})
