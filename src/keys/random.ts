// Random bytes from a pool: a system call for each salt would cost more than the sealing that needs it.
import { randomFillSync } from 'node:crypto'
import type { Random } from './keys.ts'

const poolBytes = 8192

/** Draws 8 KiB from the system at a time, and wipes from the pool the bytes that it hands out. */
export function pooledRandom(): Random {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return (bytes) => {
    if (bytes > poolBytes / 8) return randomFillSync(Buffer.allocUnsafe(bytes))
    if (used + bytes > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    const out = Buffer.allocUnsafe(bytes)
    pool.copy(out, 0, used, used + bytes)
    pool.fill(0, used, used + bytes)
    used += bytes
    return out
  }
}
