// Host names as a Host header gives them (RFC 9112 3.2), and as an operator lists them.

const shape = /^(?:([a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9_])?)\.?|(\[[0-9a-f:.]+\]))(?::\d{1,5})?$/

/** A Host header's name: lower case, without port and final dot; undefined when it is not of that form. */
export function hostName(host: string): string | undefined {
  const parts = shape.exec(host.toLowerCase())
  return parts?.[1] ?? parts?.[2]
}

/** A listed name in the same form, `*.name` for any name below it; undefined when it is not a host name. */
export function hostPattern(text: string): string | undefined {
  if (!text.startsWith('*.')) return hostName(text)
  const below = hostName(text.slice(2))
  return below === undefined ? undefined : `*.${below}`
}

/** Whether a URL's host, as its parser spells it, is this machine. */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
