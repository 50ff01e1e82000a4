// What one account's callers may write into the journal beside what they do by right: their refusals, whole at first, then
// shortened, then only counted; and all that its guests do, who are refused when their share is used up. Changes and
// issuances of known callers have no bound here: they always have their record.

import { addressNetwork } from '../../core/address-network.ts'
import { createDailyShares } from './daily-shares.ts'
import type { AuditEntry, AuditRecord } from './entry.ts'

export interface AccountBounds {
  /** Bytes a day of refusals that are kept whole, with the request and each policy's vote. 64 MiB by default. */
  readonly wholePerDay: number
  /** Beyond: bytes a day of refusals that say who was refused what, and with which code. 16 MiB by default. */
  readonly shortPerDay: number
  /** Bytes a day of what guests, and others whom nobody vouches for, do with success. 1 GiB by default. */
  readonly strangersPerDay: number
}

const mebi = 1 << 20
const defaults: AccountBounds = { wholePerDay: 64 * mebi, shortPerDay: 16 * mebi, strangersPerDay: 1024 * mebi }

/** Of what an account's strangers may do, one address has the fourth part: others come after it. */
const addressesToFill = 4
const mostAddresses = 100_000
/**
 * Of what an account's refusals may take, one caller has the fourth part.
 * INVARIANT: who floods first hides what others do, and what others do to it, no more than who does not.
 */
const callersToFill = 4
const mostCallers = 100_000
/** Callers that a record of what was only counted names at most. */
const mostNamed = 10

/** How much of a refusal is kept. */
export type Kept = 'whole' | 'short' | 'counted'

interface Gap {
  readonly account: string
  count: number
  readonly since: Date
  /** Some of those who were refused. */
  readonly callers: Set<string>
}

export interface AccountShares {
  /** How much of the next refusal of an account's caller is kept; a counted one is counted with that. */
  next(account: string, caller: string, now: Date): Kept
  refusalTook(account: string, caller: string, kept: Kept, bytes: number, now: Date): void
  /** Whether a stranger to the account, at this address, may do one more thing. */
  hasRoomFor(account: string, address: string, now: Date): boolean
  countStrangerEntry(account: string, address: string, bytes: number, now: Date): void
  /** What was only counted, since the last call of this; `back` counts it again when it could not be written. */
  counted(): { readonly gaps: readonly Gap[]; back(): void }
  /** How many were only counted since the start. */
  leftOut(): number
}

/** `scarce`: whether the disk has little room left. Then strangers get none of it, and refusals are short at most. */
export function createAccountShares(bounds: Partial<AccountBounds>, scarce: () => boolean): AccountShares {
  const { wholePerDay, shortPerDay, strangersPerDay } = { ...defaults, ...bounds }
  const refusals = { whole: createDailyShares(wholePerDay), short: createDailyShares(shortPerDay) }
  const refusalsOf = {
    whole: createDailyShares(wholePerDay / callersToFill, mostCallers),
    short: createDailyShares(shortPerDay / callersToFill, mostCallers),
  }
  const whose = (account: string, caller: string) => `${account} ${caller}`
  const strangers = createDailyShares(strangersPerDay)
  const strangersAt = createDailyShares(strangersPerDay / addressesToFill, mostAddresses)
  const place = (account: string, address: string) => `${account} ${addressNetwork(address)}`
  let gaps = new Map<string, Gap>()
  let total = 0

  function count(account: string, caller: string, now: Date): void {
    total += 1
    const gap = gaps.get(account)
    if (gap === undefined) gaps.set(account, { account, count: 1, since: now, callers: new Set([caller]) })
    else {
      gap.count += 1
      if (gap.callers.size < mostNamed) gap.callers.add(caller)
    }
  }

  const has = (kept: 'whole' | 'short', account: string, caller: string, now: Date) =>
    refusalsOf[kept].has(whose(account, caller), now) && refusals[kept].has(account, now)

  return {
    next(account, caller, now) {
      if (has('whole', account, caller, now) && !scarce()) return 'whole'
      if (has('short', account, caller, now)) return 'short'
      count(account, caller, now)
      return 'counted'
    },
    refusalTook(account, caller, kept, bytes, now) {
      if (kept === 'counted') return
      refusalsOf[kept].take(whose(account, caller), bytes, now)
      refusals[kept].take(account, bytes, now)
    },
    hasRoomFor: (account, address, now) =>
      strangersAt.has(place(account, address), now) && strangers.has(account, now) && !scarce(),
    countStrangerEntry(account, address, bytes, now) {
      strangersAt.take(place(account, address), bytes, now)
      strangers.take(account, bytes, now)
    },
    counted() {
      const written = gaps
      gaps = new Map()
      return {
        gaps: [...written.values()],
        back() {
          for (const gap of written.values()) {
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
export function gapEntry({ account, count, since, callers }: Gap, now: Date, eventID: string): string {
  const record: AuditRecord = {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'hallpass' } as AuditRecord['userIdentity'],
    eventTime: `${now.toISOString().slice(0, 19)}Z`,
    eventSource: 'hallpass',
    eventName: 'RefusalsNotKept',
    awsRegion: 'us-east-1',
    sourceIPAddress: 'localhost',
    userAgent: 'hallpass',
    requestParameters: { count, since: since.toISOString(), until: now.toISOString(), callers: [...callers] },
    responseElements: null,
    requestID: eventID,
    eventID,
    readOnly: true,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    ...(account === '' ? {} : { recipientAccountId: account }),
    eventCategory: 'Management',
  }
  const entry: AuditEntry = { id: '', records: [record], trace: { checks: [] } }
  return JSON.stringify(entry)
}
