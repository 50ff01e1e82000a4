// Searches of the development directory: entries below a base that a filter matches, with the attributes that were asked for.
import type { DirectoryEntry } from './entries.ts'
import { type DirectoryRequest, writeAnswer, writeEntry } from './messages.ts'
import { comparable, type Reading } from './reading.ts'

export type SearchRequest = Extract<DirectoryRequest, { kind: 'search' }>

const noSuchObject = 32
const sizeLimitExceeded = 4

const isBelow = (dn: string, base: string) => base === '' || dn === base || dn.endsWith(`,${base}`)
const parentOf = (dn: string) => dn.slice(dn.indexOf(',') + 1 || dn.length)

export function found({ base, scope, filter }: SearchRequest, reading: Reading): readonly DirectoryEntry[] | undefined {
  const top = comparable(base)
  const start = reading.find(base)
  if (scope === 'base') return start === undefined ? undefined : filter.matches(start, reading) ? [start] : []
  const candidates = reading.entries.filter(({ dn }) =>
    scope === 'one' ? parentOf(comparable(dn)) === top : isBelow(comparable(dn), top),
  )
  if (start === undefined && candidates.length === 0) return undefined
  return candidates.filter((entry) => filter.matches(entry, reading))
}

/** The messages that answer a search. `mostValues`: longer attributes are given in ranges (MS-ADTS section 3.1.1.3.1.3.3). */
export function answerSearch(
  request: SearchRequest,
  entries: readonly DirectoryEntry[] | undefined,
  reading: Reading,
  mostValues: number,
): readonly Buffer[] {
  if (entries === undefined) return [writeAnswer(request, 'search', { code: noSuchObject })]
  const { paging, sizeLimit } = request
  const start = paging?.start ?? 0
  const end = paging === undefined || paging.size === 0 ? entries.length : start + paging.size
  const page = entries.slice(start, sizeLimit === 0 ? end : Math.min(end, start + sizeLimit))
  const written = page.map((entry) => writeEntry(request.id, entry.dn, selected(entry, request, reading, mostValues)))
  const isCut = sizeLimit !== 0 && entries.length > sizeLimit
  const nextPage = paging === undefined ? {} : { nextPage: end < entries.length ? end : ('none' as const) }
  return [...written, writeAnswer(request, 'search', { code: isCut ? sizeLimitExceeded : 0 }, nextPage)]
}

/** RFC 4511 section 4.5.1.8: none or `*` for all that the entry has written; `1.1` for none; computed ones only by name. */
function selected(
  entry: DirectoryEntry,
  { attributes, scope }: SearchRequest,
  reading: Reading,
  mostValues: number,
): ReadonlyMap<string, readonly Buffer[]> {
  const wanted = attributes.flatMap((name) =>
    name === '*' ? reading.names(entry) : name === '+' ? ['memberOf'] : [name],
  )
  const values = new Map<string, readonly Buffer[]>()
  for (const description of attributes.length === 0 ? reading.names(entry) : wanted) {
    const [name = '', range] = description.split(/;range=/i)
    // Active Directory computes it for one entry at a time.
    if (name.toLowerCase() === 'tokengroups' && scope !== 'base') continue
    const all = reading.values(entry, name)
    if (all.length === 0) continue
    const first = Number(range?.split('-')[0] ?? 0)
    const part = all.slice(first, first + mostValues)
    if (range === undefined && part.length === all.length) values.set(name, all)
    else values.set(`${name};range=${first}-${first + part.length < all.length ? first + part.length - 1 : '*'}`, part)
  }
  return values
}
