// The guard in front of handlers: of node:http, Express, Fastify and Hono. Each reads the whole body first, since the signature covers
// it, and hands on exactly what was signed.
import { Readable } from 'node:stream'
import { noProxies, peerOf } from '../server/proxies.ts'
import { rememberAdmitted } from './admitted.ts'
import type {
  Admission,
  Admitted,
  ExpressRequest,
  FastifyReply,
  FastifyRequest,
  From,
  Guard,
  GuardOptions,
  HonoContext,
  NodeRequest,
  WishOf,
} from './guard-types.ts'
import type { Guarding, Received } from './guarding.ts'
import type { Refusal } from './verify-types.ts'

const LONGEST_BODY = 1 << 20

const tooLarge: Refusal = {
  ...{ code: 'RequestEntityTooLargeException', status: 413, message: 'The body is longer than it may be.' },
}
const noLength: Refusal = { code: 'LengthRequiredException', status: 411, message: 'The body’s length is not stated.' }

/** A refusal as services with a REST protocol send it. */
interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

function answerOf({ code, status, message, requestId }: Extract<Admission, { refused: unknown }>['refused']): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-amzn-errortype': code,
      'x-amzn-requestid': requestId,
      // Of a body that was not read nothing is left on the connection.
      ...(status === 413 ? { connection: 'close' } : {}),
    },
    body: JSON.stringify({ __type: code, message }),
  }
}

/** Undefined: it is longer. Nothing is read beyond the limit. */
async function bodyOf(stream: AsyncIterable<Uint8Array>, longest: number): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > longest) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const ofSocket = ({ socket }: NodeRequest): From => {
  const { remoteAddress, encrypted } = socket as { readonly remoteAddress?: string; readonly encrypted?: boolean }
  const { address, tls } = peerOf(remoteAddress, encrypted === true, noProxies)
  return { address, tls }
}

export function createListeners(options: GuardOptions, guarding: Guarding): Omit<Guard, 'authorize'> {
  const { longestBody = LONGEST_BODY, from = ofSocket } = options

  const receivedOf = (request: NodeRequest, target: string): Received => {
    const { method = 'GET', rawHeaders: headers } = request
    return { method, target, headers, ...from(request) }
  }

  /** Lets in whom the wish admits, and remembers it for `subject`. */
  async function admit<Subject extends object>(
    subject: Subject,
    received: Received,
    read: () => Promise<Uint8Array | undefined>,
    wish: WishOf<Subject>,
  ): Promise<Admitted | Answer> {
    const early = guarding.refusedByHead(received)
    const admission = early ?? (await admitBody(subject, received, await read(), wish))
    if ('refused' in admission) return answerOf(admission.refused)
    rememberAdmitted(subject, admission.admitted)
    return admission.admitted
  }

  async function admitBody<Subject extends object>(
    subject: Subject,
    received: Received,
    body: Uint8Array | undefined,
    wish: WishOf<Subject>,
  ): Promise<Admission> {
    if (body === undefined) return guarding.refuse(received, tooLarge)
    return guarding.authorize({ ...received, body }, (caller) => wish(subject, caller))
  }

  return {
    node: (wish, handle) => (request, response) => {
      void (async () => {
        const came = await admit(
          request,
          receivedOf(request, request.url ?? '/'),
          () => bodyOf(request, longestBody),
          wish,
        )
        if ('status' in came) response.writeHead(came.status, came.headers)
        if ('status' in came) return response.end(came.body)
        return handle(request, response, came)
      })().catch((error: unknown) => {
        options.onProblem?.(error instanceof Error ? (error.stack ?? error.message) : String(error))
        try {
          response.writeHead(500, { 'content-type': 'application/json' })
        } catch {
          // The handler had begun its answer: what it is is not known, so it is broken off.
          ;(request.socket as { destroy?: () => void }).destroy?.()
          return
        }
        response.end(JSON.stringify({ __type: 'InternalFailure', message: 'The request failed.' }))
      })
    },

    express:
      <Request extends ExpressRequest>(wish: WishOf<Request>) =>
      (request: Request, response, next) => {
        const read = async () => {
          if (request.body !== undefined) throw new TypeError('The guard stands in front of what reads bodies.')
          return bodyOf(request, longestBody)
        }
        admit(request, receivedOf(request, request.originalUrl), read, wish).then((came) => {
          if ('status' in came) {
            response.writeHead(came.status, came.headers)
            response.end(came.body)
            return
          }
          request.body = came.body
          next()
        }, next)
      },

    fastify:
      <Request extends FastifyRequest>(wish: WishOf<Request>) =>
      async (request: Request, reply: FastifyReply, payload: AsyncIterable<Uint8Array>) => {
        const read = () => bodyOf(payload, longestBody)
        const came = await admit(request, receivedOf(request.raw, request.originalUrl), read, wish)
        if ('status' in came) {
          reply.code(came.status)
          reply.headers(came.headers)
          reply.send(came.body)
          return reply
        }
        const body = Buffer.from(came.body)
        const same = Readable.from(body.length === 0 ? [] : [body], { objectMode: false })
        return Object.assign(same, { receivedEncodedLength: body.length })
      },

    hono:
      <Call extends HonoContext>(wish: WishOf<Call>) =>
      async (call: Call, next) => {
        const { raw } = call.req
        const { incoming } = (call.env ?? {}) as { readonly incoming?: NodeRequest }
        const received = incoming === undefined ? ofFetch(raw) : receivedOf(incoming, incoming.url ?? '/')
        const length = Number(raw.headers.get('content-length') ?? Number.NaN)
        const read = async () => {
          if (raw.body === null) return Buffer.alloc(0)
          if (length > longestBody) return undefined
          const body = Buffer.from(await call.req.arrayBuffer())
          return body.length > longestBody ? undefined : body
        }
        // INVARIANT: nothing of a length that is not stated is read whole.
        const unstated = raw.body !== null && Number.isNaN(length) ? guarding.refuse(received, noLength) : undefined
        const came =
          unstated !== undefined && 'refused' in unstated
            ? answerOf(unstated.refused)
            : await admit(call, received, read, wish)
        if ('status' in came) return new Response(came.body, { status: came.status, headers: came.headers })
        await next()
        return undefined
      },
  }
}

/** Of a request that no socket of Node brought: its URL is what is routed by, too. Its headers are joined where they stood twice. */
function ofFetch({ method, url, headers }: Request): Received {
  const { pathname, search, protocol } = new URL(url)
  return { method, target: pathname + search, headers, address: '', tls: protocol === 'https:' }
}
