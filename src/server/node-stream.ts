// Writes a stream as the body of an answer, as fast as its client reads (RFC 9112 6, 8).
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/**
 * Writes it to its end. INVARIANT: what is cut short never looks whole: if the stream fails, or is not of `length` bytes where that is
 * known, the connection is broken off. If the client goes away, the stream is destroyed. `done` is called once, with the stream's
 * failure.
 */
export function sendStream(
  response: ServerResponse,
  body: Readable,
  length: number | undefined,
  done: (error?: Error) => void,
): void {
  let sent = 0
  let settled = false
  const settle = (error?: Error) => {
    if (settled) return
    settled = true
    response.off('drain', resume)
    if (!response.writableFinished) response.destroy()
    if (!body.readableEnded) body.destroy()
    done(error)
  }
  const resume = () => body.resume()
  body.on('data', (chunk: Buffer | string) => {
    sent += Buffer.byteLength(chunk)
    if (length !== undefined && sent > length) settle(new Error(`a body of ${length} bytes has more`))
    else if (!response.write(chunk)) body.pause()
  })
  body.on('end', () => {
    if (length !== undefined && sent !== length) settle(new Error(`a body of ${length} bytes has only ${sent}`))
    else response.end()
  })
  body.on('error', settle)
  body.on('close', () => {
    if (!body.readableEnded) settle(new Error('a body was closed before its end'))
  })
  response.on('drain', resume)
  response.on('finish', () => settle())
  response.on('close', () => settle())
}
