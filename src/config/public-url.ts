// The public URL as everything uses it: issuers and links are made by putting paths behind it.

/** The URL without a slash at its end, or what is wrong with it, in words for the operator. */
export function readPublicUrl(text: string): { readonly url: string } | { readonly problem: string } {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    return { problem: `${text} is not an http or https URL` }
  }
  if (parsed.username !== '' || parsed.password !== '' || /[?#\s]/.test(text)) {
    return { problem: `${text} has more than a host, a port and a path` }
  }
  // `//x` at the start of a link is a host.
  if (/\/\/[^/]/.test(parsed.pathname)) return { problem: `${text} has an empty segment in its path` }
  // The text itself is in tokens, to the letter: one spelling for what browsers, clients and we take it to be.
  const url = parsed.href.replace(/\/+$/, '')
  return text.replace(/\/+$/, '') === url ? { url } : { problem: `${text} is spelled ${url}` }
}
