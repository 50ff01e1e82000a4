// Secrets by their digests: what a store holds in place of one, and how two are compared.
import { hash, timingSafeEqual } from 'node:crypto'

/** What is kept in place of a cookie's id, a token, a code or a login: SHA-256, base64url. */
export const digest = (text: string): string => hash('sha256', text, 'base64url')

/** INVARIANT: how long it takes does not tell how much of a guess is right, nor how long the secret is. */
export const isSameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
