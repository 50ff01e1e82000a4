// A server's public URL, as sign-ins and enrolments are named by it.

/** Without a slash at its end. @throws TypeError with a sentence for what is none, or would send tokens in clear text */
export function readServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // It stands in profiles, and names an entry of the keyring.
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search ||
    url.hash ||
    url.username ||
    /['\\]/.test(url.href)
  )
    throw new TypeError(`${text} is not the URL of a server`)
  // INVARIANT: tokens cross no network in clear text.
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new TypeError(`${text} is not encrypted: a sign-in needs https, except on this machine`)
  return url.href.replace(/\/$/, '')
}
