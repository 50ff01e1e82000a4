// What the gateway believes of an answer's head. A backend that redirects, compresses, or does not say where its answer ends, is not
// understood: its bytes would reach the caller as if they were the service's.
import type { IncomingMessage } from 'node:http'

export interface AnswerHead {
  readonly status: number
  readonly type: string
  readonly length?: number
  readonly crc32?: string
}

/** The head, or what is wrong with it, in words of ours: nothing that the backend wrote is repeated. */
export function readHead(answer: IncomingMessage): AnswerHead | { readonly garbled: string } {
  const { statusCode: status = 0, headers } = answer
  if (status >= 300 && status < 400) return { garbled: `it redirects, with status ${status}` }
  if (status !== 200 && status < 400) return { garbled: `status ${status}` }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    return { garbled: 'its answer is compressed, though that was not asked for' }
  const length = lengthOf(answer)
  if (length === undefined) return { garbled: 'its answer does not say where it ends' }
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const crc32 = headers['x-amz-crc32']
  return {
    ...{ status, type },
    ...(length === 'chunked' ? {} : { length }),
    ...(typeof crc32 === 'string' && /^\d{1,10}$/.test(crc32) ? { crc32 } : {}),
  }
}

/** node's parser has refused two lengths, and a length with chunks; an answer that ends with its connection is not known to be whole. */
function lengthOf({ headers }: IncomingMessage): number | 'chunked' | undefined {
  const coding = headers['transfer-encoding']
  if (coding !== undefined) return coding.trim().toLowerCase() === 'chunked' ? 'chunked' : undefined
  const length = headers['content-length']
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}
