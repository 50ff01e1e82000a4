// What the gateway believes of an answer's head. A backend that redirects, compresses, or does not say where its answer ends, is not
// understood: its bytes would reach the caller as if they were the service's.

export interface AnswerHead {
  readonly status: number
  /** The media type, lower-cased, without parameters. */
  readonly type: string
  readonly length?: number
  readonly crc32?: string
}

/** Fields that are read, by the length of their names: of others not even the name is looked at. */
const fields: ReadonlyMap<number, string> = new Map(
  ['content-encoding', 'content-length', 'content-type', 'transfer-encoding', 'x-amz-crc32'].map((name) => [
    name.length,
    name,
  ]),
)

/**
 * The head, from its status and its raw fields (name, value, …), or what is wrong with it, in words of ours: nothing that the backend wrote
 * is repeated. Node's parser has refused two lengths, and a length with chunks.
 */
export function readHead(status: number, raw: readonly string[]): AnswerHead | { readonly garbled: string } {
  if (status >= 300 && status < 400) return { garbled: `it redirects, with status ${status}` }
  if (status !== 200 && status < 400) return { garbled: `status ${status}` }
  const found = new Map<string, string>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string
    const field = fields.get(name.length)
    if (field === undefined || name.toLowerCase() !== field) continue
    if (found.has(field)) return { garbled: `${field} stands twice` }
    found.set(field, raw[at + 1] as string)
  }
  const encoding = found.get('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return { garbled: 'its answer is compressed, though that was not asked for' }
  const coding = found.get('transfer-encoding')
  const length = found.get('content-length')
  // An answer that ends with its connection is not known to be whole.
  if (coding === undefined ? length === undefined || !/^\d{1,15}$/.test(length) : coding.toLowerCase() !== 'chunked')
    return { garbled: 'its answer does not say where it ends' }
  const crc32 = found.get('x-amz-crc32')
  return {
    ...{ status, type: mediaType(found.get('content-type') ?? '') },
    ...(length === undefined ? {} : { length: Number(length) }),
    ...(crc32 !== undefined && /^\d{1,10}$/.test(crc32) ? { crc32 } : {}),
  }
}

function mediaType(text: string): string {
  const end = text.indexOf(';')
  return (end === -1 ? text : text.slice(0, end)).trim().toLowerCase()
}
