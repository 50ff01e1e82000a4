// Names of certificates (RFC 5280 4.1.2.4) as their attributes. They are compared and mapped by these, never as one printed text: an
// attribute's value may hold whatever separates attributes in print.
import { identifierOf, partsOf, tags, textOf, type Value } from './der-values.ts'

export interface Attribute {
  /** Object identifier: `2.5.4.3`. */
  readonly type: string
  /** Undefined where the value is of a type whose characters are not certain (TeletexString), or no text. */
  readonly text: string | undefined
  /** The encoded value where there is no text, in hexadecimal. */
  readonly encoded: string | undefined
}

/** Relative distinguished names in the order of the certificate; nearly all have one attribute. */
export type Name = readonly (readonly Attribute[])[]

/** Throws for what is no name. */
export const readName = (value: Value): Name =>
  partsOf(value, tags.sequence).map((relative) => partsOf(relative, tags.set).map(readAttribute))

function readAttribute(value: Value): Attribute {
  const [type, content, ...more] = partsOf(value, tags.sequence)
  if (type === undefined || content === undefined || more.length > 0) throw new TypeError('no attribute')
  const text = textOf(content)
  return { type: identifierOf(type), text, encoded: text === undefined ? content.whole.toString('hex') : undefined }
}

/**
 * A text that two names share if they are the same: same attributes, same values, in the same order and grouping.
 * DIVERGES: RFC 5280 7.1 also takes names for the same that differ in case or blanks; authorities write them alike.
 */
export const nameKey = (name: Name): string =>
  JSON.stringify(
    name.map((relative) => relative.map(({ type, text, encoded }) => [type, text ?? null, encoded ?? null])),
  )

/** Whether the name stands below that one, or is it (RFC 5280 4.2.1.10, directoryName). */
export const isWithin = (name: Name, base: Name): boolean =>
  name.length >= base.length && nameKey(name.slice(0, base.length)) === nameKey(base)

/**
 * Whether somebody may take the name for one below that one: what is the same but for case, blanks, width or order, or of a text whose
 * characters are not certain.
 */
export const mayBeWithin = (name: Name, base: Name): boolean =>
  name.length >= base.length && base.every((relative, at) => mayBeSame(relative, name[at] ?? []))

const mayBeSame = (one: Name[number], other: Name[number]): boolean =>
  one.length === other.length && one.every((a) => other.some((b) => a.type === b.type && mayRead(a.text, b.text)))

const mayRead = (a: string | undefined, b: string | undefined) =>
  a === undefined || b === undefined || folded(a) === folded(b)

const folded = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()

/** Short names (RFC 4519, RFC 4514, X.520), as IAM Roles Anywhere names attributes; the others go by object identifier. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'GENERATION',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}

export const commonName = '2.5.4.3'
export const emailAddress = '1.2.840.113549.1.9.1'

/** `CN`, or the object identifier of an attribute without a short name here. */
export const shortName = (type: string): string =>
  Object.hasOwn(shortNames, type) ? (shortNames[type] as string) : type

/** The name in print, for people and records alone (RFC 4514: the last first, `,` `+` and the like escaped). */
export const printedName = (name: Name): string =>
  [...name]
    .reverse()
    .map((relative) =>
      relative
        .map(({ type, text, encoded }) => `${shortName(type)}=${text === undefined ? `#${encoded}` : escaped(text)}`)
        .join('+'),
    )
    .join(',')

const escaped = (text: string) =>
  text
    .replace(/[\\,+"<>;=]/g, '\\$&')
    .replace(/[\0-\x1f\x7f-\x9f]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/^[ #]| $/g, '\\$&')
