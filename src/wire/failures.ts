// The refusals of members that break their constraints: in AWS's one sentence for all of them, `2 validation errors
// detected: Value 'V' at 'path' failed to satisfy constraint: C; Value …`, in IAM's own for one, or with Organizations'
// reason (reasons.ts).
import type { OperationContract } from './contract.ts'
import { modelled, type Refusal, refusal, validationError } from './errors.ts'
import { type Breach, reasoned } from './reasons.ts'
import { forwardedOf, services } from './services.ts'

/** One constraint that a value breaks. */
export interface Broken {
  readonly breaks: Breach
  /** `Member must have length less than or equal to 64`. */
  readonly constraint: string
}

/** One member that breaks one constraint. */
export interface Failure extends Broken {
  /** `tags.1.member.key`: members in lowerCamel, list members counted from 1. */
  readonly path: string
  /** What is echoed; absent for a missing, sensitive or redacted value. */
  readonly value?: string
  /** Of a list's members, the first constraint that one of them breaks. */
  readonly item?: string
  /** DynamoDB's sentence where nothing else is wrong. */
  readonly alone?: string
}

export const unmatched = (pattern: string): Broken => ({
  breaks: 'pattern',
  constraint: `Member must satisfy regular expression pattern: ${pattern}`,
})
export const unlisted = (values: readonly string[]): Broken => ({
  breaks: 'values',
  constraint: `${enumeration}: [${values.join(', ')}]`,
})
const enumeration = 'Member must satisfy enum value set'

export const missing: Broken = { breaks: 'missing', constraint: 'Member must not be null' }

/** The refusal of an input with these failures, of which there is one at least. */
export function refuse(
  { service, name, protocol }: OperationContract,
  failures: readonly [Failure, ...Failure[]],
): Refusal {
  const { invalid } = services[service]
  if (invalid === 'reason') return reasoned(failures[0].breaks)
  if (invalid === 'parameter') return refusal('InvalidParameterException', 400, sentencesOf(failures))
  if (forwardedOf(service) !== undefined) {
    const others = failures.filter(({ alone }) => alone === undefined)
    if (others.length === 0) return validationError(protocol, failures[0].alone ?? '')
    return validationError(protocol, sentencesOf(others))
  }
  if (invalid === 'values') return validationError(protocol, sentencesOf(failures))
  const absent = failures.find(({ breaks }) => breaks === 'missing')
  if (absent !== undefined && missesParameters.has(name)) return missingParameter(absent)
  // IAM checks the alphabet of names, paths and documents after everything else, and names only the first that is wrong.
  const others = failures.filter((failure) => ownRefusal(failure) === undefined)
  const own = others.length === 0 ? failures.map(ownRefusal)[0] : undefined
  return own ?? validationError(protocol, sentencesOf(others.map(redact)))
}

function sentencesOf(failures: readonly Failure[]): string {
  const sentences = failures.map(
    ({ path, value, constraint }) =>
      `Value ${value === undefined ? '' : `'${value}' `}at '${path}' failed to satisfy constraint: ${constraint}`,
  )
  return `${failures.length} validation ${failures.length === 1 ? 'error' : 'errors'} detected: ${sentences.join('; ')}`
}

/**
 * IAM stopped echoing values and enumerations in 2025 (recorded); what it sends for `maxItems` is older. A client id is
 * named by itself, not by its list (recorded).
 */
function redact({ path, value, breaks, constraint, item }: Failure): Failure {
  if (path === 'maxItems' && value !== undefined)
    return { path, value, breaks, constraint: 'Member must have value between 1 and 1000' }
  if (path === 'clientIDList' && item !== undefined) return { path: 'clientID', breaks, constraint: item }
  return { path, breaks, constraint: breaks === 'values' ? enumeration : constraint }
}

/** Operations whose sentence for a missing member is the front door's for a missing parameter (recorded). */
const missesParameters: ReadonlySet<string> = new Set(['GetRole'])
const missingParameter = ({ path }: Failure) =>
  refusal(
    'MissingParameter',
    400,
    `The request must contain the parameter ${path.charAt(0).toUpperCase()}${path.slice(1)}.`,
  )

const slashes = 'alphanumeric characters and/or / characters.'
/** IAM's words for the patterns of its model (recorded of names, paths, key ids and documents). */
const alphabets: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '[\\w+=,.@-]+': 'contain only alphanumeric characters and/or the following: +=,.@_-',
    '[\\w]+': 'contain only alphanumeric characters.',
    '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)': `begin and end with / and contain only ${slashes}`,
    '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/': `begin and end with / and contain only ${slashes}`,
    '\\u002F[\\u0021-\\u007F]*': `begin with the / character and contain only ${slashes}`,
    '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+': 'contain only printable ASCII characters.',
  }).map(([pattern, words]) => [unmatched(pattern).constraint, words]),
)

/** Undefined where IAM uses the same words as every service: lengths, and patterns of tags and descriptions (recorded). */
function ownRefusal({ path, constraint, item }: Failure): Refusal | undefined {
  if (path === 'thumbprintList' && item !== undefined) {
    return modelled('iam', 'InvalidInputException', 'Thumbprint must be exactly 40 characters.')
  }
  const words = alphabets.get(constraint)
  if (words === undefined) return undefined
  return validationError('aws-query', `The specified value for ${path} is invalid. It must ${words}`)
}
