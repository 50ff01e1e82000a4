// What is said of members that break their constraints: in AWS's one sentence for all of them,
// `2 validation errors detected: Value 'V' at 'path' failed to satisfy constraint: C; Value …`, or in IAM's own for one.
import type { OperationContract } from './contract.ts'
import { type Refusal, validationError } from './errors.ts'

/** One member that breaks one constraint. */
export interface Failure {
  /** `tags.1.member.key`: members in lowerCamel, list members counted from 1. */
  readonly path: string
  /** What is echoed; absent for a missing, sensitive or redacted value. */
  readonly value?: string
  /** `Member must have length less than or equal to 64`. */
  readonly constraint: string
}

export const unmatched = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`
export const unlisted = (values: readonly string[]) => `${enumeration}: [${values.join(', ')}]`
const enumeration = 'Member must satisfy enum value set'

/** The refusal of an input with these failures, of which there is one at least. */
export function refuse({ service, protocol }: OperationContract, found: readonly Failure[]): Refusal {
  if (service !== 'iam') return validationError(protocol, sentencesOf(found))
  // IAM looks at the alphabet of names, paths and documents after everything else, and says the first that is wrong.
  const others = found.filter((failure) => ownSentence(failure) === undefined)
  const own = others.length === 0 ? found.map(ownSentence)[0] : undefined
  return validationError(protocol, own ?? sentencesOf(others.map(redact)))
}

function sentencesOf(found: readonly Failure[]): string {
  const sentences = found.map(
    ({ path, value, constraint }) =>
      `Value ${value === undefined ? '' : `'${value}' `}at '${path}' failed to satisfy constraint: ${constraint}`,
  )
  return `${found.length} validation ${found.length === 1 ? 'error' : 'errors'} detected: ${sentences.join('; ')}`
}

/** IAM stopped echoing values and enumerations in 2025 (recorded); what it sends for `maxItems` is older. */
function redact({ path, value, constraint }: Failure): Failure {
  if (path === 'maxItems' && value !== undefined)
    return { path, value, constraint: 'Member must have value between 1 and 1000' }
  return { path, constraint: constraint.startsWith(enumeration) ? enumeration : constraint }
}

const slashes = 'alphanumeric characters and/or / characters.'
/** IAM's words for what a pattern of its model asks (recorded of names, paths, key ids and documents). */
const alphabets: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '[\\w+=,.@-]+': 'contain only alphanumeric characters and/or the following: +=,.@_-',
    '[\\w]+': 'contain only alphanumeric characters.',
    '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)': `begin and end with / and contain only ${slashes}`,
    '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/': `begin and end with / and contain only ${slashes}`,
    '\\u002F[\\u0021-\\u007F]*': `begin with the / character and contain only ${slashes}`,
    '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+': 'contain only printable ASCII characters.',
  }).map(([pattern, words]) => [unmatched(pattern), words]),
)

/** Undefined for what IAM words as every service does: lengths, and patterns of tags and descriptions (recorded). */
function ownSentence({ path, constraint }: Failure): string | undefined {
  const words = alphabets.get(constraint)
  return words === undefined ? undefined : `The specified value for ${path} is invalid. It must ${words}`
}
