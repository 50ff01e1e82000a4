// Proof Key for Code Exchange (RFC 7636): who asks for a code says what only they can answer when they redeem it.
import { hash } from 'node:crypto'

/** The one method that is asked for and taken: with `plain`, whoever reads the request could redeem the code. */
export const challengeMethod = 'S256'

/** The challenge of a verifier (4.2). */
export const challengeOf = (verifier: string): string => hash('sha256', verifier, 'base64url')
