// Headers of every page: they leave a browser nothing to guess and nothing to frame, and nothing to run but our own file (CSP
// Level 3, Trusted Types, RFC 6797, Fetch, HTML 7.1).
import type { Reply } from '../exchange.ts'

/** What a page may load and where its forms may lead: nothing, unless it says so. */
export interface PagePolicy {
  /** Its style sheet and icon are files of this site. */
  readonly loadsAssets?: boolean
  /** Its script is a file of this site. */
  readonly runsScript?: boolean
  /** Where its forms are sent, and redirected from there: `'self'`, or origins. */
  readonly formTargets?: readonly string[]
}

const target = /^(?:'self'|https?:\/\/[a-z0-9.-]+(?::\d+)?)$/

/** Whether a policy can name it: a URL's host may have signs that a policy reads otherwise. */
export const isFormTarget = (text: string): boolean => target.test(text)

/**
 * The content-security policy. INVARIANT: it never allows an inline script, an inline style, or a frame; and a script only to
 * a page that asks for ours, which then can neither load nor send anything, nor make HTML or code of a text.
 */
export function contentPolicy({ loadsAssets = false, runsScript = false, formTargets = [] }: PagePolicy = {}): string {
  const wrong = formTargets.find((formTarget) => !isFormTarget(formTarget))
  if (wrong !== undefined) throw new TypeError(`${wrong} is neither 'self' nor an origin`)
  return [
    "default-src 'none'",
    ...(loadsAssets ? ["style-src 'self'", "img-src 'self'"] : []),
    ...(runsScript ? ["script-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"] : []),
    "base-uri 'none'",
    `form-action ${formTargets.length === 0 ? "'none'" : formTargets.join(' ')}`,
    "frame-ancestors 'none'",
  ].join('; ')
}

/** What every answer has, unless its page says otherwise. */
const standard: readonly (readonly [name: string, value: string])[] = [
  ['Content-Security-Policy', contentPolicy()],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cache-Control', 'no-store'],
]
const strictTransport = ['Strict-Transport-Security', 'max-age=31536000'] as const

/** Adds the headers that a reply lacks. */
export function withPageHeaders(reply: Reply, tls: boolean): Reply {
  const has = new Set(reply.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  const lacking = (tls ? [...standard, strictTransport] : standard).filter(([name]) => !has.has(name.toLowerCase()))
  return { ...reply, headers: [...reply.headers, ...lacking.flat()] }
}
