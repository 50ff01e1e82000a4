// A response in the browser that it belongs to: found by its handle, verified once more, and the forms that go on with it.
import type { OpenResponse } from '../../service/console/kept-responses.ts'
import type { RoleChoice } from '../../service/contracts/saml.ts'
import type { Exchange, Reply } from '../exchange.ts'
import type { Html } from '../pages/html.ts'
import { pathIn } from '../pages/site.ts'
import { type SignInParts, signInPath } from './parts.ts'
import { type OwnRefusal, over, refuse, refuseResponse } from './problems.ts'
import { isRequestOf } from './request-ids.ts'
import { type Proven, verifyPosted } from './verify-posted.ts'

/** A role that may be chosen, with what vouches for it. */
export interface Choice extends RoleChoice {
  readonly proof: Proven
  /** The request in which it refused this person. */
  readonly refused?: string
}

/** A response in the browser that it belongs to. */
export interface SigningIn {
  readonly handle: string
  readonly kept: OpenResponse
  readonly choices: readonly Choice[]
  /** The first that vouches: all of one response are of one person. */
  readonly first: Proven
  /** The cookie's id, and the headers that give it where it is new. */
  readonly browser: string
  readonly headers: readonly string[]
}

/** The response of a handle, verified once more, if it is this browser's. Its first browser is the one that it belongs to. */
export async function findSignIn(
  parts: SignInParts,
  exchange: Exchange,
  handle: string,
  now: Date,
): Promise<SigningIn | Reply> {
  const { kept, cookie, saml, ownKeys } = parts
  const { id: browser, headers } = cookie.readOrRenew(exchange)
  const found = await kept.open(handle, browser, now)
  const refused = (refusal: OwnRefusal) => refuse(parts, exchange, refusal, now)
  if (found === undefined) return refused(over('the response was used before, or nobody came for it within a minute'))
  if (found === 'of-another-browser') return refused(over('the response belongs to another browser'))
  const { uuid, response, refused: refusedRoles, connector } = found.posted
  if (connector !== undefined) return refused(over('the response was posted to a connector of people'))
  const proven = await verifyPosted(saml, response, uuid, now)
  if ('rejected' in proven) return refuseResponse(parts, exchange, proven, now)
  const [first] = proven
  // INVARIANT: an answer to a request counts in the browser that began it, and in no other.
  const { inResponseTo, issuer } = first.assertion
  if (inResponseTo !== undefined && !isRequestOf(await ownKeys(now), inResponseTo, browser, issuer)) {
    return refused({
      said: 'This sign-in was begun in another browser. Begin it here, and stay in this one.',
      reason: 'it answers a request that this browser did not begin (InResponseTo)',
    })
  }
  if (!(await kept.claim(found, browser, now))) return refused(over('the response belongs to another browser'))
  const choices = proven.flatMap((proof) =>
    proof.choices.map((choice) => {
      const id = refusedRoles[choice.arn]
      return { ...choice, proof, ...(id === undefined ? {} : { refused: id }) }
    }),
  )
  return { handle, kept: found, choices, first, browser, headers }
}

/** The hidden field of the sign-in's forms. */
export const fieldOf = ({ forms, browsers }: SignInParts, { browser }: SigningIn): Promise<Html> =>
  forms.field(browser, pathIn(browsers.site, signInPath))
