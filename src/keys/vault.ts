// Long-term secrets as the store keeps them: each sealed under a key of its own, derived from a key of the ring, which the
// master key wraps. Account, record and field are part of what it is sealed to: moved elsewhere, a ciphertext does not open.
import { heads, seal, unseal } from '../core/token/seal.ts'
import type { KeyRing, Random } from './keys.ts'

/** As `Vault` of the services: `open` throws VaultRefused. */
export function createVault(ring: KeyRing, random: Random) {
  return {
    seal(account: string, record: string, field: string, plain: string): string {
      return seal(heads.vault, Buffer.from(plain), ring.sealing('vault'), random(16), place(account, record, field))
    },
    open(account: string, record: string, field: string, sealed: string): string {
      const opened = unseal(heads.vault, sealed, place(account, record, field), (id) => ring.key('vault', id))
      if (!('bytes' in opened)) throw new VaultRefused(`${record}: the sealed ${field} does not open here`)
      return opened.bytes.toString()
    },
  }
}

/** A stored ciphertext was changed, moved, or sealed by another ring. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused'
}

/** Unambiguous, whatever characters the parts hold. */
const place = (...parts: readonly string[]) => JSON.stringify(parts)
