// A request body, read when a handler asks for it and never further than it may be long (RFC 9112 6).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type Body, type BodyRefusal, BodyRefused } from './exchange.ts'

/** What the large bodies of all connections of a listener hold together, and may hold, in bytes. */
export interface Room {
  held: number
  readonly most: number
}

/** Bytes of each body that are not counted. */
const smallBytes = 65_536

const nothing = Promise.resolve(Buffer.alloc(0))

/** One object per request on the hot path: a class, so that its methods are made once. */
export class RequestBody implements Body {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  /** Bytes announced; undefined when the body is chunked. */
  readonly #announced: number | undefined
  readonly #most: number
  readonly #room: Room
  /** Bytes of the room that are this body's. */
  #held = 0
  /** `Expect: 100-continue` not answered yet. */
  #expects: boolean
  #kept: Promise<Buffer> | undefined
  #settle: ((refused: BodyRefusal | undefined) => void) | undefined
  #streams = false
  #failed = false

  constructor(facts: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly announced: number | undefined
    readonly expects: boolean
    readonly most: number
    readonly room: Room
  }) {
    this.#request = facts.request
    this.#response = facts.response
    this.#announced = facts.announced
    this.#expects = facts.expects
    this.#most = facts.most
    this.#room = facts.room
  }

  bytes(limit: number): Promise<Buffer> {
    if (this.#streams) throw new TypeError('this body is already being streamed')
    this.#kept ??= this.#announced === 0 ? nothing : this.#read(Math.min(limit, this.#most))
    return this.#kept
  }

  stream(): Readable {
    if (this.#kept !== undefined && this.#announced !== 0) throw new TypeError('this body was already read')
    this.#streams = true
    this.#continue()
    return this.#request
  }

  /** Gives up on the body if it is being read. */
  fail(why: BodyRefusal): void {
    if (this.#settle !== undefined) this.#failed = true
    this.#settle?.(why)
  }

  /** The request is answered, or its client has gone: what its body holds is free again. */
  release(): void {
    this.#room.held -= this.#held
    this.#held = 0
  }

  /** Whether there was room for a body of that length. */
  #hold(length: number): boolean {
    const held = Math.max(0, length - smallBytes)
    this.#room.held += held - this.#held
    this.#held = held
    return this.#room.held <= this.#room.most
  }

  /**
   * Whether the connection cannot be used again once this request is answered: much of the body, or an unknown part of
   * it, is still to come, or the client was never told to send it.
   */
  get isAbandoned(): boolean {
    if (this.#announced === 0 || this.#request.complete) return false
    return this.#failed || this.#expects || this.#announced === undefined || this.#announced > smallBytes
  }

  #continue(): void {
    if (this.#expects) this.#response.writeContinue()
    this.#expects = false
  }

  #read(limit: number): Promise<Buffer> {
    if (this.#announced !== undefined && this.#announced > limit) return Promise.reject(new BodyRefused('too-large'))
    const request = this.#request
    if (request.destroyed) return Promise.reject(new BodyRefused('aborted'))
    this.#continue()
    return new Promise((resolve, reject) => {
      let only: Buffer | undefined
      let more: Buffer[] | undefined
      let length = 0
      const settle = (refused?: BodyRefusal) => {
        if (this.#settle === undefined) return
        this.#settle = undefined
        if (refused === undefined) {
          // One chunk, as most bodies are, is not copied.
          resolve(more === undefined ? (only ?? Buffer.alloc(0)) : Buffer.concat(more, length))
          return
        }
        request.off('data', hear)
        request.pause()
        this.release()
        reject(new BodyRefused(refused))
      }
      const hear = (chunk: Buffer) => {
        length += chunk.length
        if (length > limit) settle('too-large')
        else if (length > smallBytes && !this.#hold(length)) settle('overloaded')
        else if (only === undefined) only = chunk
        else if (more === undefined) more = [only, chunk]
        else more.push(chunk)
      }
      this.#settle = settle
      request.on('data', hear)
      request.on('end', settle)
    })
  }
}
