// Distinguished names (RFC 4514): read, compared, and written from text that somebody typed. Nothing else reads them: the directory
// connector and the table of who may have what compare them by these functions.
import { foldCase } from '../../core/case-fold.ts'

/** Names and numbers of attribute types that directories write in more than one way (RFC 4514 section 3, RFC 4519). */
const typeNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'cn'],
  ['commonname', 'cn'],
  ['2.5.4.6', 'c'],
  ['countryname', 'c'],
  ['2.5.4.7', 'l'],
  ['localityname', 'l'],
  ['2.5.4.8', 'st'],
  ['stateorprovincename', 'st'],
  ['2.5.4.9', 'street'],
  ['streetaddress', 'street'],
  ['2.5.4.10', 'o'],
  ['organizationname', 'o'],
  ['2.5.4.11', 'ou'],
  ['organizationalunitname', 'ou'],
  ['0.9.2342.19200300.100.1.25', 'dc'],
  ['domaincomponent', 'dc'],
  ['0.9.2342.19200300.100.1.1', 'uid'],
  ['userid', 'uid'],
])

const typeText = /^(?:[a-z][a-z0-9-]*|[0-9]+(?:\.[0-9]+)*)$/
const hexText = /^#(?:[0-9a-f]{2})+$/

/** Text after its escapes (RFC 4514 section 3) are read; undefined where it has none of a value's forms. */
function unescaped(text: string): string | undefined {
  // Nearly every value: somebody may be in ten thousand groups.
  if (!/["+,;<>\0\\]/.test(text) && text.isWellFormed()) return text
  const bytes: Buffer[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character !== '\\') {
      if ('"+,;<>\0'.includes(character)) return undefined
      bytes.push(Buffer.from(text.slice(at, at + (/[\ud800-\udbff]/.test(character) ? 2 : 1)), 'utf8'))
      if (/[\ud800-\udbff]/.test(character)) at++
      continue
    }
    const pair = /^[0-9A-Fa-f]{2}/.exec(text.slice(at + 1, at + 3))
    if (pair !== null) {
      bytes.push(Buffer.from(pair[0], 'hex'))
      at += 2
      continue
    }
    const next = text.charAt(at + 1)
    if (next === '' || !' "#+,;<=>\\'.includes(next)) return undefined
    bytes.push(Buffer.from(next))
    at++
  }
  try {
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes))
    return value.includes('\0') ? undefined : value
  } catch {
    return undefined
  }
}

/** A value as RFC 4514 section 2.4 writes it: text within it stays text, whatever characters it has. */
export function escapeDnValue(value: string): string {
  const escaped = value.replace(/["+,;<=>\\]/g, '\\$&').replaceAll('\0', '\\00')
  return escaped.replace(/^[ #]/, '\\$&').replace(/ $/, escaped === ' ' ? '$&' : '\\ ')
}

/** Splits at a character that no backslash stands before. */
function parts(text: string, separator: string): readonly string[] {
  const found: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      found.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...found, text.slice(start)]
}

/** Without the spaces around it; one that a backslash stands before belongs to the value. */
function trimmed(text: string): string {
  const start = text.replace(/^ +/, '')
  const end = start.replace(/ +$/, '')
  const backslashes = /\\*$/.exec(end)?.[0].length ?? 0
  return end.length < start.length && backslashes % 2 === 1 ? `${end} ` : end
}

function normalPair(text: string): string | undefined {
  const equals = text.indexOf('=')
  if (equals === -1) return undefined
  const type = trimmed(text.slice(0, equals)).toLowerCase()
  const value = trimmed(text.slice(equals + 1))
  if (!typeText.test(type)) return undefined
  const name = typeNames.get(type) ?? type
  // A value in hexadecimal is BER. It is compared as it is, and is never the same as text.
  if (value.startsWith('#')) return hexText.test(value.toLowerCase()) ? `${name}=${value.toLowerCase()}` : undefined
  const plain = unescaped(value)
  return plain === undefined ? undefined : `${name}=${escapeDnValue(foldCase(plain))}`
}

/** The relative names, the most special first; undefined for what is no DN. */
function relativeNames(text: string): readonly string[] | undefined {
  if (trimmed(text) === '') return []
  const names: string[] = []
  for (const part of parts(text, ',')) {
    const pairs: string[] = []
    for (const one of parts(part, '+')) {
      const pair = normalPair(one)
      if (pair === undefined) return undefined
      pairs.push(pair)
    }
    names.push(pairs.sort().join('+'))
  }
  return names
}

/** One text for all ways to write a DN; undefined for what is none. */
export function normalDn(text: string): string | undefined {
  return relativeNames(text)?.join(',')
}

/** Whether both name one entry. What is no DN names none. */
export function sameDn(a: string, b: string): boolean {
  const normal = normalDn(a)
  return normal !== undefined && normal === normalDn(b)
}

/** Whether the entry is the base or stands below it. Below the empty DN stands every entry. */
export function isBelow(dn: string, base: string): boolean {
  const names = relativeNames(dn)
  const baseNames = relativeNames(base)
  if (names === undefined || baseNames === undefined || names.length < baseNames.length) return false
  const tail = names.slice(names.length - baseNames.length)
  return tail.every((name, at) => name === baseNames[at])
}

/** The value of the first relative name: what a group is called where nothing else says so. */
export function firstValue(dn: string): string | undefined {
  const first = parts(parts(dn, ',')[0] ?? '', '+')[0] ?? ''
  const equals = first.indexOf('=')
  if (equals === -1) return undefined
  const value = trimmed(first.slice(equals + 1))
  return value.startsWith('#') ? undefined : unescaped(value)
}

/** The domain that a DN is in, by its last relative names (RFC 2247), as `normalDn` writes it; undefined where there are none. */
export function domainOf(dn: string): string | undefined {
  const names = relativeNames(dn) ?? []
  const start = names.findLastIndex((name) => !name.startsWith('dc=')) + 1
  return start === names.length ? undefined : names.slice(start).join(',')
}
