// Continuation tokens of lists (NextToken, nextToken): the key after which the next page begins, sealed to account, list and whatever
// narrows the list, so that one list's token opens no other's.
import type { Key } from '../../store/store.ts'
import type { Vault } from '../parts.ts'

/** A list, as its tokens are sealed to it. */
export interface PagedList {
  readonly vault: Vault
  readonly account: string
  /** `marker:ListIdentities`. */
  readonly record: string
  /** What narrows the list. */
  readonly field: string
}

/** Where a page begins, exclusive; undefined at the beginning. @throws what `wrong` makes, for any text that is no token of this list */
export function placeIn({ vault, account, record, field }: PagedList, token: string | undefined, wrong: () => Error) {
  if (token === undefined) return undefined
  try {
    return JSON.parse(vault.open(account, record, field, token)) as Key
  } catch {
    throw wrong()
  }
}

/** The token of the page that begins after `next`; undefined where there is no more. */
export const pageToken = ({ vault, account, record, field }: PagedList, next: Key | undefined): string | undefined =>
  next === undefined ? undefined : vault.seal(account, record, field, JSON.stringify(next))
