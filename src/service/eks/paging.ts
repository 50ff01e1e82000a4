// nextToken of lists: sealed to account, list and filter, so that one list's token opens no other's.
import type { Key } from '../../store/store.ts'
import type { Parts } from '../parts.ts'
import { invalidParameter } from './define.ts'

export interface ListPlace {
  readonly vault: Parts['vault']
  readonly account: string
  readonly list: string
  /** Everything that narrows the list. */
  readonly filter: readonly (string | undefined)[]
}

const fieldOf = ({ filter }: ListPlace) => JSON.stringify(filter.map((part) => part ?? null))

/** Where a page begins, exclusive. @throws InvalidParameterException */
export function placeAfter(place: ListPlace, nextToken: string | undefined): Key | undefined {
  if (nextToken === undefined) return undefined
  try {
    return JSON.parse(place.vault.open(place.account, place.list, fieldOf(place), nextToken)) as Key
  } catch {
    throw invalidParameter('Invalid nextToken.')
  }
}

/** How a page ends. */
export const nextPage = (place: ListPlace, next: Key | undefined): { nextToken?: string } =>
  next === undefined
    ? {}
    : { nextToken: place.vault.seal(place.account, place.list, fieldOf(place), JSON.stringify(next)) }
