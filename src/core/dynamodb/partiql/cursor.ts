// Going through tokens, one by one and never back.
import { isKeyword } from './keywords.ts'
import { Malformed, malformed } from './malformed.ts'
import type { Token } from './tokens.ts'

export interface Cursor {
  readonly text: string
  /** The last is `end`, which is never passed. */
  readonly tokens: readonly Token[]
  at: number
}

export const peek = (cursor: Cursor): Token => cursor.tokens[cursor.at] as Token
/** The token after the one that is next. */
export const peekSecond = (cursor: Cursor): Token | undefined => cursor.tokens[cursor.at + 1]

export function take(cursor: Cursor): Token {
  const token = peek(cursor)
  if (token.kind !== 'end') cursor.at++
  return token
}

export const isSign = (token: Token | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text
export const isWord = (token: Token | undefined, upper: string): boolean =>
  token?.kind === 'word' && token.upper === upper

/** Takes the sign if it is next. */
export function takeSign(cursor: Cursor, text: string): boolean {
  const found = isSign(peek(cursor), text)
  if (found) cursor.at++
  return found
}

/** Takes the word, in any case, if it is next. */
export function takeWord(cursor: Cursor, upper: string): boolean {
  const found = isWord(peek(cursor), upper)
  if (found) cursor.at++
  return found
}

export function expectSign(cursor: Cursor, text: string): void {
  if (!takeSign(cursor, text)) throw unexpected(peek(cursor), `Expected ${text}`)
}

export function expectWord(cursor: Cursor, upper: string): void {
  if (!takeWord(cursor, upper)) throw unexpected(peek(cursor), `Expected ${upper}`)
}

/** What is wrong with the token in a place where `otherwise` was to stand. */
export const unexpected = (token: Token, otherwise: string) =>
  malformed(token.kind === 'word' && isKeyword(token.upper) ? 'Unexpected keyword' : otherwise)

/** An item, and another after each comma. */
export function commaSeparated<T>(cursor: Cursor, item: () => T): T[] {
  const items = [item()]
  while (takeSign(cursor, ',')) items.push(item())
  return items
}

/** `line:column:length` of a token, counted from 1, as DynamoDB writes places. */
export function placeOf(cursor: Cursor, { at, length }: Token): string {
  const lines = cursor.text.slice(0, at).split('\n')
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}:${length}`
}

/** A name in double quotes, or a bare word that is no keyword. */
export function nameFrom(cursor: Cursor, otherwise: string): string {
  const token = peek(cursor)
  if (token.kind !== 'name' && (token.kind !== 'word' || isKeyword(token.upper))) throw unexpected(token, otherwise)
  if (token.text === '') throw new Malformed('Path component cannot be an empty string')
  cursor.at++
  return token.text
}
