// Long texts of the console (policies, metadata): as they are kept, spread out for reading, and a part at a time.
import { type Html, html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import type { SessionRequest } from './session-page.ts'

/** Bytes of one part, as they are sent. */
const partBytes = 9000
/** Characters that are looked at: metadata may be of millions, and each part of it is a request. */
const longestShown = 300_000
/** By how much a sign grows when it is escaped. */
const grows: Readonly<Record<string, number>> = { '&': 4, '<': 3, '>': 3, '"': 5, "'": 4 }

function sizeOf(line: string): number {
  let size = Buffer.byteLength(line) + 1
  for (const [sign] of line.matchAll(/[&<>"']/g)) size += grows[sign] ?? 0
  return size
}

/** A policy as IAM answers it, percent-encoded, spread over lines; as it is when it is no JSON. */
export function policyText(encoded: string | undefined): string {
  const text = decodeURIComponent(encoded ?? '')
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** Lines together, as many as have room; a line without any is cut. */
function partsOf(text: string): readonly string[] {
  const lines = text.split('\n').flatMap((line) => line.match(/.{1,1500}/gu) ?? [''])
  const parts: string[][] = [[]]
  let size = 0
  for (const line of lines) {
    const more = sizeOf(line)
    if (size + more > partBytes && size > 0) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(line)
    size += more
  }
  return parts.map((part) => part.join('\n'))
}

/** The part that `part` of the query names, with the ways to those beside it. `path` and `also` are the page's own. */
export function longText(
  { parts: { browsers }, asked }: SessionRequest,
  text: string,
  label: string,
  path: string,
  also: readonly (readonly [name: string, value: string])[],
): Html {
  const all = partsOf(text.slice(0, longestShown))
  const at = Math.min(Math.max(Number.parseInt(asked('part') || '1', 10) || 1, 1), all.length) - 1
  const to = (part: number) => {
    const query = new URLSearchParams({ ...Object.fromEntries(also), part: String(part + 1) })
    return `${pathIn(browsers.site, path)}?${query}`
  }
  const ways =
    all.length === 1
      ? []
      : html`<nav class="paging" aria-label="${`Parts of: ${label}`}"><span class="soft">Part ${at + 1} of ${all.length}</span>
${at > 0 ? html`<a href="${to(at - 1)}" rel="prev">Part before</a>` : []}${at + 1 < all.length ? html`<a href="${to(at + 1)}" rel="next">Next part</a>` : []}</nav>`
  return html`<pre class="${text.startsWith('{') ? 'document' : 'document wraps'}" tabindex="0" aria-label="${label}">${all[at] ?? ''}</pre>${ways}${text.length > longestShown ? html`<p class="soft">It has ${text.length} characters: the AWS CLI shows them all.</p>` : []}`
}
