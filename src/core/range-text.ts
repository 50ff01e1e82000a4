// Ranges of addresses as an operator writes them: CIDR, or a single address.
import { type Range, readRange } from './policy/addresses.ts'

/** What is wrong with a text that is no range. */
export const rangeProblem = (text: string): string | undefined =>
  readRange(text) === undefined ? `${text} is not an address or a CIDR range` : undefined

/**
 * A range of trusted proxies.
 *
 * INVARIANT: a range of everything is refused: it would let every client choose its own address.
 */
export function readProxyRange(text: string): Range | { readonly invalid: string } {
  const range = readRange(text)
  if (range === undefined) return { invalid: `${text} is not an address or a CIDR range` }
  return range.bits === 0 ? { invalid: `${text} would trust every client` } : range
}
