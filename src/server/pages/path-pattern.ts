// Paths of pages (RFC 3986 3.3), compared segment by segment as they were sent.

/** What stood for the `:names` of a pattern, decoded; what stood for its final `*` under `*`, as it was sent. */
export type PathParams = Readonly<Record<string, string>>

/** Compiles a pattern: `/issuers/:id/keys`; a final `*` takes the rest, slashes and all. What does not decode matches nothing. */
export function pathPattern(pattern: string): (path: string) => PathParams | undefined {
  const isOpen = pattern.endsWith('*')
  const segments = (isOpen ? pattern.slice(0, -1) : pattern).split('/')
  const wanted = isOpen ? segments.slice(0, -1) : segments
  return (path) => {
    const given = path.split('/')
    if (isOpen ? given.length <= wanted.length : given.length !== wanted.length) return undefined
    const params: Record<string, string> = {}
    for (const [at, segment] of wanted.entries()) {
      const sent = given[at] ?? ''
      if (!segment.startsWith(':')) {
        if (segment !== sent) return undefined
        continue
      }
      const value = decoded(sent)
      if (value === undefined || value === '') return undefined
      params[segment.slice(1)] = value
    }
    if (isOpen) params['*'] = given.slice(wanted.length).join('/')
    return params
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
