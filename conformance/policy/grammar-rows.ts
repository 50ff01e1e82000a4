// The vectors of the write-time policy grammar, conformance/vectors/policy-grammar.
import { readFileSync } from 'node:fs'

interface Row {
  readonly name: string
  readonly document?: unknown
  readonly text?: string
  readonly message?: string
  readonly refused?: true
}

/** The rows of one file of them. */
export const rowsOf = (file: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/policy-grammar/${file}`, import.meta.url), 'utf8')) as readonly Row[]
