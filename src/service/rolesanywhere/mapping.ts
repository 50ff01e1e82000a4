// Which attributes of a certificate become session tags (User Guide, "Certificate attribute mapping"): `x509Subject/CN`, `x509Issuer/O`,
// `x509SAN/DNS`, `x509SAN/URI`, `x509SAN/Name/CN`. An attribute that stands several times is one tag, its values in the order of the
// certificate with `/` between them; of alternative names the first of each kind counts.
// INVARIANT: a value is a tag as it is, or there is no session: one with characters left out would be another's.
import { isTagValue } from '../../core/tag-texts.ts'
import type { Certificate } from '../../federation/x509/certificate.ts'
import { type Name, shortName } from '../../federation/x509/name.ts'
import type { Tag } from '../records.ts'
import type { CertificateField, Mappings } from './records.ts'

/** AWS's, of a new profile. */
export const usualMappings: Mappings = {
  x509Subject: ['*'],
  x509Issuer: ['*'],
  x509SAN: ['DNS', 'URI', 'Name/*'],
}

const attribute = /^(?:[A-Za-z]{1,40}|\d{1,3}(?:\.\d{1,20}){1,20})$/

/** Whether a rule may stand in the mapping of a field. */
export function isSpecifier(field: CertificateField, specifier: string): boolean {
  if (field !== 'x509SAN') return specifier === '*' || attribute.test(specifier)
  const [kind, name, ...more] = specifier.split('/')
  if (name === undefined) return kind === 'DNS' || kind === 'URI'
  return kind === 'Name' && more.length === 0 && (name === '*' || attribute.test(name))
}

export interface Mapped {
  readonly tags: readonly Tag[]
  /** The specifiers of attributes that are no tags, by field. */
  readonly failed: Readonly<Record<CertificateField, readonly string[]>>
}

/** The session tags of a certificate. */
export function mapAttributes(mappings: Mappings, certificate: Certificate): Mapped {
  const { subject, issuer, alternativeNames } = certificate
  const found: Readonly<Record<CertificateField, readonly Attribute[]>> = {
    x509Subject: attributesOf(subject, mappings.x509Subject),
    x509Issuer: attributesOf(issuer, mappings.x509Issuer),
    x509SAN: [
      ...firstOf(mappings.x509SAN, 'DNS', 'DNS/2', alternativeNames.dns),
      ...firstOf(mappings.x509SAN, 'URI', 'URI/6', alternativeNames.uri),
      ...attributesOf(alternativeNames.directory[0] ?? [], inNames(mappings.x509SAN)).map(({ name, ...more }) => ({
        name: `Name/${name}`,
        ...more,
      })),
    ],
  }
  const tags: Tag[] = []
  const failed: Record<CertificateField, string[]> = { x509Subject: [], x509Issuer: [], x509SAN: [] }
  for (const field of ['x509Subject', 'x509Issuer', 'x509SAN'] as const) {
    for (const { name, called = name, value } of found[field]) {
      if (value !== undefined && value !== '' && isTagValue(value)) tags.push({ Key: `${field}/${name}`, Value: value })
      else failed[field].push(called)
    }
  }
  return { tags, failed }
}

interface Attribute {
  /** The tag's name, after its field. */
  readonly name: string
  /** In the sentence that says that it failed, where it has another name there. */
  readonly called?: string
  /** Undefined where there is no text that is certain to be of this certificate alone. */
  readonly value: string | undefined
}

function firstOf(specifiers: readonly string[], name: string, called: string, values: readonly string[]): Attribute[] {
  const [value] = values
  return specifiers.includes(name) && value !== undefined ? [{ name, called, value }] : []
}

const inNames = (specifiers: readonly string[]) =>
  specifiers.flatMap((specifier) => (specifier.startsWith('Name/') ? [specifier.slice('Name/'.length)] : []))

/** The attributes of a name that the specifiers are about, each once. `*`: those with a short name. */
function attributesOf(name: Name, specifiers: readonly string[]): Attribute[] {
  const texts = new Map<string, (string | undefined)[]>()
  for (const { type, text } of name.flat()) {
    const short = shortName(type)
    const isAny = specifiers.includes('*') && short !== type
    const called = isAny || specifiers.includes(short) ? short : specifiers.includes(type) ? type : undefined
    if (called !== undefined) texts.set(called, [...(texts.get(called) ?? []), text])
  }
  return [...texts].map(([called, values]) => ({ name: called, value: joined(values) }))
}

/** INVARIANT: what stands in one value of several cannot be told from a `/` between two, so such values have none. */
function joined(values: readonly (string | undefined)[]): string | undefined {
  const texts = values.filter((text) => text !== undefined)
  if (texts.length < values.length) return undefined
  const [only, ...more] = texts
  return more.length > 0 && texts.some((text) => text === '' || text.includes('/'))
    ? undefined
    : [only, ...more].join('/')
}
