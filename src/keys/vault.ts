// Seals long-term secrets for the store: each under a key of its own, derived from a key of the ring, which the master key
// wraps. A ciphertext is bound to its account, record and field: moved elsewhere, it does not open.
import { heads, seal, unseal } from '../core/token/seal.ts'
import type { KeyRing, Random } from './keys.ts'

/** Implements `Vault` of the services; `open` throws VaultRefused. */
export function createVault(ring: KeyRing, random: Random) {
  return {
    seal(account: string, record: string, field: string, plain: string): string {
      return seal(heads.vault, Buffer.from(plain), ring.sealing('vault'), random(16), place(account, record, field))
    },
    open(account: string, record: string, field: string, sealed: string): string {
      const opened = unseal(heads.vault, sealed, place(account, record, field), (id) => ring.key('vault', id))
      if (!('bytes' in opened))
        throw new VaultRefused(`${record}: no key of this store opens the sealed ${field} in this place`)
      return opened.bytes.toString()
    },
  }
}

/** A stored ciphertext was changed or moved, or another ring sealed it. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused'
}

/** JSON, so that different parts never join to the same text, whatever their characters. */
const place = (...parts: readonly string[]) => JSON.stringify(parts)
