// From text to tokens. Whatever could be read in two ways is refused here: comments, Ion literals in backticks, signs and letters
// outside ASCII, numbers that run into words.
import { canonicalNumber } from '../number.ts'
import { malformed } from './malformed.ts'

/** Characters of a statement (Amazon DynamoDB API Reference, "ExecuteStatement"). */
export const mostCharacters = 8192

export type Token = {
  /** Where it begins in the text, and its length there: messages name places. */
  readonly at: number
  readonly length: number
} & (
  | { readonly kind: 'word'; readonly text: string; readonly upper: string }
  /** In double quotes. */
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'end' }
)

const blank = /[ \t\r\n]+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const afterNumber = /[A-Za-z0-9_.]/
const twoSigns: ReadonlySet<string> = new Set(['<>', '!=', '<=', '>=', '<<', '>>'])
const signs: ReadonlySet<string> = new Set('()[]{},:.*;=<>+-')
/** What names do not have: it would be drawn, logged and compared differently in different places. */
const control = /[\u0000-\u001f\u007f-\u009f]/

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** Where the quoted text that begins at `at` ends, past its last quote. */
function endOfQuoted(text: string, at: number, quote: string): number {
  for (let end = text.indexOf(quote, at + 1); end >= 0; end = text.indexOf(quote, end + 2)) {
    if (text[end + 1] !== quote) return end + 1
  }
  throw malformed(quote === "'" ? 'Unterminated string' : 'Unterminated quoted identifier')
}

function quoted(text: string, at: number): Token {
  const quote = text[at] as '"' | "'"
  const end = endOfQuoted(text, at, quote)
  const inner = text.slice(at + 1, end - 1).replaceAll(quote + quote, quote)
  if (quote === "'") return { kind: 'string', text: inner, at, length: end - at }
  if (control.test(inner)) throw malformed('Unexpected control character in a quoted identifier')
  return { kind: 'name', text: inner, at, length: end - at }
}

function refuseLookalikes(text: string, at: number): void {
  const two = text.slice(at, at + 2)
  // DIVERGES: DynamoDB skips comments. Where one ends is what readers disagree about (nested ones, other line ends).
  if (two === '--' || two === '/*') throw malformed('Comments are not supported')
  if (text[at] === '`') throw malformed('Ion literals are not supported')
}

function numberAt(text: string, at: number): Token {
  const found = match(number, text, at)
  const next = text[at + found.length]
  if (canonicalNumber(found) === undefined || (next !== undefined && afterNumber.test(next))) {
    throw malformed('Invalid number')
  }
  return { kind: 'number', text: found, at, length: found.length }
}

function tokenAt(text: string, at: number, parameters: number): Token {
  const character = text[at] as string
  if (character === '"' || character === "'") return quoted(text, at)
  if (character >= '0' && character <= '9') return numberAt(text, at)
  if (character === '?') return { kind: 'parameter', index: parameters, at, length: 1 }
  const letters = match(word, text, at)
  if (letters !== '') return { kind: 'word', text: letters, upper: letters.toUpperCase(), at, length: letters.length }
  refuseLookalikes(text, at)
  const two = text.slice(at, at + 2)
  if (twoSigns.has(two)) return { kind: 'sign', text: two, at, length: 2 }
  if (signs.has(character)) return { kind: 'sign', text: character, at, length: 1 }
  throw malformed('Unexpected character')
}

/** The last token is `end`. Time is linear in the text. Throws Malformed. */
export function tokensOf(text: string): Token[] {
  if (text.length > mostCharacters) throw malformed(`Statement is longer than ${mostCharacters} characters`)
  // INVARIANT: what is sent is what was read. A lone surrogate would leave as another character, and a NUL may end a text elsewhere.
  if (!text.isWellFormed() || text.includes('\0')) throw malformed('Unexpected character')
  const tokens: Token[] = []
  let parameters = 0
  let at = match(blank, text, 0).length
  while (at < text.length) {
    const token = tokenAt(text, at, parameters)
    if (token.kind === 'parameter') parameters++
    tokens.push(token)
    at += token.length
    at += match(blank, text, at).length
  }
  tokens.push({ kind: 'end', at, length: 0 })
  return tokens
}
