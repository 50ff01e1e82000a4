// What every decoder answers.
import type { Refusal } from './errors.ts'

/** The operation's input as the SDK types it (after validation: see `Input`), or what is sent instead. */
export type Decoded<I = Readonly<Record<string, unknown>>> = { readonly input: I } | { readonly refused: Refusal }
