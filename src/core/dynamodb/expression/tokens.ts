// The words and signs of an expression. DynamoDB knows four kinds of white space and no comments, quotes or escapes.

export interface Token {
  /** `word`: a bare name, keyword or function; `name`: `#n`; `value`: `:v`; `index`: digits; `sign`: any other character, or a comparator. */
  readonly kind: 'word' | 'name' | 'value' | 'index' | 'sign' | 'end'
  /** `<EOF>` for the end, as AWS's messages have it. */
  readonly text: string
  /** Where it stands: UTF-16 units. */
  readonly from: number
  readonly to: number
}

// A number does not begin with a zero: `[01]` is `0`, then `1`, which is a syntax error (as AWS has it).
const form = /([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9][0-9]*)|<>|<=|>=|[^ \t\r\n]/gu
const kinds = ['word', 'name', 'value', 'index'] as const

/** At least one: the last is the end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(form)) {
    const kind = kinds.find((_, place) => match[place + 1] !== undefined) ?? 'sign'
    tokens.push({ kind, text: match[0], from: match.index, to: match.index + match[0].length })
  }
  tokens.push({ kind: 'end', text: '<EOF>', from: text.length, to: text.length })
  return tokens
}

/** AWS's sentence: the token, and the text from the token before it to the one after. */
export function syntaxError(text: string, tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  const from = tokens[at - 1]?.from ?? token?.from ?? 0
  const to = tokens[at + 1]?.to ?? token?.to
  return `Syntax error; token: "${token?.text}", near: "${text.slice(from, to)}"`
}
