// The value of an attribute (Amazon DynamoDB API Reference, "AttributeValue"), and the one spelling that a policy compares.
import { canonicalNumber } from './number.ts'

/** Exactly one member is set. Numbers are decimal text, bytes are bytes. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly Uint8Array[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> }
  | { readonly L: readonly AttributeValue[] }
  | { readonly NULL: boolean }
  | { readonly BOOL: boolean }

/** An item, or a key of one. Names may be `__proto__`: made by definition, not by assignment. */
export type Item = Readonly<Record<string, AttributeValue>>

/** The types that a key attribute may have. */
export type KeyType = 'S' | 'N' | 'B'

/**
 * A key's value as `dynamodb:LeadingKeys` has it: text as it is, the one canonical decimal of a number, base64 of bytes. Undefined
 * where it is of another type than the key's or of several, or no number, or no Unicode text: nobody can say which item is meant.
 * INVARIANT: so is an empty one, which no key is: `ForAllValues` passes over an empty value, and would let it through.
 */
export function keyText(value: AttributeValue | undefined, type: KeyType): string | undefined {
  if (value === undefined || !Object.hasOwn(value, type) || Object.keys(value).length > 1) return undefined
  // Half of a surrogate pair is written in UTF-8 as another character.
  if ('S' in value) return value.S !== '' && value.S.isWellFormed() ? value.S : undefined
  if ('N' in value) return canonicalNumber(value.N)
  return 'B' in value && value.B.length > 0 ? Buffer.from(value.B).toString('base64') : undefined
}
