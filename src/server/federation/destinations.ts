// Where a sign-in or a sign-out may lead: to this server's console, by a list and nowhere else. An address is taken apart,
// compared, and written anew: no text of a request is ever where a browser is sent.
import { pathIn, type Site } from '../pages/site.ts'

/** Paths below the public URL. */
export const consolePath = '/console'
export const federationPath = '/federation'

/** AWS's console and sign-in hosts, which tools have in them; a region's begin with its name. */
const awsConsole = /^(?:[a-z]{2}(?:-[a-z]+)+-\d\.)?console\.aws\.amazon\.com$/
const awsSignIn = /^(?:[a-z]{2}(?:-[a-z]+)+-\d\.)?signin\.aws\.amazon\.com$/
const longest = 4096

/** The path and query of ours that an address stands for; undefined: it stands for none, and is refused. */
export function destinationOf(site: Site, text: string): string | undefined {
  const home = pathIn(site, consolePath)
  if (text === '') return home
  const url = addressOf(site, text)
  if (url === undefined) return undefined
  if (url.origin !== site.origin) return isAws(url, awsConsole) ? home : undefined
  const { pathname, searchParams } = url
  if (!(pathname === home || pathname.startsWith(`${home}/`)) || !/^[\w./~-]*$/.test(pathname)) return undefined
  return withQuery(pathname, searchParams)
}

/** The same, or a login at the federation endpoint: what tools let a sign-out lead to. */
export function afterSignOut(site: Site, text: string): string | undefined {
  const to = destinationOf(site, text)
  if (to !== undefined) return to
  const url = addressOf(site, text)
  if (url === undefined || url.searchParams.get('Action') !== 'login') return undefined
  const own = pathIn(site, federationPath)
  const isOwn = url.origin === site.origin && url.pathname === own
  const isTheirs = isAws(url, awsSignIn) && url.pathname === federationPath
  return isOwn || isTheirs ? withQuery(own, url.searchParams) : undefined
}

/** Whether what `afterSignOut` answered begins another session. */
export const leadsToLogin = (site: Site, to: string): boolean => to.startsWith(`${pathIn(site, federationPath)}?`)

const withQuery = (path: string, query: URLSearchParams) => (query.size === 0 ? path : `${path}?${query}`)

const isAws = ({ protocol, hostname, port }: URL, host: RegExp) =>
  protocol === 'https:' && port === '' && host.test(hostname)

/**
 * An address taken apart: a path of this site, or a whole one. INVARIANT: nothing that one reader takes for a host and another
 * for a path, a name or white space: no backslash, no `//` at the start, no user, no control character, nothing but ASCII.
 */
function addressOf({ origin }: Site, text: string): URL | undefined {
  if (text.length > longest || !/^[!-~]+$/.test(text) || text.includes('\\')) return undefined
  const isPath = /^\/(?!\/)/.test(text)
  if (!isPath && !/^https?:\/\/[^/]/i.test(text)) return undefined
  if (!URL.canParse(text, origin)) return undefined
  const url = new URL(text, origin)
  if (isPath && url.origin !== origin) return undefined
  return url.username === '' && url.password === '' ? url : undefined
}
