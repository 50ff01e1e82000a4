// A field that hides the rows of a list which do not hold what is typed: hidden where no script would hear it.
import { type Html, html } from './html.ts'

/** `id`: of the list, whose rows have `data-row`. */
export const filterOf = (id: string, label: string): Html =>
  html`<p class="filter" hidden="">
<label>${label} <input type="search" data-filters="${id}" data-tells="${`${id}-told`}" autocomplete="off"></label>
<span id="${`${id}-told`}" class="soft" role="status"></span></p>
`
