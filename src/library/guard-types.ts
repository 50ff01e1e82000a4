// The types of `hallpass/guard`. They are the package's own and frozen (docs/library-api.md). Of frameworks they name only what is used:
// none of them is a dependency.
import type { Context, Decision, Policy, Reason } from './policy-types.ts'
import type { Caller, Refusal, SignedRequest, VerifierOptions } from './verify-types.ts'

/** Where a request came from: `aws:SourceIp` (canonical text; '' where it is not known) and `aws:SecureTransport`. */
export interface From {
  readonly address: string
  readonly tls: boolean
}

/** What a request wants to do. */
export interface Wish {
  /** An action of the service: `notes:Read`. */
  readonly action: string
  /** What it acts on, whole (write it with `arn`); or `*`, for an action that has no resource. */
  readonly resource: string
  /** Whose the resource is. Default: the account in its ARN. */
  readonly account?: string
  /**
   * The service's own condition keys: `notes:Owner`. `undefined` says that the request has no such key. A key that is not here at all
   * is not known: what depends on it cannot be evaluated, so that a Deny applies and an Allow does not.
   */
  readonly context?: Context
  /** Tags of the resource, for `aws:ResourceTag/KEY`. Absent: they are not known. */
  readonly resourceTags?: Readonly<Record<string, string>>
  /** The resource's own policy, of the kind `resource`. */
  readonly resourcePolicy?: Policy
}

/** What came of a request, for the log and for who asks why. No secret, token or header is in it. */
export interface DecisionRecord {
  /** As the answer has it (`x-amzn-RequestId`). */
  readonly requestId: string
  readonly at: Date
  readonly allowed: boolean
  readonly method: string
  readonly address: string
  readonly caller?: Caller
  readonly action?: string
  readonly resource?: string
  /** Of a refusal. */
  readonly code?: string
  readonly message?: string
  /** Every policy's say, where policies decided. */
  readonly reasons: readonly Reason[]
}

export interface GuardOptions extends VerifierOptions {
  /** Whose the resources are, for wishes whose resource is `*`. */
  readonly account?: string
  /** The longest body, in bytes: it is read whole before anybody is let in. Default: 1 MiB. */
  readonly longestBody?: number
  /** Told of every request. */
  readonly onDecision?: (record: DecisionRecord) => void
  /** Behind a proxy: where the request came from, from what the proxy says. Default: the socket's. */
  readonly from?: (request: NodeRequest) => From
}

/** A request that was let in. */
export interface Admitted {
  readonly caller: Caller
  readonly requestId: string
  readonly decision: Decision
  /** The whole body, as it was signed. */
  readonly body: Uint8Array
}

export type Admission = { readonly admitted: Admitted } | { readonly refused: Refusal & { readonly requestId: string } }

/** What is wanted, once it is known who asks. */
export type WishOf<Request> = (request: Request, caller: Caller) => Wish | Promise<Wish>

export interface Guard {
  /** Verifies and decides. Rejects only for what is wrong with the wish: a TypeError, or what made it threw. */
  authorize(
    request: SignedRequest & Partial<From>,
    wish: Wish | ((caller: Caller) => Wish | Promise<Wish>),
  ): Promise<Admission>
  /** A listener for node:http and node:https. */
  node<Request extends NodeRequest, Response extends NodeResponse>(
    wish: WishOf<Request>,
    handle: (request: Request, response: Response, admitted: Admitted) => unknown,
  ): (request: Request, response: Response) => void
  /** A middleware for Express, in front of what reads bodies: `request.body` is then the whole body, a Buffer. */
  express<Request extends ExpressRequest>(
    wish: WishOf<Request>,
  ): (request: Request, response: NodeResponse, next: (error?: unknown) => void) => void
  /** A `preParsing` hook for Fastify. */
  fastify<Request extends FastifyRequest>(
    wish: WishOf<Request>,
  ): (request: Request, reply: FastifyReply, payload: AsyncIterable<Uint8Array>) => Promise<unknown>
  /** A middleware for Hono. */
  hono<Call extends HonoContext>(
    wish: WishOf<Call>,
  ): (call: Call, next: () => Promise<void>) => Promise<Response | undefined>
}

export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
  readonly socket: object
}
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  end(body?: string): unknown
}
export interface ExpressRequest extends NodeRequest {
  readonly originalUrl: string
  body?: unknown
}
export interface FastifyRequest {
  readonly raw: NodeRequest
  readonly originalUrl: string
}
export interface FastifyReply {
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
  send(body: string): unknown
}
export interface HonoContext {
  readonly req: { readonly raw: Request; arrayBuffer(): Promise<ArrayBuffer> }
  readonly env?: unknown
}
