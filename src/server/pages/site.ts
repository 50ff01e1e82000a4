// Where the pages are, as browsers know it: the public URL taken apart once (RFC 6454). Never from what a request says.

export interface Site {
  /** Scheme, host and port, as an Origin header has them. */
  readonly origin: string
  /** Path of the start page: `/`, or longer when the public URL has a path. */
  readonly home: string
  readonly isSecure: boolean
}

export function siteOf(publicUrl: string): Site {
  const { origin, pathname, protocol } = new URL(publicUrl)
  return { origin, home: `${pathname.replace(/\/$/, '')}/`, isSecure: protocol === 'https:' }
}

/** The path of a page below the public URL, as a browser asks for it. `path` begins with a slash. */
export const pathIn = ({ home }: Site, path: string) => home + path.slice(1)
