// A certificate's alternative names (RFC 5280 4.2.1.6), and the names that constraints are made of (4.2.1.10).
import { only, part, plainPart, type Value } from './der-values.ts'
import { type Name, readName } from './name.ts'

export interface GeneralNames {
  readonly dns: readonly string[]
  readonly uri: readonly string[]
  readonly email: readonly string[]
  readonly directory: readonly Name[]
  /** There is a name of another kind: an address, a registered id, … */
  readonly isOther: boolean
}

/** The tags of the kinds that are read. */
const kinds = { email: plainPart(1), dns: plainPart(2), directory: part(4), uri: plainPart(6) }

/** Throws for a text with other characters than printable ASCII: a NUL ends a name for some readers. */
export function readGeneralNames(names: readonly Value[]): GeneralNames {
  const texts = (kind: number) =>
    names.filter(({ tag }) => tag === kind).map(({ content }) => content.toString('latin1'))
  const [dns, uri, email] = [texts(kinds.dns), texts(kinds.uri), texts(kinds.email)]
  const directory = names
    .filter(({ tag }) => tag === kinds.directory)
    .map((name) => readName(only(name, kinds.directory)))
  if (![...dns, ...uri, ...email].every((text) => /^[\x20-\x7e]*$/.test(text))) throw new TypeError('no name')
  return {
    dns,
    uri,
    email,
    directory,
    isOther: dns.length + uri.length + email.length + directory.length < names.length,
  }
}
