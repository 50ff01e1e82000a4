// base64 and base64url (RFC 4648, 4 and 5), read strictly: a text is what its bytes are written as, and nothing else. Node's
// own decoder skips foreign characters, takes either alphabet, and drops padding, unused bits and a character too many.
// INVARIANT: everything that proves something or is compared by its text is read here, so that it has one spelling.

/** The bytes of base64url without padding (RFC 7515, 2); undefined for any other text. */
export function base64urlBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** The bytes of base64, with its padding; undefined for any other text. */
export function base64Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
