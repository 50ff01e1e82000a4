// What stands behind the gateway: servers that know nothing of IAM, and that only Hallpass should reach. The services ask for one
// by account and region; how it is reached, and with which credentials, only server/gateway/ knows.
import type { Readable } from 'node:stream'

export type BackedService = 'dynamodb'

/** A request as it is sent: made anew by a service, never a copy of the caller's. */
export interface BackendRequest {
  /** X-Amz-Target: `DynamoDB_20120810.GetItem`. */
  readonly target: string
  /** JSON. */
  readonly body: string
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal
  /** Whether it changes nothing there: only then it is sent a second time, when a kept connection turns out to be closed. */
  readonly reads?: boolean
}

/**
 * A backend's answer, once its head has arrived: of status 200, or 400 and above. The body must be read, or destroyed; what goes
 * wrong meanwhile is its error, a BackendFailure (another length than announced, too slow, the caller gone).
 */
export interface BackendAnswer {
  readonly status: number
  /** Its media type, lower-cased, without parameters; '' where none is said. */
  readonly type: string
  /** Bytes that it announced; absent where it is chunked. A body of another length fails while it is read. */
  readonly length?: number | undefined
  /** X-Amz-Crc32: ten digits at most, of the body's bytes as they are. */
  readonly crc32?: string | undefined
  readonly body: Readable
  /** The body's bytes, when all of them are here already and nobody has asked for `body`: it is read with that. */
  whole?(): Buffer | undefined
}

/** Why no answer could be had. */
export type BackendTrouble =
  | 'away' // nobody listens, no address, a connection broken before an answer
  | 'untrusted' // its certificate is not that of the configured authority
  | 'slow' // no answer, or no further bytes, within the deadline
  | 'garbled' // no HTTP, a redirect, another length than announced, compressed
  | 'full' // as many requests as it may have are under way
  | 'aborted' // the caller went away

export interface Backend {
  /** As the operator calls it: in records and on the status page. */
  readonly name: string
  /** Rejects BackendFailure (service/backend-failure.ts). */
  send(request: BackendRequest): Promise<BackendAnswer>
}

export interface Backends {
  /** The backend of an account's resources in a region; undefined where none is configured. */
  find(service: BackedService, account: string, region: string): Backend | undefined
  /** Whether any account has one: where none has, the service is not offered. */
  serves(service: BackedService): boolean
}
