// The list of signed headers, `host;x-amz-date`: field names (RFC 9110 5.6.2 tokens) in lower case, sorted, each once.
import type { Unreadable } from './rejection.ts'

const most = 100

// A client sends the same list with every request of a kind. Bounded, and only sound lists are kept.
const seen = new Map<string, readonly string[]>()
const seenLimit = 512
const seenLength = 512

/**
 * The names of a SignedHeaders list, or why it is not one. The array is shared: it is frozen.
 *
 * DIVERGES: AWS is not known to refuse unsorted or repeated names by themselves; one spelling leaves nothing to differ on.
 */
export function readSignedHeaders(text: string): readonly string[] | Unreadable {
  const kept = seen.get(text)
  if (kept !== undefined) return kept
  const names = text.split(';', most + 1)
  if (names.length > most) return { rejected: 'signed-headers', why: 'too-many', value: text }
  let before = ''
  for (const name of names) {
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return { rejected: 'signed-headers', why: 'malformed', value: text }
    if (name === before) return { rejected: 'signed-headers', why: 'repeated', value: text }
    if (name < before) return { rejected: 'signed-headers', why: 'unsorted', value: text }
    before = name
  }
  Object.freeze(names)
  if (text.length <= seenLength) {
    if (seen.size >= seenLimit) seen.clear()
    seen.set(text, names)
  }
  return names
}
