// The console session of a browser: the cookie, the session that it stands for, and what keeps other sites from sending forms
// in its name. What pages of the sign-in endpoint and of the console know a person by.
import { HmacKey } from '../core/hmac.ts'
import { equal } from '../core/sigv4/verify.ts'
import type {
  BeginSession,
  ConsoleSession,
  ConsoleSessions,
  FoundSession,
  PassCredentials,
} from '../service/console/session.ts'
import type { Visit } from '../service/console/sign-in-events.ts'
import type { PassRejection } from '../service/parts.ts'
import type { Exchange } from './exchange.ts'
import { createCookie, foundOnce } from './pages/cookie.ts'
import { type FormCheck, hiddenToken, sameOrigin, tokenField } from './pages/form-guard.ts'
import type { Html } from './pages/html.ts'
import type { Site } from './pages/site.ts'

/** `headers` go into the answer: they give the browser its cookie, or take it. */
export type Changed<Why> = { readonly headers: readonly string[] } | { readonly rejected: Why }

export interface BrowserSessions {
  readonly site: Site
  /** The session that the request's cookie stands for. Read once for one request. */
  of(exchange: Exchange, now: Date): Promise<FoundSession>
  /** The check of every form of the console: its token belongs to the session, and no other has it. */
  readonly guard: FormCheck
  /** The hidden field of a form that is sent to `action`: the path as a browser asks for it, `/console/sign-out`. */
  field(session: ConsoleSession, action: string): Html
  /** Begins a session in this browser, under a new cookie whatever it had. */
  begin(
    exchange: Exchange,
    request: Omit<BeginSession, 'cookie' | 'left'>,
    now: Date,
  ): Promise<Changed<PassRejection | 'used'>>
  switchTo(
    exchange: Exchange,
    session: ConsoleSession,
    to: PassCredentials,
    now: Date,
  ): Promise<Changed<PassRejection | 'changed'>>
  switchBack(exchange: Exchange, session: ConsoleSession, now: Date): Promise<boolean>
  /** Records that the session's credentials are shown; false: the session is another by now, and they are not. */
  noteShown(exchange: Exchange, session: ConsoleSession, form: string, now: Date): Promise<boolean>
  /** Signs out. Answers the headers that take the cookie away. */
  end(exchange: Exchange, session: ConsoleSession, now: Date): Promise<readonly string[]>
  /** Headers that take away the cookie of a session that is over: where the browser sent one. */
  forget(exchange: Exchange): readonly string[]
}

export interface BrowserSessionsOptions {
  readonly site: Site
  /** Whether the site may be plain http, as in development. */
  readonly allowsHttp: boolean
  readonly sessions: ConsoleSessions
  readonly random: (bytes: number) => Buffer
  readonly clock: () => Date
  /** What else a sign-out ends in this browser. Answers headers for the answer. */
  readonly signedOut?: (exchange: Exchange, session: ConsoleSession, now: Date) => Promise<readonly string[]>
}

/** @throws TypeError for a site in the clear, unless it is allowed */
export function createBrowserSessions(options: BrowserSessionsOptions): BrowserSessions {
  const { site, allowsHttp, sessions, random, clock, signedOut } = options
  const cookie = createCookie({ site, name: 'hallpass-session', allowsHttp, random })
  const of = foundOnce(cookie, sessions.find)

  const tokenOf = ({ formKey }: ConsoleSession, action: string) => new HmacKey(formKey).mac(`form\n${action}`)

  return {
    site,
    of,
    field: (session, action) => hiddenToken(tokenOf(session, action)),
    guard: {
      isSameOrigin: sameOrigin(site),
      async isIssued(exchange, action, fields) {
        const found = await of(exchange, clock())
        if (found === undefined || 'ended' in found) return false
        return equal(tokenOf(found.session, action), fields.get(tokenField) ?? '')
      },
    },
    async begin(exchange, request, now) {
      const { id, headers } = cookie.renew()
      const found = await of(exchange, now)
      const left = found !== undefined && 'ended' in found ? found.left : undefined
      const begun = await sessions.begin({ ...request, cookie: id, left }, visitOf(exchange, now))
      return 'rejected' in begun ? begun : { headers }
    },
    async switchTo(exchange, session, to, now) {
      const switched = await sessions.switchTo(session, to, visitOf(exchange, now))
      return 'rejected' in switched ? switched : { headers: [] }
    },
    switchBack: (exchange, session, now) => sessions.switchBack(session, visitOf(exchange, now)),
    noteShown: (exchange, session, form, now) => sessions.noteShown(session, form, visitOf(exchange, now)),
    async end(exchange, session, now) {
      await sessions.end(session, visitOf(exchange, now))
      return [...cookie.clear(), ...((await signedOut?.(exchange, session, now)) ?? [])]
    },
    // A request of another site comes without: its answer takes no cookie, whatever the browser makes of SameSite there.
    forget: (exchange) => (cookie.wasSent(exchange) ? cookie.clear() : []),
  }
}

/** What the audit says of a page's request. */
export function visitOf({ requestId, from }: Exchange, now: Date): Visit {
  const { address, tls, userAgent, host } = from
  return { requestId, now, from: { address, tls, userAgent, host } }
}
