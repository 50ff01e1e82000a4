// What the attributes of a verified assertion say of the session that it may begin (IAM User Guide, "Configure SAML assertions
// for the authentication response" and "Passing session tags using AssumeRoleWithSAML").
import { foldCase } from '../../core/policy/casing.ts'
import { isTagKey, isTagValue, MOST_SESSION_TAGS } from '../../core/tag-texts.ts'
import type { ProofAttributes } from '../proof.ts'
import type { SamlAssertion } from './model.ts'

/** A role that the assertion names, and the provider that it names with it. */
export interface RolePair {
  readonly role: string
  readonly provider: string
}

/** What an assertion says of a session. */
export interface SamlSession {
  /** As they stand in the assertion, for whatever provider and account. */
  readonly pairs: readonly RolePair[]
  readonly name: string
  /** Seconds: no session of the assertion lives longer. */
  readonly longest: number | undefined
  readonly limits: ProofAttributes
}

export type AttributeRejection =
  | 'role-value'
  | 'no-session-name'
  | 'session-name'
  | 'session-duration'
  | 'source-identity'
  | 'tags'
  | 'unknown-attribute'

export interface RejectedAttribute {
  readonly rejected: AttributeRejection
  readonly detail: string
}

const prefix = 'https://aws.amazon.com/SAML/Attributes/'
/** DIVERGES: AWS's partition in China has a prefix of its own. There is one partition here, and one prefix. */
const foreignPrefix = 'http://www.amazonaws.cn/SAML/Attributes/'
const tagPrefix = `${prefix}PrincipalTag:`
const known: ReadonlySet<string> = new Set(
  ['Role', 'RoleSessionName', 'SessionDuration', 'SourceIdentity', 'TransitiveTagKeys'].map((name) => prefix + name),
)

const nameText = /^[\w+=,.@-]{2,64}$/
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/
const providerArn = /^arn:aws[a-z-]*:iam::\d{12}:saml-provider\/[\w._-]+$/

const rejection = (rejected: AttributeRejection, detail: string): RejectedAttribute => ({ rejected, detail })

/** INVARIANT: an attribute of AWS's own that is not understood is bad; left out, the session would lack what it says. */
export function readSamlSession(assertion: SamlAssertion): SamlSession | RejectedAttribute {
  for (const name of assertion.attributes.keys()) {
    if (isOurs(name) && !known.has(name) && !name.startsWith(tagPrefix))
      return rejection('unknown-attribute', `attribute ${name}`)
  }
  const pairs = readPairs(assertion.attributes.get(`${prefix}Role`) ?? [])
  if ('rejected' in pairs) return pairs
  const name = readName(assertion)
  if (typeof name === 'object') return name
  const longest = readDuration(assertion)
  if (typeof longest === 'object') return longest
  const limits = readLimits(assertion)
  return 'rejected' in limits ? limits : { pairs, name, longest, limits }
}

/** Names that AWS reads, in whatever case they are written. */
function isOurs(name: string): boolean {
  const folded = foldCase(name)
  return folded.startsWith(foldCase(prefix)) || folded.startsWith(foldCase(foreignPrefix))
}

/**
 * The one value of an attribute; undefined when it is absent.
 * INVARIANT: of two values, in one element or in two, neither is taken for the one that was meant.
 */
function only({ attributes, repeated }: SamlAssertion, name: string): string | undefined | typeof several {
  const values = attributes.get(name)
  if (values === undefined) return undefined
  const [value] = values
  return values.length === 1 && value !== undefined && !repeated.has(name) ? value : several
}

const several = Symbol('not one value')

/**
 * Values without any ARN belong to other services that the provider serves by the same attribute; what holds an ARN and is not
 * a pair is a mistake that would otherwise leave somebody without a role, or with another.
 */
function readPairs(values: readonly string[]): readonly RolePair[] | RejectedAttribute {
  const pairs = new Map<string, RolePair>()
  for (const value of values) {
    if (!value.includes('arn:')) continue
    const pair = readPair(value)
    if (pair === undefined) return rejection('role-value', 'a Role that is no pair of a role and a SAML provider')
    pairs.set(`${pair.role} ${pair.provider}`, pair)
  }
  return [...pairs.values()]
}

/** In either order. A role's name may hold commas, so the comma that separates is the one before an ARN. */
function readPair(value: string): RolePair | undefined {
  const [first = '', second = '', ...more] = value.split(/,(?=\s*arn:)/).map((part) => part.trim())
  if (more.length > 0) return undefined
  if (roleArn.test(first) && providerArn.test(second)) return { role: first, provider: second }
  return providerArn.test(first) && roleArn.test(second) ? { role: second, provider: first } : undefined
}

function readName(assertion: SamlAssertion): string | RejectedAttribute {
  const value = only(assertion, `${prefix}RoleSessionName`)
  if (value === undefined) return rejection('no-session-name', 'no RoleSessionName')
  if (value === several) return rejection('session-name', 'not one RoleSessionName')
  return nameText.test(value) ? value : rejection('session-name', 'a RoleSessionName of another form')
}

/** DIVERGES: what AWS does with a SessionDuration out of its range is not known; here it is refused, never rounded. */
function readDuration(assertion: SamlAssertion): number | undefined | RejectedAttribute {
  const value = only(assertion, `${prefix}SessionDuration`)
  if (value === undefined) return undefined
  const seconds = value !== several && /^\d{3,5}$/.test(value) ? Number(value) : Number.NaN
  return seconds >= 900 && seconds <= 43_200
    ? seconds
    : rejection('session-duration', 'SessionDuration is not one whole number from 900 to 43200')
}

function readLimits(assertion: SamlAssertion): ProofAttributes | RejectedAttribute {
  const tags = new Map<string, { readonly Key: string; readonly Value: string }>()
  for (const name of assertion.attributes.keys()) {
    if (!name.startsWith(tagPrefix)) continue
    const Key = name.slice(tagPrefix.length)
    const Value = only(assertion, name)
    const folded = foldCase(Key)
    if (!isTagKey(Key) || folded.startsWith('aws:')) return rejection('tags', 'a key that no tag may have')
    if (Value === undefined || Value === several || !isTagValue(Value))
      return rejection('tags', `not one good value of tag ${Key}`)
    if (tags.has(folded)) return rejection('tags', `tag ${Key} in two spellings`)
    tags.set(folded, { Key, Value })
  }
  if (tags.size > MOST_SESSION_TAGS) return rejection('tags', `${tags.size} tags`)
  const transitive = new Set<string>()
  for (const key of assertion.attributes.get(`${prefix}TransitiveTagKeys`) ?? []) {
    const tag = tags.get(foldCase(key))
    if (tag === undefined) return rejection('tags', 'a transitive key without its tag')
    transitive.add(tag.Key)
  }
  const sourceIdentity = only(assertion, `${prefix}SourceIdentity`)
  if (sourceIdentity === several || (sourceIdentity !== undefined && !nameText.test(sourceIdentity)))
    return rejection('source-identity', 'not one SourceIdentity of the form')
  return { tags: [...tags.values()], transitive: [...transitive], sourceIdentity }
}
