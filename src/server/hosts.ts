// What answers under which name of the one port, by the request's Host (RFC 9112 3.2, RFC 6454: a name is what browsers
// trust). A table: each role of names is a row that says what answers there and by which rules.
import { hostName, hostPattern } from '../core/host-name.ts'
import { type Exchange, type Handler, isRepeated, type Reply, withoutCookies } from './exchange.ts'

/** The names of a role, without ports. */
export interface HostNames {
  /** What the role is called: `pages`. */
  readonly role: string
  /** What one of its names is, in a refusal: `a name of the APIs`. */
  readonly one: string
  /** Names, and `*.name` for any below; or every name that no other row has. Without names the role is not served. */
  readonly names: readonly string[] | 'every other'
}

/** By which rules a role answers. */
export interface HostRules {
  /**
   * `used`: what answers may read cookies and set them. `hidden`: it sees none. `signed`: the header is bytes that a
   * signature may cover, and nothing else. INVARIANT: but for `used`, no answer sets a cookie.
   */
  readonly cookies: 'used' | 'hidden' | 'signed'
  /** The methods that are answered; `any` where what answers there says which. */
  readonly methods: 'any' | readonly string[]
}

/** Compiled names: each has one role. */
export interface Hosts {
  /** By name. */
  readonly exact: ReadonlyMap<string, string>
  /** By what stands after the `*`: `.s3.example`. */
  readonly below: readonly (readonly [end: string, role: string])[]
  /** The role of names that are listed nowhere. */
  readonly others: string | undefined
}

/**
 * Compiles the names of all roles; `invalid` says which of them is none, or would have two roles.
 * INVARIANT: no name has two roles: an object served under the pages' name would run with the console's cookies.
 */
export function hosts(rows: readonly HostNames[]): Hosts | { readonly invalid: string } {
  const listed: { readonly pattern: string; readonly row: HostNames }[] = []
  let others: HostNames | undefined
  for (const row of rows) {
    if (row.names === 'every other') {
      if (others !== undefined) return { invalid: `every other name is ${others.one}, so it cannot be ${row.one}` }
      others = row
      continue
    }
    for (const name of row.names) {
      const pattern = hostPattern(name)
      if (pattern === undefined) return { invalid: `${name} is not a host name` }
      const taken = listed.find((one) => one.row !== row && meet(one.pattern, pattern))
      if (taken !== undefined) {
        const narrower = covers(pattern, taken.pattern) ? taken.pattern : pattern
        return { invalid: `${narrower} is ${taken.row.one}, so it cannot be ${row.one}` }
      }
      listed.push({ pattern, row })
    }
  }
  const isWild = ({ pattern }: { readonly pattern: string }) => pattern.startsWith('*.')
  return {
    exact: new Map(listed.filter((one) => !isWild(one)).map(({ pattern, row }) => [pattern, row.role])),
    below: listed.filter(isWild).map(({ pattern, row }) => [pattern.slice(1), row.role]),
    others: others?.role,
  }
}

/** Whether a pattern takes all that another takes. */
const covers = (wide: string, narrow: string) =>
  wide === narrow || (wide.startsWith('*.') && narrow.replace(/^\*/, '').endsWith(wide.slice(1)))

/** Whether a name can be of both: names below `*.` are all or none of them below another. */
const meet = (one: string, other: string) => covers(one, other) || covers(other, one)

/**
 * The role of a Host header's name, or undefined: refuse it. Ports do not tell roles apart (cookies do not know them), so
 * the public URL's host is the pages' on any port.
 */
export function roleOf(host: string, { exact, below, others }: Hosts): string | undefined {
  const name = hostName(host)
  if (name === undefined) return undefined
  const role = exact.get(name)
  if (role !== undefined) return role
  for (const [end, wild] of below) if (name.length > end.length && name.endsWith(end)) return wild
  return others
}

/** What answers under the names of each role, within its rules. */
export interface HostHandler extends HostRules {
  readonly role: string
  readonly handler: Handler
}

/** By Host to what answers there. A name of no role gets nothing; `repeated` answers where no Host can be believed. */
export function byHost(names: Hosts, rows: readonly HostHandler[], repeated: Handler): Handler {
  const handlers = new Map(rows.map((row) => [row.role, ruled(row)]))
  return (exchange) => {
    if (isRepeated(exchange.message)) return repeated(exchange)
    const role = roleOf(exchange.from.host, names)
    const handler = role === undefined ? undefined : handlers.get(role)
    return (handler ?? nothing)(exchange)
  }
}

export const nothing: Handler = () => ({
  status: 404,
  headers: ['Content-Type', 'text/plain; charset=utf-8'],
  body: 'Nothing is served under this name.\n',
})

function ruled({ role, cookies, methods, handler }: HostHandler): Handler {
  const within = cookies === 'hidden' ? (exchange: Exchange) => handler(withoutCookies(exchange)) : handler
  const checked = cookies === 'used' ? within : withoutSetCookie(role, within)
  if (methods === 'any') return checked
  return (exchange) => (methods.includes(exchange.message.method) ? checked(exchange) : notWith(methods))
}

const notWith = (methods: readonly string[]): Reply => ({
  status: 405,
  headers: ['Content-Type', 'text/plain; charset=utf-8', 'Allow', methods.join(', ')],
  body: 'Not with this method.\n',
})

/** A cookie that is set here would be our own mistake: the answer is not sent. */
function withoutSetCookie(role: string, handler: Handler): Handler {
  const checked = (reply: Reply): Reply => {
    const { headers } = reply
    for (let at = 0; at < headers.length; at += 2) {
      if (isSetCookie(headers[at] ?? '')) throw new TypeError(`an answer under a name of ${role} sets a cookie`)
    }
    return reply
  }
  return (exchange) => {
    const reply = handler(exchange)
    return reply instanceof Promise ? reply.then(checked) : checked(reply)
  }
}

const isSetCookie = (name: string) => name.length === 10 && name.toLowerCase() === 'set-cookie'
