// What keeps other sites from sending a form in somebody's name (cross-site request forgery): the browser's own word on where
// the form stood (Fetch Metadata, RFC 6454), and a token that only a page of ours could have put into it.
import { HmacKey } from '../../core/hmac.ts'
import type { Maybe } from '../../core/maybe.ts'
import { equal } from '../../core/sigv4/verify.ts'
import { type Exchange, isRepeated, type Reply } from '../exchange.ts'
import type { Cookie } from './cookie.ts'
import type { FormFields } from './form.ts'
import { type Html, html } from './html.ts'
import type { Site } from './site.ts'

/** The hidden field's name. */
export const tokenField = 'form-token'

/** What a form must pass before its page is asked. */
export interface FormCheck {
  /** Whether a page of ours sent the request. Asked before the body is read. */
  isSameOrigin(exchange: Exchange): boolean
  /** Whether the form stood in a page that this browser was given, for this very action. */
  isIssued(exchange: Exchange, action: string, fields: FormFields): Maybe<boolean>
  /** What a person is shown instead of plain words when it did not; undefined: the words. */
  readonly refusal?: (exchange: Exchange, now: Date) => Maybe<Reply | undefined>
}

export interface FormGuard extends FormCheck {
  /** What a form needs that is sent to `action`, and the headers of the page it stands in. */
  issue(exchange: Exchange, action: string): { readonly field: Html; readonly headers: readonly string[] }
}

export interface FormGuardOptions {
  readonly site: Site
  /** The cookie whose id the tokens belong to. A browser without one is given one together with its first form. */
  readonly cookie: Cookie
  /** 32 random bytes; every server of the same pages has the same. */
  readonly key: Uint8Array
}

/** The hidden field that holds a form's token. */
export const hiddenToken = (token: string): Html => html`<input type="hidden" name="${tokenField}" value="${token}">`

/** Whether a page of this site sent the request, by the browser's own word. */
export const sameOrigin =
  (site: Site) =>
  ({ message }: Pick<Exchange, 'message'>): boolean => {
    if (isRepeated(message)) return false
    const fetchSite = message.headers.get('sec-fetch-site')
    const origin = message.headers.get('origin')
    if (fetchSite !== undefined && fetchSite !== 'same-origin') return false
    if (origin === site.origin) return true
    // Without a word on the origin, or with a browser's `null` under a strict referrer policy, the other header decides.
    return fetchSite === 'same-origin' && (origin === undefined || origin === 'null')
  }

export function createFormGuard({ site, cookie, key }: FormGuardOptions): FormGuard {
  const mac = new HmacKey(key)
  // Under a key that stays here: who plants an id in the cookie cannot compute its token. They may load a page with it and be
  // given one, where browsers let them plant at all: the browser's word on the origin is needed as well.
  const tokenOf = (id: string, action: string) => mac.mac(`form\n${cookie.name}\n${id}\n${action}`)
  return {
    issue(exchange, action) {
      const { id, headers } = cookie.readOrRenew(exchange)
      return { field: hiddenToken(tokenOf(id, action)), headers }
    },
    isSameOrigin: sameOrigin(site),
    isIssued(exchange, action, fields) {
      const id = cookie.read(exchange)
      return id !== undefined && equal(tokenOf(id, action), fields.get(tokenField) ?? '')
    },
  }
}
