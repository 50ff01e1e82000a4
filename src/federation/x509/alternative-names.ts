// A certificate's alternative names (RFC 5280 4.2.1.6), and the names that constraints are made of (4.2.1.10).
import type { GeneralName } from '@peculiar/asn1-x509'
import { type Name, readName } from './name.ts'

export interface GeneralNames {
  readonly dns: readonly string[]
  readonly uri: readonly string[]
  readonly email: readonly string[]
  readonly directory: readonly Name[]
  /** There is a name of another kind: an address, a registered id, … */
  readonly isOther: boolean
}

/** Throws for a text with other characters than printable ASCII: a NUL ends a name for some readers. */
export function readGeneralNames(all: readonly GeneralName[]): GeneralNames {
  // The library's lists make more of their own kind.
  const names = Array.from(all)
  const texts = (of: (name: GeneralName) => string | undefined) => names.map(of).filter((text) => text !== undefined)
  const dns = texts((name) => name.dNSName)
  const uri = texts((name) => name.uniformResourceIdentifier)
  const email = texts((name) => name.rfc822Name)
  const directory = names.flatMap(({ directoryName }) => (directoryName === undefined ? [] : [readName(directoryName)]))
  if (![...dns, ...uri, ...email].every((text) => /^[\x20-\x7e]*$/.test(text))) throw new TypeError('no name')
  return {
    dns,
    uri,
    email,
    directory,
    isOther: dns.length + uri.length + email.length + directory.length < names.length,
  }
}
