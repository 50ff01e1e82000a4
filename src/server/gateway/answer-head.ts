// What the gateway believes of an answer's head. A backend that redirects, compresses, or does not say where its answer ends, is not
// understood: its bytes would reach the caller as if they were the service's.

export interface AnswerHead {
  readonly status: number
  /** The media type, lower-cased, without parameters. */
  readonly type: string
  readonly length?: number
  readonly crc32?: string
}

/** Fields that are read. */
const read = ['content-encoding', 'content-length', 'content-type', 'transfer-encoding', 'x-amz-crc32'] as const

/**
 * The head, from its status and its fields by their lower-cased names, or what is wrong with it, in words of ours: nothing that the backend
 * wrote is repeated. The parser has refused two lengths, and a length with chunks.
 */
export function readHead(
  status: number,
  fields: Readonly<Record<string, string | string[] | undefined>>,
): AnswerHead | { readonly garbled: string } {
  if (status >= 300 && status < 400) return { garbled: `it redirects, with status ${status}` }
  if (status !== 200 && status < 400) return { garbled: `status ${status}` }
  for (const name of read) if (typeof fields[name] === 'object') return { garbled: `${name} stands twice` }
  const [encoding, length, type = '', coding, crc32] = read.map((name) => fields[name] as string | undefined)
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return { garbled: 'its answer is compressed, though that was not asked for' }
  // An answer that ends with its connection is not known to be whole.
  if (coding === undefined ? length === undefined || !/^\d{1,15}$/.test(length) : coding.toLowerCase() !== 'chunked')
    return { garbled: 'its answer does not say where it ends' }
  return {
    ...{ status, type: mediaType(type) },
    ...(length === undefined ? {} : { length: Number(length) }),
    ...(crc32 !== undefined && /^\d{1,10}$/.test(crc32) ? { crc32 } : {}),
  }
}

function mediaType(text: string): string {
  const end = text.indexOf(';')
  return (end === -1 ? text : text.slice(0, end)).trim().toLowerCase()
}
