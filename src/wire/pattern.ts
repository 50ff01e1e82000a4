// Runs the patterns of AWS's models. They are Java regular expressions for a whole value (`Matcher.matches`); only patterns
// of the contract come here, never one from a request or a policy.

const matchers = new Map<string, (text: string) => boolean>()

/** The test of a contract's pattern, compiled once. */
export function matcherOf(pattern: string): (text: string) => boolean {
  let matcher = matchers.get(pattern)
  if (matcher === undefined) {
    const expression = translate(pattern)
    matcher = (text) => expression.test(text)
    matchers.set(pattern, matcher)
  }
  return matcher
}

/** Java's `\s` is these six; ECMAScript's has twenty-five. */
const space = ' \\t\\n\\v\\f\\r'

/**
 * The pattern as an ECMAScript one for the whole value: by code points (`u`), with Java's `\s` and
 * `\p{Print}` (which stands outside of brackets in these patterns), and without the escapes of
 * ordinary characters that `u` forbids. Everything else in these patterns means the same in both languages.
 */
export function translate(pattern: string): RegExp {
  const source = pattern
    .replaceAll('[\\s\\S]', '[^]')
    .replaceAll('[\\S]', `[^${space}]`)
    .replaceAll('\\p{Print}', '[\\x20-\\x7e]')
  let out = ''
  let inClass = false
  for (let i = 0; i < source.length; i++) {
    const character = source.charAt(i)
    if (character === '\\') {
      i++
      out += translateEscape(source.charAt(i), inClass)
      continue
    }
    if (character === '[') inClass = true
    else if (character === ']') inClass = false
    out += character
  }
  return new RegExp(`^(?:${out})$`, 'u')
}

function translateEscape(letter: string, inClass: boolean): string {
  if (letter === 's') return inClass ? space : `[${space}]`
  if (/[A-Za-z0-9]/.test(letter)) {
    if (!/[wdputnrfvx]/.test(letter)) throw new TypeError(`the escape \\${letter} is not known to mean the same`)
    return `\\${letter}`
  }
  const special = inClass ? /[\\\]^/-]/ : /[\^$\\.*+?()[\]{}|/]/
  return special.test(letter) ? `\\${letter}` : letter
}
