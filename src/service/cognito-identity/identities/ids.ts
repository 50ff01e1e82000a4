// Names of pools and identities: `REGION:UUID`. DIVERGES: AWS's are random; these are UUIDv7 (RFC 9562), of which 74 bits
// are random, so that new ones stand side by side in the store's indexes and ten million cost no more than a thousand.
import { uuid7 } from '../../../core/ids.ts'

export const newId = (region: string, now: Date, random: (bytes: number) => Buffer): string =>
  `${region}:${uuid7(now.getTime(), random(10))}`

/** The part of an id before its colon. */
export const regionOf = (id: string): string => id.slice(0, Math.max(0, id.indexOf(':')))
