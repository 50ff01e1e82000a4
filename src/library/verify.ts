// `hallpass/verify`: who signed a request to an API of your own, by Hallpass's keys and sessions.
import { createAsk } from './ask-hallpass.ts'
import { createProvingVerifier } from './verifier.ts'
import type { Verifier, VerifierOptions } from './verify-types.ts'

export type {
  Caller,
  Refusal,
  ServiceProof,
  SignedRequest,
  Verification,
  Verifier,
  VerifierOptions,
} from './verify-types.ts'

/**
 * Verifies requests that were signed for a declared service.
 * @throws TypeError for a URL that is neither https nor this machine's; the system's error for a private key that cannot be read
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const verifier = createProvingVerifier(options, createAsk(options))
  return {
    async verify(request) {
      const proven = await verifier.prove(request)
      return 'refused' in proven ? { refused: proven.refused } : { caller: proven.known.caller }
    },
  }
}
