// How much a client may send, and how slowly: the bounds of a listener.

/** Sizes in bytes, times in milliseconds. */
export interface Bounds {
  /** Request line and header section together. */
  readonly headerBytes: number
  readonly headers: number
  /** Bodies that are read whole; streamed ones are not bounded. */
  readonly bodyBytes: number
  /**
   * What bodies that are read whole may hold of memory at once, of all connections together, beyond the first 64 KiB of
   * each: many that stall just before their end would fill it, and small ones must not suffer from them.
   */
  readonly heldBytes: number
  readonly handshakeMs: number
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number
  /** From the end of the headers to the end of a body that is read whole. */
  readonly bodyMs: number
  /** A whole request, a streamed body included. */
  readonly requestMs: number
  /** From the head of a streamed answer to its end: a client that reads slowly holds what the stream comes from. */
  readonly answerMs: number
  /** A connection between requests, and one that moves nothing. */
  readonly idleMs: number
  readonly connections: number
  /** Of these, from one address (IPv6: one /64) that is no trusted proxy's. */
  readonly connectionsOfOne: number
  /** Unanswered requests of one connection. */
  readonly pipelined: number
  /** How long a client that was refused midway may go on sending before it is cut off. */
  readonly lingerMs: number
  /** How often slow clients are looked for. */
  readonly sweepMs: number
}

export const defaultBounds: Bounds = {
  headerBytes: 16_384,
  headers: 200,
  bodyBytes: 1_048_576,
  heldBytes: 134_217_728,
  handshakeMs: 10_000,
  headersMs: 10_000,
  bodyMs: 20_000,
  requestMs: 3_600_000,
  answerMs: 120_000,
  idleMs: 65_000,
  connections: 10_000,
  connectionsOfOne: 2_500,
  pipelined: 64,
  lingerMs: 1000,
  sweepMs: 1000,
}
