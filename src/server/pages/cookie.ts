// Cookies of pages (RFC 6265bis): each holds 256 random bits and nothing else. What they stand for is kept here.
import type { Message } from '../../core/http.ts'
import { type Exchange, isRepeated } from '../exchange.ts'
import type { Site } from './site.ts'

export interface Cookie {
  /** As browsers store it. */
  readonly name: string
  /** The id that the browser sent; undefined when it sent none, several, or what cannot be one. */
  read(exchange: Pick<Exchange, 'message'>): string | undefined
  /** Whether the browser sent one of that name, or several, whatever it holds. */
  wasSent(exchange: Pick<Exchange, 'message'>): boolean
  /** A new id, and the headers that give it to the browser in place of any before. */
  renew(): { readonly id: string; readonly headers: readonly string[] }
  /** The id that the browser sent; or a new one, with the headers that give it. */
  readOrRenew(exchange: Pick<Exchange, 'message'>): { readonly id: string; readonly headers: readonly string[] }
  /** Headers that take it away. */
  clear(): readonly string[]
}

export interface CookieOptions {
  readonly site: Site
  /** Under https `__Host-` stands before it: no other host and no plain http can then set it. */
  readonly name: string
  /** Whether the site may be plain http, as in development: the name then stands alone. */
  readonly allowsHttp?: boolean
  readonly random: (bytes: number) => Buffer
}

/** @throws TypeError for a site in the clear, unless the cookie allows it */
export function createCookie({ site, name, allowsHttp = false, random }: CookieOptions): Cookie {
  if (!site.isSecure && !allowsHttp) throw new TypeError(`the cookie ${name} needs https`)
  const sentName = site.isSecure ? `__Host-${name}` : name
  // The attributes without which a browser refuses a name that begins with __Host-.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${site.isSecure ? '; Secure' : ''}`
  const read: Cookie['read'] = ({ message }) => (isRepeated(message) ? undefined : idOf(message, sentName))
  const renew: Cookie['renew'] = () => {
    const id = random(32).toString('base64url')
    return { id, headers: ['Set-Cookie', `${sentName}=${id}; ${attributes}`] }
  }
  return {
    name: sentName,
    read,
    wasSent: ({ message }) => !isRepeated(message) && valuesOf(message, sentName).length > 0,
    renew,
    readOrRenew(exchange) {
      const id = read(exchange)
      return id === undefined ? renew() : { id, headers: [] }
    },
    clear: () => ['Set-Cookie', `${sentName}=; Max-Age=0; ${attributes}`],
  }
}

/** What the cookie of a request stands for, found once for one request, however many ask. */
export function foundOnce<T>(
  { read }: Pick<Cookie, 'read'>,
  find: (id: string, now: Date) => Promise<T | undefined>,
): (exchange: Exchange, now: Date) => Promise<T | undefined> {
  const known = new WeakMap<Exchange, Promise<T | undefined>>()
  return (exchange, now) => {
    const before = known.get(exchange)
    if (before !== undefined) return before
    const id = read(exchange)
    const found = id === undefined ? Promise.resolve(undefined) : find(id, now)
    known.set(exchange, found)
    return found
  }
}

/** 256 bits in base64url. */
const idShape = /^[A-Za-z0-9_-]{43}$/

/**
 * INVARIANT: one cookie of that name, spelled to the letter, or none. A second of the name was set by another path, port or
 * host, and nothing says which of them is ours. Nothing is trimmed but blanks: a wider notion of white space turns another
 * cookie's name into this one, past the browser's rule about `__Host-`.
 */
function idOf(message: Message, name: string): string | undefined {
  const values = valuesOf(message, name)
  const [only = ''] = values
  return values.length === 1 && idShape.test(only) ? only : undefined
}

function valuesOf({ headers }: Message, name: string): readonly string[] {
  return (headers.get('cookie') ?? '').split(';').flatMap((pair) => {
    const mark = pair.indexOf('=')
    return mark >= 0 && withoutBlanks(pair.slice(0, mark)) === name ? [withoutBlanks(pair.slice(mark + 1))] : []
  })
}

const withoutBlanks = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '')
