// ExpressionAttributeNames and ExpressionAttributeValues of one request, or of one member of a transaction (Amazon DynamoDB Developer
// Guide, "Expression attribute names", "Expression attribute values"). The sentences are AWS's.
import type { AttributeValue } from '../attribute-value.ts'

export interface Substitutions {
  /** The name of an attribute that `#n` stands for: one name, whatever characters it has. Undefined where `#n` is not defined. */
  readonly name: (placeholder: string) => string | undefined
  readonly value: (placeholder: string) => AttributeValue | undefined
  /** What is wrong where a placeholder was never asked for; undefined once all were. To be asked after every expression was read. */
  readonly unused: () => string | undefined
}

const longestPlaceholder = 255
/** Bytes, one less than DynamoDB's documentation says and as many as DynamoDB takes. */
const longestName = 65_535

/** Bare sentences of what is wrong: the caller answers ValidationException. */
export function readSubstitutions(
  names: Readonly<Record<string, string>> | undefined,
  values: Readonly<Record<string, AttributeValue>> | undefined,
): { readonly substitutions: Substitutions } | { readonly wrong: string } {
  const wrong = wrongKeys('ExpressionAttributeNames', /^#\w+$/, names) ?? wrongNames(names)
  const flaw = wrong ?? wrongKeys('ExpressionAttributeValues', /^:\w+$/, values)
  if (flaw !== undefined) return { wrong: flaw }
  const asName = followed('ExpressionAttributeNames', names)
  const asValue = followed('ExpressionAttributeValues', values)
  const unused = () => asName.unused() ?? asValue.unused()
  return { substitutions: { name: asName.find, value: asValue.find, unused } }
}

function wrongKeys(
  member: string,
  form: RegExp,
  map: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  if (map === undefined) return undefined
  const keys = Object.keys(map)
  if (keys.length === 0) return `${member} must not be empty`
  for (const key of keys) {
    const size = Buffer.byteLength(key)
    if (size > longestPlaceholder) {
      return `${member} contains invalid key: The expression attribute map contains a key that is too long; size of key: ${size}`
    }
    if (!form.test(key)) return `${member} contains invalid key: Syntax error; key: "${key}"`
  }
  return undefined
}

function wrongNames(names: Readonly<Record<string, string>> | undefined): string | undefined {
  for (const [key, name] of Object.entries(names ?? {})) {
    if (name === '') return `ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`
    // Half of a surrogate pair is written in UTF-8 as another character: as another name.
    if (!name.isWellFormed()) return `ExpressionAttributeNames contains invalid value: No Unicode text for key ${key}`
    if (Buffer.byteLength(name) > longestName) return 'Attribute name is too large, must be less than 65536 bytes'
  }
  return undefined
}

function followed<T>(member: string, map: Readonly<Record<string, T>> | undefined) {
  const entries = new Map(Object.entries(map ?? {}))
  const unused = new Set(entries.keys())
  return {
    find: (placeholder: string) => {
      unused.delete(placeholder)
      return entries.get(placeholder)
    },
    unused: () =>
      unused.size === 0
        ? undefined
        : `Value provided in ${member} unused in expressions: keys: {${[...unused].join(', ')}}`,
  }
}
