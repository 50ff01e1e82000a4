// Calls the server of a data folder over the socket in that folder, for operators' commands: JSON in and out, and errors
// that say what to do.
import { createHash } from 'node:crypto'
import { join, relative, resolve } from 'node:path'

// Not imported: an import of node:http reads all its exports, among them WebSocket, which loads a second HTTP client, 8 MB of
// memory that this code does not use.
const { request } = process.getBuiltinModule('node:http')

/** Most JSON that one command may send. The server parses a seed file in one go: a larger one would block it for seconds. */
export const MOST_ADMIN_BYTES = 4 * 1024 * 1024
export const mostAdminBytesSaid =
  'a running server takes at most 4 MiB from a command: divide the file, or stop the server first'

/** The bytes a Unix socket's path may have: 108 on Linux and 104 elsewhere, with a final NUL. */
const longest = process.platform === 'linux' ? 107 : 103

/**
 * The path of a data folder's admin socket: `admin.sock` in it, relative to the working folder when that is shorter. On
 * Windows, a named pipe with a hash of the folder's path in its name.
 * Throws TypeError when the path is longer than the system allows.
 */
export function adminSocketPath(folder: string): string {
  const absolute = resolve(folder)
  if (process.platform === 'win32') {
    const digest = createHash('sha256').update(absolute.toLowerCase()).digest('hex').slice(0, 32)
    return `\\\\.\\pipe\\hallpass-${digest}`
  }
  const path = join(absolute, 'admin.sock')
  const near = relative(process.cwd(), path)
  const best = near.length > 0 && near.length < path.length ? near : path
  if (Buffer.byteLength(best) > longest) {
    throw new TypeError(
      `The path ${path} is too long for a socket (at most ${longest} bytes): choose another data folder.`,
    )
  }
  return best
}

export type AdminAnswer =
  | { readonly value: unknown }
  /** Nobody listens. */
  | { readonly failed: 'absent' }
  /** `denied`: this user may not open the socket. `refused`: the server's own answer. `broken`: everything else. */
  | { readonly failed: 'denied' | 'refused' | 'broken'; readonly error: string; readonly status?: number }

/**
 * Calls the server that serves the folder. `body` is sent as JSON with methods other than GET; the answer's JSON is
 * `value`. `error` is a sentence for the operator; `absent` has none, because the command then works on the store itself.
 */
export async function adminCall(folder: string, method: string, path: string, body?: unknown): Promise<AdminAnswer> {
  const answer = await callSocket(adminSocketPath(folder), { method, path, body })
  if (!('code' in answer)) return answer
  switch (answer.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { failed: 'absent' }
    case 'EACCES':
    case 'EPERM':
      return {
        failed: 'denied',
        error: `The server on ${folder} runs as another user: you may not open its socket.`,
      }
    default:
      return { failed: 'broken', error: `The server on ${folder} could not be reached (${answer.code}).` }
  }
}

interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** The same for the path of a socket, with the system's error code when no answer came. */
export function callSocket(
  socketPath: string,
  { method, path, body, signal }: AdminRequest,
): Promise<AdminAnswer | { readonly code: string }> {
  const bytes = method === 'GET' ? undefined : Buffer.from(JSON.stringify(body ?? {}))
  // Refused here: the server would answer and close while the client still sends, and the client would mostly see EPIPE.
  if (bytes !== undefined && bytes.length > MOST_ADMIN_BYTES) {
    return Promise.resolve({ failed: 'refused', error: mostAdminBytesSaid, status: 413 })
  }
  const headers = {
    Host: 'admin',
    Connection: 'close',
    ...(bytes && { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
  }
  return new Promise((done) => {
    const call = request({ socketPath, method, path, headers, agent: false, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => done({ code: 'ECONNRESET' }))
      response.on('end', () => done(read(response.statusCode ?? 0, Buffer.concat(chunks).toString())))
    })
    call.on('error', (error: NodeJS.ErrnoException) => done({ code: error.code ?? 'EIO' }))
    call.end(bytes)
  })
}

function read(status: number, text: string): AdminAnswer {
  try {
    const value: unknown = JSON.parse(text)
    if (status === 200) return { value }
    const error = typeof value === 'object' && value !== null && 'error' in value ? String(value.error) : text
    return { failed: 'refused', error, status }
  } catch {
    return { failed: 'broken', error: `The server's answer is not JSON (status ${status}).`, status }
  }
}
