// An entry of a directory as it was read: values are bytes, since only who asks knows which of them are text (RFC 4512 section 2.2).
import type { SearchEntry } from 'ldapts'
import { firstValue } from './dn.ts'

export interface Entry {
  readonly dn: string
  /** By the attribute's description in lower case, options with it (`member;range=0-1499`). */
  readonly values: ReadonlyMap<string, readonly Buffer[]>
}

export function entryOf(found: SearchEntry): Entry {
  const values = new Map<string, readonly Buffer[]>()
  // A server may send one attribute in several pieces.
  for (const { type, parsedBuffers } of found.attributes)
    values.set(type.toLowerCase(), [...(values.get(type.toLowerCase()) ?? []), ...parsedBuffers])
  return { dn: found.name, values }
}

export const bytesOf = (entry: Entry, attribute: string): readonly Buffer[] =>
  entry.values.get(attribute.toLowerCase()) ?? []

/** Text, or undefined for bytes that are none. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** An attribute's values; those that are no text are left out. */
export const textsOf = (entry: Entry, attribute: string): readonly string[] =>
  bytesOf(entry, attribute)
    .map(textOf)
    .filter((text) => text !== undefined)

/**
 * What an entry is called. Of several values the one that its DN has, where it has one of them. They come in any order.
 */
export function nameOf(entry: Entry, attribute: string): string | undefined {
  const names = [...textsOf(entry, attribute)].sort()
  const own = firstValue(entry.dn)
  return own !== undefined && names.includes(own) ? own : names[0]
}

/** Where a part of an attribute ends that a server gave of a long one: Active Directory's ranges (MS-ADTS section 3.1.1.3.1.3.3). */
export function rangeOf(
  entry: Entry,
  attribute: string,
): { readonly name: string; readonly last?: number } | undefined {
  const prefix = `${attribute.toLowerCase()};range=`
  for (const name of entry.values.keys()) {
    const range = name.startsWith(prefix) ? /^\d+-(\d+|\*)$/.exec(name.slice(prefix.length)) : null
    if (range !== null) return range[1] === '*' ? { name } : { name, last: Number(range[1]) }
  }
  return undefined
}
