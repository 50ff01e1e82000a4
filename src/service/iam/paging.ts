// Pagination: MaxItems, Marker, IsTruncated. A marker is sealed to account, operation and filter (what it means is nobody
// else's business, and one list's marker opens no other's), and fits the model's 320 characters.
import { createHash } from 'node:crypto'
import type { Collection, Reader } from '../../store/store.ts'
import type { Vault } from '../parts.ts'
import { invalid } from './refusals.ts'

export const DEFAULT_PAGE = 100
/** How many records one page looks at before it says "more": a filter that matches nothing must not read an account whole. */
const MOST_LOOKED_AT = 5000

/** What a list was asked: whose, which operation, filtered how, and which page. */
export interface Asked {
  readonly vault: Vault
  readonly account: string
  readonly operation: string
  /** Everything that narrows the list: a marker of another filter is refused. */
  readonly filter: readonly (string | undefined)[]
  readonly input: { readonly MaxItems?: number | undefined; readonly Marker?: string | undefined }
}

/** The members every list answers with. `Marker` stands only where there is more. */
export interface PageMembers {
  readonly IsTruncated: boolean
  readonly Marker?: string
}

const recordOf = (asked: Asked) => `marker:${asked.operation}`
const fieldOf = (asked: Asked) =>
  createHash('sha256')
    .update(JSON.stringify(asked.filter.map((part) => part ?? null)))
    .digest('base64url')

/** What the marker of a request says, as `members` was given it. @throws ValidationError for any other text */
export function openMarker(asked: Asked): string | undefined {
  const { Marker } = asked.input
  if (Marker === undefined) return undefined
  try {
    return asked.vault.open(asked.account, recordOf(asked), fieldOf(asked), Marker)
  } catch {
    // Whatever is wrong with it, it is not a marker this list gave.
    throw invalid('Invalid Marker.')
  }
}

/** How a page ends: with a marker that says where the next begins, or (undefined) for good. */
export const members = (asked: Asked, last: string | undefined): PageMembers =>
  last === undefined
    ? { IsTruncated: false }
    : { IsTruncated: true, Marker: asked.vault.seal(asked.account, recordOf(asked), fieldOf(asked), last) }

/** A page of a collection whose keys are the account and one more part, in the order of its keys. */
export async function pageOfRecords<R, I extends string>(
  reader: Reader,
  asked: Asked,
  collection: Collection<R, I>,
  wanted: (record: R) => boolean,
): Promise<{ items: R[]; page: PageMembers }> {
  const most = asked.input.MaxItems ?? DEFAULT_PAGE
  const items: R[] = []
  let last = openMarker(asked)
  let looked = 0
  for (;;) {
    const { items: read, next } = await reader.list(collection, 'key', {
      prefix: [asked.account],
      limit: Math.min(MOST_LOOKED_AT, most + 1),
      ...(last === undefined ? {} : { after: [asked.account, last] }),
    })
    for (const record of read) {
      if (wanted(record)) {
        if (items.length === most) return { items, page: members(asked, last) }
        items.push(record)
      }
      last = String(collection.key(record)[1])
      looked++
    }
    if (next === undefined) return { items, page: members(asked, undefined) }
    if (looked >= MOST_LOOKED_AT) return { items, page: members(asked, last) }
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)

/**
 * A page of a list that is at hand whole. The marker names the last item by digest and place: if that item has gone, the
 * next page begins at its place.
 */
export function pageOf<R>(
  asked: Asked,
  all: readonly R[],
  idOf: (item: R) => string,
): { items: R[]; page: PageMembers } {
  const most = asked.input.MaxItems ?? DEFAULT_PAGE
  const marker = openMarker(asked)
  let start = 0
  if (marker !== undefined) {
    const [place = '0', mark = ''] = marker.split(' ')
    const found = all.findIndex((item) => digest(idOf(item)) === mark)
    start = found < 0 ? Number(place) : found + 1
  }
  const items = all.slice(start, start + most)
  const lastItem = items.at(-1)
  const end = start + items.length
  const more = lastItem !== undefined && end < all.length
  return { items, page: members(asked, more ? `${end - 1} ${digest(idOf(lastItem))}` : undefined) }
}
