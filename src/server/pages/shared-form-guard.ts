// The form guard of pages that every node serves alike: tokens are made under the installation's secret, and nothing is stored
// for a form that nobody may ever send.
import type { HmacKey } from '../../core/hmac.ts'
import { equal } from '../../core/sigv4/verify.ts'
import type { Exchange } from '../exchange.ts'
import type { Cookie } from './cookie.ts'
import { type FormCheck, hiddenToken, sameOrigin, tokenField } from './form-guard.ts'
import type { Html } from './html.ts'
import type { Site } from './site.ts'

export interface SharedFormGuard extends FormCheck {
  /** The hidden field of a form that a browser with that cookie's id sends to `action`: the path as a browser asks for it. */
  field(id: string, action: string): Promise<Html>
  /** The same for the request's browser, with the headers that give it a cookie where it has none. */
  issue(exchange: Exchange, action: string): Promise<{ readonly field: Html; readonly headers: readonly string[] }>
}

export interface SharedFormGuardOptions {
  readonly site: Site
  readonly cookie: Cookie
  /** What the tokens are for: no other guard under the same secret has it. */
  readonly purpose: string
  readonly mac: () => Promise<HmacKey>
}

export function createSharedFormGuard({ site, cookie, purpose, mac }: SharedFormGuardOptions): SharedFormGuard {
  const tokenOf = async (id: string, action: string) => (await mac()).mac(`${purpose}\n${id}\n${action}`)
  const field = async (id: string, action: string) => hiddenToken(await tokenOf(id, action))
  return {
    field,
    async issue(exchange, action) {
      const { id, headers } = cookie.readOrRenew(exchange)
      return { field: await field(id, action), headers }
    },
    isSameOrigin: sameOrigin(site),
    async isIssued(exchange, action, fields) {
      const id = cookie.read(exchange)
      return id !== undefined && equal(await tokenOf(id, action), fields.get(tokenField) ?? '')
    },
  }
}
