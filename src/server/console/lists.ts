// Tables of the console: bounded, captioned, a page at a time, and filtered as one types where there is a script.
import { filterOf } from '../pages/filter.ts'
import { type Html, html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import type { SessionRequest } from './session-page.ts'

/** Rows of one page: with names of the greatest length it stays under 20 KB. */
export const rowsOfPage = 25

/** Which page of IAM's lists was asked for (IAM API Reference, "Pagination"). */
export function pageOfList({ asked }: SessionRequest, most = rowsOfPage) {
  const marker = asked('marker')
  return { MaxItems: most, ...(marker === '' ? {} : { Marker: marker }) }
}

export interface Table {
  readonly id: string
  readonly caption: string
  readonly columns: readonly string[]
  /** The first cell is the row's heading. */
  readonly rows: readonly (readonly Html[])[]
  /** What stands there when there are none. */
  readonly none: string
}

export function table({ id, caption, columns, rows, none }: Table): Html {
  if (rows.length === 0) return html`<p class="empty">${none}</p>`
  const row = ([first = html``, ...cells]: readonly Html[]) =>
    html`<tr data-row="1"><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`
  return html`${filter(id, rows.length)}<div class="scroll"><table id="${id}"><caption>${caption}</caption>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(row)}</tbody></table></div>`
}

/** So few are seen at once. */
const fewRows = 8

export const filter = (id: string, rows: number): Html => (rows < fewRows ? html`` : filterOf(id, 'Filter this page'))

/** The ways to the next page and to the first. `more` is the marker that the operation answered with. */
export function paging(
  { parts, asked }: SessionRequest,
  path: string,
  more: string | undefined,
  parameter = 'marker',
  also: readonly (readonly [name: string, value: string])[] = [],
): Html {
  const address = pathIn(parts.browsers.site, path)
  const fixed = new URLSearchParams(Object.fromEntries(also))
  const to = (marker: string | undefined) => {
    const query = new URLSearchParams(fixed)
    if (marker !== undefined) query.set(parameter, marker)
    return query.size === 0 ? address : `${address}?${query}`
  }
  const first = asked(parameter) !== ''
  if (!first && more === undefined) return html``
  return html`<nav class="paging" aria-label="Pages of the list">
${first ? html`<a href="${to(undefined)}">First page</a>` : []}
${more === undefined ? html`<span class="soft">This is the last page.</span>` : html`<a href="${to(more)}" rel="next">Next page</a>`}
</nav>`
}

/** As many of these as have room; and how many have none. */
export function fitting(
  pieces: readonly Html[],
  bytes: number,
): { readonly fit: readonly Html[]; readonly left: number } {
  let room = bytes
  const at = pieces.findIndex((piece) => {
    room -= Buffer.byteLength(piece.html)
    return room < 0
  })
  return at < 0 ? { fit: pieces, left: 0 } : { fit: pieces.slice(0, at), left: pieces.length - at }
}

export const clipped = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`
