// Where the browser brings the code of a sign-in to (RFC 8252 section 7.3): a listener on this machine's own address, for one answer.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers'
import { isSameSecret } from '../core/digest.ts'
import { loopbackPath } from '../wire/sign-in-oauth.ts'

// Not imported: see send.ts.
const { createServer } = process.getBuiltinModule('node:http')

export type Returned =
  | { readonly code: string }
  /** The server's or the person's no. */
  | { readonly refused: string }
  | 'late'

export interface Loopback {
  readonly redirectUri: string
  /**
   * What the browser brings for this state. Requests of other programs and pages are answered, and change nothing.
   */
  wait(state: string, ms: number): Promise<Returned>
  close(): void
}

/** Listens on a free port. It must listen before the browser is opened: who is signed in already comes back at once. */
export async function listenForCode(): Promise<Loopback> {
  let answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  const server = createServer((request, response) => {
    if (answer === undefined) return say(response, 503, 'Hallpass is not ready for this yet: load this page again.')
    answer(request, response)
  })
  // A browser keeps connections open that it does not use.
  server.keepAliveTimeout = 1
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    redirectUri: `http://${host}${loopbackPath}`,
    wait: (state, ms) =>
      new Promise((resolve) => {
        const late = setTimeout(() => resolve('late'), ms)
        answer = (request, response) => {
          const returned = read(request, host, state)
          if (returned === undefined) return say(response, 404, 'There is nothing here.')
          clearTimeout(late)
          say(
            response,
            200,
            'code' in returned
              ? 'You are signed in. You can close this page.'
              : 'You are not signed in. You can close this page.',
          )
          response.on('close', () => resolve(returned))
        }
      }),
    close,
  }
}

/** INVARIANT: only what knows the state is an answer; the first one is the answer. */
function read(
  { method, url = '', headers }: IncomingMessage,
  host: string,
  state: string,
): Exclude<Returned, 'late'> | undefined {
  // By another name a page elsewhere might reach this address.
  if (method !== 'GET' || headers.host !== host || !url.startsWith(`${loopbackPath}?`)) return undefined
  const query = new URLSearchParams(url.slice(loopbackPath.length))
  if (!isSameSecret(query.get('state') ?? '', state)) return undefined
  const [code, error] = [query.get('code'), query.get('error')]
  if (code) return { code }
  return error ? { refused: printable(query.get('error_description') || error) } : undefined
}

/** A text for a terminal: its controls would be obeyed there. */
const printable = (text: string) => text.replace(/\p{C}/gu, ' ').slice(0, 500)

const style =
  'body{font:1.05rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1.25rem}h1{font-size:1.1rem}'
const styleHash = createHash('sha256').update(style).digest('base64')
const head = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Hallpass</title><style>${style}</style>`

function say(response: ServerResponse, status: number, words: string): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  }
  response.writeHead(status, headers).end(`${head}<h1>Hallpass</h1><p>${words}</p>\n`)
}
