// A page for somebody who has signed in, and the form on it: who they are is asked of their connector before either.
import type { Exchange, Reply } from '../exchange.ts'
import type { FormFields } from '../pages/form.ts'
import { isNavigation } from '../pages/navigation.ts'
import { type Page, text } from '../pages/page.ts'
import type { PeopleParts } from './parts.ts'
import { type Renewed, renewed } from './renewed.ts'

/** A request of somebody who has signed in. */
export interface PersonRequest {
  readonly exchange: Exchange
  readonly mine: Renewed
  readonly now: Date
}

export interface PersonPage {
  readonly path: string
  /** Fields of the form. */
  readonly fields: readonly string[]
  readonly show: (request: PersonRequest, query: URLSearchParams) => Promise<Reply>
  readonly take: (request: PersonRequest, fields: FormFields) => Promise<Reply>
}

export function personPages(parts: PeopleParts, { path, fields, show, take }: PersonPage): readonly Page[] {
  return [
    {
      method: 'GET',
      path,
      async handle({ exchange, query, now }) {
        if (!isNavigation(exchange)) return text(403, 'A sign-in is a page that a browser opens.')
        const mine = await renewed(parts, exchange, now)
        return 'status' in mine ? mine : show({ exchange, mine, now }, query)
      },
    },
    {
      ...{ method: 'POST', path, guard: parts.browser.guard, fields },
      async handle({ exchange, now }, sent) {
        const mine = await renewed(parts, exchange, now)
        return 'status' in mine ? mine : take({ exchange, mine, now }, sent)
      },
    },
  ]
}
