// A browser's cookies (RFC 6265bis 5.6 to 5.8), as far as tests of pages need them.
import assert from 'node:assert/strict'

interface Kept {
  readonly name: string
  readonly value: string
  readonly domain: string
  /** Set without Domain: of that host alone. */
  readonly isHostOnly: boolean
  readonly path: string
  readonly isSecure: boolean
}

export interface Jar {
  /** Keeps what a server answered. Whatever a page of ours sets, no script reads and no other site's form sends. */
  receive(url: URL, line: string): void
  /** Keeps what another server of that URL answered, if a browser would. */
  plant(url: string, line: string): void
  /** The Cookie header of a request; '' when there is none. */
  header(url: URL): string
  /** The value of the one cookie of that name which is sent to a URL. */
  value(url: string, name: string): string | undefined
}

export function createJar(): Jar {
  const kept = new Map<string, Kept>()

  function keep(url: URL, line: string): Map<string, string> {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const [name, value] = split(pair)
    const attributes = new Map(rest.map((part) => split(part)).map(([key, is]) => [key.toLowerCase(), is]))
    const domain = attributes.get('domain')?.replace(/^\./, '') ?? ''
    const path = attributes.get('path') ?? (url.pathname.replace(/\/[^/]*$/, '') || '/')
    const isSecure = attributes.has('secure')
    const isHost = name.startsWith('__Host-')
    const isRefused =
      (domain !== '' && !isWithin(url.hostname, domain)) ||
      (isSecure && url.protocol !== 'https:') ||
      (isHost && !(isSecure && domain === '' && path === '/'))
    const key = `${name} ${domain || url.hostname} ${path}`
    const isGone = attributes.get('max-age') === '0' || /1970/.test(attributes.get('expires') ?? '')
    if (isGone) kept.delete(key)
    else if (!isRefused) {
      kept.set(key, { name, value, domain: domain || url.hostname, isHostOnly: domain === '', path, isSecure })
    }
    return attributes
  }

  const sentTo = ({ hostname, pathname, protocol }: URL) =>
    [...kept.values()]
      .filter(({ domain, isHostOnly }) => (isHostOnly ? domain === hostname : isWithin(hostname, domain)))
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
      .filter(({ isSecure }) => !isSecure || protocol === 'https:')
      .sort((a, b) => b.path.length - a.path.length)

  return {
    receive(url, line) {
      const attributes = keep(url, line)
      assert(attributes.has('httponly') && attributes.get('samesite')?.toLowerCase() === 'lax', line)
    },
    plant: (url, line) => void keep(new URL(url), line),
    header: (url) =>
      sentTo(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    value(url, name) {
      const named = sentTo(new URL(url)).filter((cookie) => cookie.name === name)
      assert(named.length < 2, `several cookies ${name}`)
      return named[0]?.value
    },
  }
}

const isWithin = (host: string, domain: string) => host === domain || host.endsWith(`.${domain}`)

function split(text: string): [string, string] {
  const mark = text.indexOf('=')
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)]
}
