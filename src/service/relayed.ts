// What an operation that passes a request on answers, instead of an output of its own (contracts/relayed.ts).
import type { Relayed } from './contracts/relayed.ts'

/**
 * The answer that the caller gets. INVARIANT: of a backend's answer only what stands here reaches the caller, and no header of it but
 * the checksum.
 */
export const relayed = (answer: Omit<Relayed, 'relayed'>): Relayed => ({ relayed: true, ...answer })

export const isRelayed = (output: object): output is Relayed => 'relayed' in output && output.relayed === true

/** It will not be sent. */
export function discard({ body }: Relayed): void {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) body.destroy()
}
