// The text of an Authorization header, whatever the algorithm (SigV4, "Authorization header value"): its three named parts, and the
// credential with its scope.
import type { Unreadable } from './rejection.ts'

/** The named parts as sent; a name that is none of them is passed over. */
export interface AuthorizationParts {
  readonly credential: string | undefined
  readonly signedHeaders: string | undefined
  readonly signature: string | undefined
}

/** Reads the parts from where the algorithm ends. */
export function readParts(authorization: string, start: number): AuthorizationParts | Unreadable {
  let credential: string | undefined
  let signedHeaders: string | undefined
  let signature: string | undefined
  // Values hold no comma: a part that is not name=value is an attempt to say two things at once, or a broken client.
  for (let from = start; from <= authorization.length; ) {
    let to = authorization.indexOf(',', from)
    if (to < 0) to = authorization.length
    const part = trimmed(authorization, from, to)
    const equals = part.indexOf('=')
    if (equals < 0) return { rejected: 'not-key-value', part, authorization }
    const name = part.slice(0, equals)
    const value = part.slice(equals + 1)
    if (name === 'Credential') {
      if (credential !== undefined) return { rejected: 'repeated-parameter', name }
      credential = value
    } else if (name === 'SignedHeaders') {
      if (signedHeaders !== undefined) return { rejected: 'repeated-parameter', name }
      signedHeaders = value
    } else if (name === 'Signature') {
      if (signature !== undefined) return { rejected: 'repeated-parameter', name }
      signature = value
    }
    from = to + 1
  }
  return { credential, signedHeaders, signature }
}

/** Who signed, and the scope: not compared with anything yet. */
export interface CredentialText {
  readonly keyId: string
  /** `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
}

/** The five parts between slashes; undefined for another number of them. */
export function readCredential(credential: string): CredentialText | undefined {
  const keyEnd = credential.indexOf('/')
  const dateEnd = credential.indexOf('/', keyEnd + 1)
  const regionEnd = credential.indexOf('/', dateEnd + 1)
  const serviceEnd = credential.indexOf('/', regionEnd + 1)
  // indexOf starts over at 0 when a slash was not found, so the places must rise, and there must be no fifth.
  const five = keyEnd > 0 && dateEnd > keyEnd && regionEnd > dateEnd && serviceEnd > regionEnd
  if (!five || credential.includes('/', serviceEnd + 1)) return undefined
  return {
    keyId: credential.slice(0, keyEnd),
    date: credential.slice(keyEnd + 1, dateEnd),
    region: credential.slice(dateEnd + 1, regionEnd),
    service: credential.slice(regionEnd + 1, serviceEnd),
    terminator: credential.slice(serviceEnd + 1),
  }
}

/** The slice without blanks at its ends (RFC 9110 5.6.3 OWS). */
function trimmed(text: string, from: number, to: number): string {
  const blank = (at: number) => text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09
  while (from < to && blank(from)) from++
  while (to > from && blank(to - 1)) to--
  return text.slice(from, to)
}
