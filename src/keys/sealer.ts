// Short texts that leave and come back unchanged or not at all: pagination markers, sealed to account, operation, filter.
import { heads, seal, unseal } from '../core/token/seal.ts'
import type { KeyRing, Random, Sealer } from './keys.ts'

/** Texts sealed by it open for 36 hours at least after a rotation. */
export function createSealer(ring: KeyRing, random: Random): Sealer {
  return {
    sealText: (scope, text) => seal(heads.text, Buffer.from(text), ring.sealing('seal'), random(16), scope),
    openText(scope, sealed) {
      const opened = unseal(heads.text, sealed, scope, (id) => ring.key('seal', id))
      return 'bytes' in opened ? opened.bytes.toString() : undefined
    },
  }
}
