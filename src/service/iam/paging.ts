// Pagination: MaxItems, Marker, IsTruncated. A marker is sealed to account, operation and filter (what it means is nobody
// else's business, and one list's marker opens no other's), and fits the model's 320 characters.
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Collection, Key, Reader } from '../../store/store.ts'
import type { Parts, Vault } from '../parts.ts'
import { invalid } from '../principals/refusals.ts'
import type { Turns } from '../turns.ts'

export const DEFAULT_PAGE = 100
/**
 * What one page may cost before it says "more", in records that are read: a filter that matches nothing must not read an account
 * whole, nor must a page be worth the reading of one for each of its items. AWS, too, may answer less than was asked for.
 */
const MOST_WORK = 5000
/** After how much of it others have a turn; and the account's own requests that need more wait for each other. */
const WORK_A_TURN = 250
/** Most records that are read at once. */
const AT_ONCE = 250

/** The page that is requested of a list: whose list, which operation, filtered how. */
export interface PageRequest {
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

const recordOf = (pageRequest: PageRequest) => `marker:${pageRequest.operation}`
const fieldOf = (pageRequest: PageRequest) =>
  createHash('sha256')
    .update(JSON.stringify(pageRequest.filter.map((part) => part ?? null)))
    .digest('base64url')

/** What the marker of a request says, as `pageMembers` was given it. @throws ValidationError for any other text */
export function openMarker(pageRequest: PageRequest): string | undefined {
  const { Marker } = pageRequest.input
  if (Marker === undefined) return undefined
  try {
    return pageRequest.vault.open(pageRequest.account, recordOf(pageRequest), fieldOf(pageRequest), Marker)
  } catch {
    // Whatever is wrong with it, it is not a marker this list gave.
    throw invalid('Invalid Marker.')
  }
}

/** How a page ends: with a marker that says where the next begins, or (undefined) for good. */
export const pageMembers = (pageRequest: PageRequest, last: string | undefined): PageMembers =>
  last === undefined
    ? { IsTruncated: false }
    : {
        IsTruncated: true,
        Marker: pageRequest.vault.seal(pageRequest.account, recordOf(pageRequest), fieldOf(pageRequest), last),
      }

/** What operations that list are made of. */
export type ListingParts = Parts & { readonly inTurn: Turns }

/** What a page has cost by now, in records that were read. */
export interface Work {
  done: number
}

/** What a list is made of: what may belong to it, from a place on, whether it does, and how it is answered. */
export interface List<C, S> {
  readonly from: (place: string | undefined, atOnce: number) => AsyncIterable<C>
  readonly placeOf: (candidate: C) => string
  readonly wanted: (candidate: C, work: Work) => boolean | Promise<boolean>
  readonly show: (candidate: C, work: Work) => S | Promise<S>
}

/** A page of a list, bounded by items and by work. It is read as it is answered, and has one item at least if there is one. */
export async function pageOfList<C, S>(
  pageRequest: PageRequest,
  inTurn: Turns,
  list: List<C, S>,
): Promise<{ items: S[]; page: PageMembers }> {
  const most = pageRequest.input.MaxItems ?? DEFAULT_PAGE
  const items: S[] = []
  const work: Work = { done: 0 }
  let last = openMarker(pageRequest)
  const candidates = list.from(last, Math.min(AT_ONCE, most + 1))[Symbol.asyncIterator]()
  /** Goes on until so much is done; answers whether the page has ended, and whether there is more. */
  const walk = async (until: number): Promise<'more' | 'all' | undefined> => {
    while (work.done < until) {
      if (work.done >= MOST_WORK && last !== undefined) return 'more'
      const { value, done } = await candidates.next()
      if (done) return 'all'
      work.done++
      if (await list.wanted(value, work)) {
        if (items.length === most) return 'more'
        items.push(await list.show(value, work))
      }
      last = list.placeOf(value)
    }
    return undefined
  }
  let end = await walk(WORK_A_TURN)
  if (end === undefined) {
    await inTurn(pageRequest.account, async () => {
      while (end === undefined) {
        await turn()
        end = await walk(work.done + WORK_A_TURN)
      }
    })
  }
  await candidates.return?.()
  return { items, page: pageMembers(pageRequest, end === 'more' ? last : undefined) }
}

/** A collection's records under a prefix, after a key, in the order of its keys. */
export async function* recordsFrom<R, I extends string>(
  reader: Reader,
  collection: Collection<R, I>,
  prefix: Key,
  after: Key | undefined,
  atOnce: number = AT_ONCE,
): AsyncGenerator<R, void> {
  let next = after
  do {
    const page = await reader.list(collection, 'key', { prefix, limit: atOnce, ...(next && { after: next }) })
    yield* page.items
    next = page.next
  } while (next !== undefined)
}

/** The list of a collection whose keys are the account and one more part. */
export const listOfRecords = <R, I extends string, S>(
  reader: Reader,
  account: string,
  collection: Collection<R, I>,
  { wanted, show }: Pick<List<R, S>, 'wanted' | 'show'>,
): List<R, S> => ({
  from: (place, atOnce) =>
    recordsFrom(reader, collection, [account], place === undefined ? undefined : [account, place], atOnce),
  placeOf: (record) => String(collection.key(record)[1]),
  wanted,
  show,
})

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22)

/**
 * A page of a list that is at hand whole. The marker names the last item by digest and place: if that item has gone, the
 * next page begins at its place.
 */
export function pageOf<R>(
  pageRequest: PageRequest,
  all: readonly R[],
  idOf: (item: R) => string,
): { items: R[]; page: PageMembers } {
  const most = pageRequest.input.MaxItems ?? DEFAULT_PAGE
  const marker = openMarker(pageRequest)
  let start = 0
  if (marker !== undefined) {
    const [place = '0', mark = ''] = marker.split(' ')
    const markedAt = all.findIndex((item) => digest(idOf(item)) === mark)
    start = markedAt < 0 ? Number(place) : markedAt + 1
  }
  const items = all.slice(start, start + most)
  const lastItem = items.at(-1)
  const end = start + items.length
  const more = lastItem !== undefined && end < all.length
  return { items, page: pageMembers(pageRequest, more ? `${end - 1} ${digest(idOf(lastItem))}` : undefined) }
}
