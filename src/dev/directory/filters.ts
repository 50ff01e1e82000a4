// Filters of searches (RFC 4511 section 4.5.1.7) as the development directory understands them.
import type { BerReader } from 'ldapts'
import { foldCase } from '../../core/case-fold.ts'
import type { DirectoryEntry } from './entries.ts'
import { comparable, type Reading } from './reading.ts'

export interface SearchFilter {
  /** As RFC 4515 writes it, for whoever reads what was asked. */
  readonly text: string
  matches(entry: DirectoryEntry, reading: Reading): boolean
}

/** MS-ADTS section 3.1.1.3.4.4.3: through groups that are in groups. */
const inChain = '1.2.840.113556.1.4.1941'

const attributesWithDns = new Set(['member', 'uniquemember', 'memberof', 'entrydn', 'distinguishedname'])

function equal(attribute: string, a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true
  if (attributesWithDns.has(attribute.toLowerCase())) return comparable(a.toString()) === comparable(b.toString())
  // Bytes that are no text differ already.
  const [left, right] = [a.toString(), b.toString()]
  return !left.includes('\ufffd') && !right.includes('\ufffd') && foldCase(left) === foldCase(right)
}

const hasValue = (attribute: string, value: Buffer, entry: DirectoryEntry, reading: Reading) =>
  reading.values(entry, attribute).some((own) => equal(attribute, own, value))

/** Whether a chain of the attribute's DNs leads from the entry to the value. */
function leadsTo(attribute: string, value: Buffer, start: DirectoryEntry, reading: Reading): boolean {
  const seen = new Set<DirectoryEntry>()
  const waiting = [start]
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    if (seen.has(entry)) continue
    seen.add(entry)
    if (hasValue(attribute, value, entry, reading)) return true
    for (const dn of reading.values(entry, attribute)) {
      const next = reading.find(dn.toString())
      if (next !== undefined) waiting.push(next)
    }
  }
  return false
}

const escaped = (value: Buffer) =>
  value
    .toString('latin1')
    .replace(/[^\x20-\x7e]|[\\*()]/g, (one) => `\\${one.charCodeAt(0).toString(16).padStart(2, '0')}`)

function equality(attribute: string, value: Buffer): SearchFilter {
  return {
    text: `(${attribute}=${escaped(value)})`,
    matches: (entry, reading) => hasValue(attribute, value, entry, reading),
  }
}

function readAll(reader: BerReader, end: number): readonly SearchFilter[] {
  const filters: SearchFilter[] = []
  while (reader.offset < end) filters.push(readFilter(reader))
  return filters
}

function readExtensible(reader: BerReader, end: number): SearchFilter {
  const parts = new Map<number, Buffer>()
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0
    parts.set(tag, reader.readString(tag, true) ?? Buffer.alloc(0))
  }
  const [rule, attribute] = [parts.get(0x81)?.toString(), parts.get(0x82)?.toString() ?? '']
  const value = parts.get(0x83) ?? Buffer.alloc(0)
  if (rule !== inChain) throw new Error(`the matching rule ${rule} is not known here`)
  return {
    text: `(${attribute}:${rule}:=${escaped(value)})`,
    matches: (entry, reading) => leadsTo(attribute, value, entry, reading),
  }
}

const kinds: Readonly<Record<number, (reader: BerReader, end: number) => SearchFilter>> = {
  160: (reader, end) => {
    const filters = readAll(reader, end)
    return {
      text: `(&${filters.map(({ text }) => text).join('')})`,
      matches: (entry, reading) => filters.every((filter) => filter.matches(entry, reading)),
    }
  },
  161: (reader, end) => {
    const filters = readAll(reader, end)
    return {
      text: `(|${filters.map(({ text }) => text).join('')})`,
      matches: (entry, reading) => filters.some((filter) => filter.matches(entry, reading)),
    }
  },
  162: (reader) => {
    const filter = readFilter(reader)
    return { text: `(!${filter.text})`, matches: (entry, reading) => !filter.matches(entry, reading) }
  },
  163: (reader) => {
    const attribute = reader.readString() ?? ''
    return equality(attribute, reader.readString(0x04, true) ?? Buffer.alloc(0))
  },
  135: (reader, end) => {
    const attribute = reader.buffer.subarray(reader.offset, end).toString()
    reader.offset = end
    return { text: `(${attribute}=*)`, matches: (entry, reading) => reading.values(entry, attribute).length > 0 }
  },
  169: readExtensible,
}

/** @throws for a filter of a kind that is not known here. */
export function readFilter(reader: BerReader): SearchFilter {
  const tag = reader.readSequence() ?? 0
  const end = reader.offset + reader.length
  const read = kinds[tag]
  if (read === undefined) throw new Error(`filters of the kind 0x${tag.toString(16)} are not known here`)
  return read(reader, end)
}
