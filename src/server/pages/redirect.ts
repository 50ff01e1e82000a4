// Redirects of pages: to this site's own pages alone, each named beforehand, always by GET (RFC 9110 15.4.4).
import type { Reply } from '../exchange.ts'
import { pathIn, type Site } from './site.ts'

const pathShape = /^\/(?:[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*)?$/

/** Sends a browser to a page of the list. */
export type Redirect<Path extends string> = (path: Path, query?: URLSearchParams, more?: readonly string[]) => Reply

/**
 * `paths` are below the public URL and without parameters.
 *
 * INVARIANT: no text of a request is ever a destination, nor a part of one but as an encoded query.
 */
export function redirects<const Path extends string>(site: Site, paths: readonly Path[]): Redirect<Path> {
  const wrong = paths.find((path) => !pathShape.test(path))
  if (wrong !== undefined) throw new TypeError(`${wrong} is not the path of a page`)
  const listed = new Set<string>(paths)
  return (path, query, more = []) => {
    if (!listed.has(path)) throw new TypeError('a redirect leads to a page that is not on its list')
    const search = query === undefined ? '' : `?${query}`
    return { status: 303, headers: ['Location', pathIn(site, path) + search, ...more], body: '' }
  }
}
