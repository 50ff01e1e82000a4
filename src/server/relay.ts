// A backend's answer as the caller gets it.
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Relayed } from '../service/contracts/relayed.ts'
import type { ServiceContract } from '../wire/contract.ts'
import { servicesWhere } from '../wire/services.ts'

/** An answer as it goes to the listener. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer | Readable
  /** Bytes of a stream, where they are known. */
  readonly length?: number
  /** What it is counted as, where it is no success. */
  readonly code?: string
}

/** Digits alone: a header is made of it. */
const checksum = /^\d{1,10}$/

export function relayedAnswer(
  relayed: Relayed,
  { jsonVersion = '1.0' }: ServiceContract,
  requestId: string,
): WireAnswer {
  const { status, body, length, crc32, error } = relayed
  const headers: Record<string, string> = {
    'content-type': `application/x-amz-json-${jsonVersion}`,
    'x-amzn-requestid': requestId,
  }
  if (crc32 !== undefined && checksum.test(crc32)) headers['x-amz-crc32'] = crc32
  if (error !== undefined) headers['x-amzn-errortype'] = `${error.code}:`
  const known = length === undefined ? {} : { length }
  return { status, headers, body, ...known, ...(error === undefined ? {} : { code: error.code }) }
}

const withChecksums = servicesWhere(({ checksum }) => checksum === true)

/**
 * The answer with X-Amz-Crc32, where its service has one (Developer Guide, "DynamoDB low-level API"). A backend's own stays: it is of the
 * bytes that were meant. A stream without one has none: it is not known before the end.
 */
export function checked(answer: WireAnswer, service: string | undefined): WireAnswer {
  const { body, headers } = answer
  if (service === undefined || !withChecksums.has(service) || headers['x-amz-crc32'] !== undefined) return answer
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return answer
  return { ...answer, headers: { ...headers, 'x-amz-crc32': String(crc32(body)) } }
}
