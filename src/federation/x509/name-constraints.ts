// What names an authority may give (RFC 5280 4.2.1.10): each name of a certificate below it must be within a permitted subtree of its
// kind, where there are any, and within no excluded one.
// DIVERGES: where a constraint is of another kind than DNS names, URIs, mail addresses and directory names (of addresses, say), every
// certificate below with a name of such a kind is refused.
import { type GeneralNames, readGeneralNames } from './alternative-names.ts'
import { only, part, partsOf, Sequence, tags, type Value } from './der-values.ts'
import { emailAddress, isWithin, mayBeWithin, type Name } from './name.ts'

export interface NameConstraints {
  readonly permitted: GeneralNames
  readonly excluded: GeneralNames
}

/** Throws for a subtree with a distance: RFC 5280 has none. */
export function readNameConstraints(value: Value): NameConstraints {
  const fields = new Sequence(value)
  const [permitted, excluded] = [fields.optional(part(0)), fields.optional(part(1))]
  fields.end()
  return { permitted: bases(permitted, part(0)), excluded: bases(excluded, part(1)) }
}

const bases = (subtrees: Value | undefined, tag: number): GeneralNames =>
  readGeneralNames(subtrees === undefined ? [] : partsOf(subtrees, tag).map((subtree) => only(subtree, tags.sequence)))

/** What is constrained of a certificate. */
export interface Named {
  readonly subject: Name
  readonly alternativeNames: GeneralNames
}

/** Whether a certificate may have its names below an authority with these constraints. */
export function namesAllowed(named: Named, { permitted, excluded }: NameConstraints): boolean {
  const { subject, alternativeNames } = named
  const { dns, uri, directory, isOther } = alternativeNames
  if (isOther && (permitted.isOther || excluded.isOther)) return false
  const email = [...alternativeNames.email, ...emailsOf(subject)]
  const directories = subject.length > 0 ? [subject, ...directory] : directory
  return (
    holds(dns, permitted.dns, excluded.dns, isDnsWithin) &&
    holds(uri, permitted.uri, excluded.uri, isUriWithin) &&
    holds(email, permitted.email, excluded.email, isEmailWithin) &&
    holds(directories, permitted.directory, excluded.directory, isNameWithin)
  )
}

/** Whether a name is within a subtree; undefined where that cannot be said. */
type Within<N> = (name: N, base: N) => boolean | undefined

const holds = <N>(names: readonly N[], permitted: readonly N[], excluded: readonly N[], within: Within<N>): boolean =>
  names.every(
    (name) =>
      excluded.every((base) => within(name, base) === false) &&
      (permitted.length === 0 || permitted.some((base) => within(name, base) === true)),
  )

/** Mail addresses in the subject are constrained like the others. One that cannot be read as text is within nothing. */
const emailsOf = (subject: Name): string[] =>
  subject.flat().flatMap(({ type, text }) => (type === emailAddress ? [text ?? ''] : []))

/** A label that ends in a dot, or is empty, names the same host in two ways. */
const isHost = (host: string) => /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$/.test(host)

/** INVARIANT: a spelling that evades an excluded name is none that a permitted one allows. */
const isNameWithin: Within<Name> = (name, base) => isWithin(name, base) || (mayBeWithin(name, base) ? undefined : false)

function isDnsWithin(name: string, base: string): boolean | undefined {
  const host = name.toLowerCase().replace(/^\*\./, '')
  const domain = base.toLowerCase().replace(/^\./, '')
  if (domain === '') return true
  if (!isHost(host) || !isHost(domain)) return undefined
  return host === domain || host.endsWith(`.${domain}`)
}

/** `.example.com`: hosts below it; `example.com`: that host alone. */
function isHostWithin(host: string, base: string): boolean | undefined {
  const domain = base.toLowerCase()
  if (!isHost(host) || !isHost(domain.replace(/^\./, ''))) return undefined
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain
}

function isUriWithin(uri: string, base: string): boolean | undefined {
  const host = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#@:]+)(?::\d*)?(?:[/?#]|$)/.exec(uri)?.[1]
  return host === undefined ? undefined : isHostWithin(host.toLowerCase(), base)
}

/** `a@example.com`: that mailbox; otherwise as of URIs. */
function isEmailWithin(email: string, base: string): boolean | undefined {
  const [box, host, ...more] = email.split('@')
  if (!box || host === undefined || more.length > 0) return undefined
  if (!isHost(host.toLowerCase())) return undefined
  if (!base.includes('@')) return isHostWithin(host.toLowerCase(), base)
  const [baseBox, baseHost] = base.split('@')
  return box === baseBox && host.toLowerCase() === baseHost?.toLowerCase()
}
