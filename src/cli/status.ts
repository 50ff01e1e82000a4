// What a running server says of itself to its operator.
import type { Mode } from '../service/bootstrap.ts'

/** What `GET /status` on the admin socket answers. */
export interface Status {
  readonly pid: number
  readonly mode: Mode
  /** Where clients of the APIs reach it; absent until it listens. */
  readonly url?: string
  readonly startedAt: string
  /** A region that signatures may be scoped to. */
  readonly region: string
  readonly ready: boolean
  /** Seconds since changes were last heard of. */
  readonly feedAgeSeconds: number
  readonly residentBytes: number
  /** When the certificate ends, with TLS. */
  readonly certificateUntil?: string
  readonly connections?: number
}
