// What one account's callers may write into the journal beside what they do by right: their refusals, whole at first, then
// shortened, then only counted; and all that its guests do, who are refused when their share is used up. Changes and
// issuances of known callers have no bound here: they always have their record.

import { addressNetwork } from '../../core/address-network.ts'
import { createAllowance } from './allowance.ts'
import type { AuditRecord, Entry } from './entry.ts'

export interface AccountBounds {
  /** Bytes a day of refusals that are kept whole, with what was asked and what each policy said. 64 MiB unless told. */
  readonly wholePerDay: number
  /** Beyond: bytes a day of refusals that say who was refused what, and with which code. 16 MiB unless told. */
  readonly shortPerDay: number
  /** Bytes a day of what guests, and others whom nobody vouches for, do with success. 1 GiB unless told. */
  readonly strangersPerDay: number
}

const mebi = 1 << 20
const defaults: AccountBounds = { wholePerDay: 64 * mebi, shortPerDay: 16 * mebi, strangersPerDay: 1024 * mebi }

/** Of what an account's strangers may do, one address has the fourth part: others come after it. */
const addressesToFill = 4
const mostAddresses = 100_000

/** How much of a refusal is kept. */
export type Kept = 'whole' | 'short' | 'counted'

interface Gap {
  readonly account: string
  count: number
  readonly since: Date
}

export interface AccountShares {
  /** How much of the next refusal of an account is kept; a counted one is counted with that. */
  next(account: string, now: Date): Kept
  refusalTook(account: string, kept: Kept, bytes: number, now: Date): void
  /** Whether a stranger to the account, at this address, may do one more thing. */
  admits(account: string, address: string, now: Date): boolean
  strangerTook(account: string, address: string, bytes: number, now: Date): void
  /** What was only counted, since the last time that this was asked; `back` counts it again when it could not be written. */
  counted(): { readonly gaps: readonly Gap[]; back(): void }
  /** How many were only counted since the start. */
  leftOut(): number
}

/** `scarce`: whether the disk has little room left. Then strangers get none of it, and refusals are short at most. */
export function createAccountShares(bounds: Partial<AccountBounds>, scarce: () => boolean): AccountShares {
  const { wholePerDay, shortPerDay, strangersPerDay } = { ...defaults, ...bounds }
  const refusals = { whole: createAllowance(wholePerDay), short: createAllowance(shortPerDay) }
  const strangers = createAllowance(strangersPerDay)
  const strangersAt = createAllowance(strangersPerDay / addressesToFill, mostAddresses)
  const place = (account: string, address: string) => `${account} ${addressNetwork(address)}`
  let gaps = new Map<string, Gap>()
  let total = 0

  function count(account: string, now: Date): void {
    total += 1
    const gap = gaps.get(account)
    if (gap === undefined) gaps.set(account, { account, count: 1, since: now })
    else gap.count += 1
  }

  return {
    next(account, now) {
      if (refusals.whole.has(account, now) && !scarce()) return 'whole'
      if (refusals.short.has(account, now)) return 'short'
      count(account, now)
      return 'counted'
    },
    refusalTook(account, kept, bytes, now) {
      if (kept !== 'counted') refusals[kept].take(account, bytes, now)
    },
    admits: (account, address, now) =>
      strangersAt.has(place(account, address), now) && strangers.has(account, now) && !scarce(),
    strangerTook(account, address, bytes, now) {
      strangersAt.take(place(account, address), bytes, now)
      strangers.take(account, bytes, now)
    },
    counted() {
      const told = gaps
      gaps = new Map()
      return {
        gaps: [...told.values()],
        back() {
          for (const gap of told.values()) {
            const since = gaps.get(gap.account)
            gaps.set(gap.account, since === undefined ? gap : { ...gap, count: gap.count + since.count })
          }
        },
      }
    },
    leftOut: () => total,
  }
}

/** The entry that says how many refusals of an account were only counted: an event of the server's own, without a request. */
export function gapEntry({ account, count, since }: Gap, now: Date, eventID: string): string {
  const record: AuditRecord = {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'hallpass' } as AuditRecord['userIdentity'],
    eventTime: `${now.toISOString().slice(0, 19)}Z`,
    eventSource: 'hallpass',
    eventName: 'RefusalsNotKept',
    awsRegion: 'us-east-1',
    sourceIPAddress: 'localhost',
    userAgent: 'hallpass',
    requestParameters: { count, since: since.toISOString(), until: now.toISOString() },
    responseElements: null,
    requestID: eventID,
    eventID,
    readOnly: true,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    ...(account === '' ? {} : { recipientAccountId: account }),
    eventCategory: 'Management',
  }
  const entry: Entry = { id: '', records: [record], trace: { checks: [] } }
  return JSON.stringify(entry)
}
