// What follows once a connector has proven who somebody is, whichever connector it was.
import type { Secret } from '../../core/secret.ts'
import type { Person } from '../../federation/person.ts'
import type { Exchange, Reply } from '../exchange.ts'
import { pathIn } from '../pages/site.ts'
import { type PeopleParts, rolesPath } from './parts.ts'

/** Whom a connector proved. */
export interface ProvenPerson {
  readonly person: Person
  /** What the connector is asked again with. */
  readonly renewal?: Secret
}

/**
 * Begins the sign-in in this browser, and leads on: to `next`, the sealed text that the sign-in page was asked with; without it,
 * or when it is none of ours, to the roles. INVARIANT: the browser has another cookie from here on: one that somebody else knew
 * or planted stands for nobody.
 */
export async function signedIn(
  { people, browser, next }: Pick<PeopleParts, 'people' | 'browser' | 'next'>,
  exchange: Exchange,
  { person, renewal }: ProvenPerson,
  now: Date,
  sealedNext?: string | null,
): Promise<Reply> {
  const signIn = await people.signIns.begin(
    { person, origin: exchange, client: 'browser', ...(renewal === undefined ? {} : { renewal }) },
    now,
  )
  const headers = await browser.begin(exchange, signIn, now)
  const location = next.open(sealedNext, now) ?? pathIn(browser.site, rolesPath)
  return { status: 303, headers: ['Location', location, ...headers], body: '' }
}
