// The result of every decoder.
import type { Refusal } from './errors.ts'

/** The operation's input as the SDK types it (after validation: see `Input`), or the refusal to send. */
export type Decoded<I = Readonly<Record<string, unknown>>> = { readonly input: I } | { readonly refused: Refusal }
