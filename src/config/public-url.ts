// Checks the public URL: issuers and links are made by appending paths to it.

/** The URL without a slash at its end, or a sentence for the operator about what is wrong with it. */
export function readPublicUrl(text: string): { readonly url: string } | { readonly problem: string } {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    return { problem: `${text} is not an http or https URL` }
  }
  if (parsed.username !== '' || parsed.password !== '' || /[?#\s]/.test(text)) {
    return { problem: `${text} has more than a host, a port and a path` }
  }
  // A browser takes `//x` at the start of a link for a host.
  if (/\/\/[^/]/.test(parsed.pathname)) return { problem: `${text} has an empty segment in its path` }
  // Tokens contain this text, and relying parties compare it to the letter: only the spelling that URL parsers produce is
  // accepted.
  const url = parsed.href.replace(/\/+$/, '')
  return text.replace(/\/+$/, '') === url ? { url } : { problem: `${text} must be spelled ${url}` }
}
