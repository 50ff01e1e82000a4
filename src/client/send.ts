// One POST to a server, and its whole answer.

// Not imported: an import of node:http reads all its exports, among them WebSocket, which loads a second HTTP client, 8 MB of
// memory that this code does not use.
const { request: httpRequest } = process.getBuiltinModule('node:http')
const { request: httpsRequest } = process.getBuiltinModule('node:https')

export interface Post {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string
  /** In ms; 30,000 by default. */
  readonly timeoutMs?: number
  /** Ends it, as a failure. */
  readonly signal?: AbortSignal
}

export type Answered =
  | {
      readonly status: number
      readonly text: string
      readonly requestId?: string
      /** X-Amzn-ErrorType: the code of a refusal in restJson1. */
      readonly errorType?: string
      /** The server's clock, by its Date header. */
      readonly date?: Date
    }
  /** No answer: not reached, cut off, or too long. */
  | { readonly failed: string }

const largest = 1_048_576

/** Sends it. A redirect is an answer, and is not followed. Never rejects. */
export function send({ url, headers, body, ca, timeoutMs = 30_000, signal }: Post): Promise<Answered> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((done) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      timeout: timeoutMs,
      agent: false as const,
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
    }
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > largest) sent.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('error', (error) => done({ failed: error.message }))
      response.on('end', () => {
        const requestId = response.headers['x-amzn-requestid']
        const errorType = response.headers['x-amzn-errortype']
        const at = Date.parse(response.headers.date ?? '')
        done({
          ...{ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() },
          ...(typeof requestId === 'string' ? { requestId } : {}),
          ...(typeof errorType === 'string' ? { errorType } : {}),
          ...(Number.isNaN(at) ? {} : { date: new Date(at) }),
        })
      })
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)))
    sent.on('error', (error: NodeJS.ErrnoException) => done({ failed: error.code ?? error.message }))
    sent.end(body)
  })
}
