// RSA keys whose primes come from a generator that chose them from so few that the private key can be computed: "ROCA",
// CVE-2017-15361 (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017). Its primes are k·M + (65537^a mod M), M the
// product of the first primes, 39 of them at least; so the modulus, too, is a power of 65537 modulo each of those.

const generator = 65_537
/** The odd ones of the first 39 primes. */
const primes: readonly number[] = [
  ...[3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109],
  ...[113, 127, 131, 137, 139, 149, 151, 157, 163, 167],
]

/** Of each prime, which power of the generator a residue is; and how many powers there are. */
const powers = primes.map((prime) => {
  const exponents = new Map<number, number>()
  for (let power = 1, exponent = 0; !exponents.has(power); power = (power * generator) % prime, exponent++)
    exponents.set(power, exponent)
  return { prime: BigInt(prime), exponents }
})

/**
 * Whether there is an exponent that makes the modulus that power of 65537 modulo all of the primes at once. One in 2^154
 * ordinary keys looks so.
 */
export function hasRocaFingerprint(modulus: Uint8Array): boolean {
  const number = BigInt(`0x0${Buffer.from(modulus).toString('hex')}`)
  let exponent = 0n
  let period = 1n
  for (const { prime, exponents } of powers) {
    const fitting = exponents.get(Number(number % prime))
    if (fitting === undefined) return false
    const order = BigInt(exponents.size)
    // The exponents that fit so far are `exponent` and steps of `period`: search the first that fits this prime too.
    let steps = 0
    while (exponent % order !== BigInt(fitting)) {
      if (++steps >= exponents.size) return false
      exponent += period
    }
    period *= order / common(period, order)
  }
  return true
}

function common(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}
