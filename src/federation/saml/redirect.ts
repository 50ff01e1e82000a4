// The redirect binding: a message in the query of a link (SAML bindings 3.4), compressed by DEFLATE and signed as a query.
import type { KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { base64Bytes } from '../../core/base64.ts'
import { signQuery } from './sign.ts'

export type MessageParameter = 'SAMLRequest' | 'SAMLResponse'

/** Longest message that is read, in base64 and then in bytes: no request to sign out comes near, and little inflates to no more. */
const longestMessage = 16_384
const longestInflated = 65_536

/** INVARIANT: what a browser sends on is to the letter what was signed, so no sign is left that some of them encode. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** The address that a browser is sent to, the message signed in it. A location may have a query of its own. */
export function redirectTo(
  location: string,
  parameter: MessageParameter,
  xml: string,
  relayState: string | undefined,
  key: KeyObject,
): string {
  const message = `${parameter}=${encoded(deflateRawSync(xml).toString('base64'))}`
  const relay = relayState === undefined ? '' : `&RelayState=${encoded(relayState)}`
  const [address = '', ...fragment] = location.split('#')
  const query = signQuery(message + relay, key)
  return `${address}${address.includes('?') ? '&' : '?'}${query}${fragment.length === 0 ? '' : `#${fragment.join('#')}`}`
}

/** The message's bytes; undefined when it is none. */
export function redirected(base64: string): Uint8Array | undefined {
  const bytes = base64.length > longestMessage ? undefined : base64Bytes(base64)
  if (bytes === undefined) return undefined
  try {
    return inflateRawSync(bytes, { maxOutputLength: longestInflated })
  } catch {
    return undefined
  }
}
