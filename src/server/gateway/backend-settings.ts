// What the gateway knows of a backend: where it stands, for whom, and what it is asked with.
import type { Secret } from '../../core/secret.ts'
import type { BackedService } from '../../service/contracts/backends.ts'

export interface BackendSettings {
  readonly name: string
  readonly service: BackedService
  /** Scheme, host and port alone. */
  readonly endpoint: URL
  /** Whose resources stand there, and in which regions callers find them. */
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  /** The region that its requests are signed for. */
  readonly region: string
  /** Connections that it may have at once, each with one request. */
  readonly connections: number
  /** From the request to the head of its answer. */
  readonly deadlineMs: number
  readonly access: BackendAccess
}

/** What a backend is asked with, and whom it is believed to be. Its files may change while the server runs. */
export interface BackendAccess {
  /** Undefined: requests are not signed. */
  readonly credentials: BackendCredentials | undefined
  /** PEM of the authorities that are trusted instead of the public ones. */
  readonly ca?: string
  /** PEM of our own certificate with its chain, and its private key. */
  readonly certificate?: string
  readonly key?: Secret
}

export interface BackendCredentials {
  readonly accessKeyId: string
  readonly secret: Secret
  /** The session token of temporary ones. */
  readonly token?: Secret
}
