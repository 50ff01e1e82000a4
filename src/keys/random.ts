// Random bytes out of a pool: a system call for each salt would cost more than the sealing it is for.
import { randomFillSync } from 'node:crypto'
import type { Random } from './keys.ts'

const poolBytes = 8192

/** A source that draws 8 KiB at a time. What it hands out is wiped from the pool. */
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
