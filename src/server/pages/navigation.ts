// Whether a request is a person's who opens a page (Fetch Metadata; Resource Hints; Speculation Rules): where a GET uses something up.
import { type Exchange, isRepeated } from '../exchange.ts'

/** How browsers, old and new, name what they fetch before anybody asked for it. */
const inAdvance = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const

/**
 * Whether a browser opens the page for somebody to see: no image, frame or script of another site, nothing fetched in advance, no
 * HEAD. Programs that say nothing of it are taken at their word.
 */
export function isNavigation({ message }: Pick<Exchange, 'message'>): boolean {
  if (isRepeated(message) || message.method !== 'GET') return false
  const destination = message.headers.get('sec-fetch-dest')
  return (
    (destination === undefined || destination === 'document') && !inAdvance.some((name) => message.headers.has(name))
  )
}
