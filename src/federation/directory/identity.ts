// Who a person is in their directory: the value of an attribute that is never given to somebody else (RFC 4530, MS-ADTS section
// 3.1.1.1.4).
import type { Filter } from 'ldapts'
import { guidBytes, guidText, sidText } from './active-directory.ts'
import { bytesOf, type Entry, textOf } from './entry.ts'
import { equals } from './filters.ts'

interface Form {
  read(bytes: Buffer): string | undefined
  /** What is compared in a search; undefined for a text that is no such id. */
  write(id: string): string | Buffer | undefined
}

const text: Form = { read: textOf, write: (id) => id }
/** RFC 4122's text: some servers write it in upper case. */
const uuid: Form = { read: (bytes) => textOf(bytes)?.toLowerCase(), write: (id) => id }

const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['objectguid', { read: guidText, write: guidBytes }],
  // A SID is searched for by its text, and given as bytes.
  ['objectsid', { read: sidText, write: (id) => id }],
  ['entryuuid', uuid],
  ['ipauniqueid', uuid],
])

const formOf = (attribute: string) => forms.get(attribute.toLowerCase()) ?? text

/** Undefined without exactly one value. */
export function idOf(entry: Entry, attribute: string): string | undefined {
  const [bytes, ...more] = bytesOf(entry, attribute)
  const id = bytes === undefined || more.length > 0 ? undefined : formOf(attribute).read(bytes)
  return id === '' ? undefined : id
}

/** Undefined for what is no id of that kind. */
export function hasId(attribute: string, id: string): Filter | undefined {
  const value = formOf(attribute).write(id)
  return value === undefined || value === '' ? undefined : equals(attribute, value)
}
