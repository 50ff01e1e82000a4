// Which role an identity is given (Amazon Cognito Developer Guide, "Using role-based access control"): the pool's own for
// guests and for those who signed in, or one that a mapping reads from the token.
import type { Json } from '../../../wire/json-text.ts'
import type { PoolView } from '../../contracts/identity-pools.ts'
import type { Claims } from '../../contracts/logins.ts'
import type { VerifiedLogin } from '../identities/logins.ts'
import type { PoolRoles, RoleMapping, Rule } from '../records.ts'

export type NoRole =
  /** The pool has no role for such an identity. */
  | { readonly rejected: 'none' }
  /** No role, or more than one, where this provider's mapping says Deny. */
  | { readonly rejected: 'ambiguous'; readonly provider: string }
  /** The caller asks for a role that the token does not list and no matching rule gives. */
  | { readonly rejected: 'not-listed' }

export type RoleChoice = { readonly role: string } | NoRole

/** What of a login counts for the choice. */
export type LoginClaims = Pick<VerifiedLogin, 'names' | 'claims'>

/**
 * Whether the pool has role mappings. INVARIANT: then there is no basic flow, in which whoever signs in chooses the role:
 * it would give everybody what a mapping gives to few, or denies.
 */
export const mapsRoles = ({ roles }: Pick<PoolView, 'roles'>): boolean => Object.keys(roles?.mappings ?? {}).length > 0

/** The role of an identity with these logins. `custom` is the role that the caller asks for. */
export function chooseRole(
  roles: PoolRoles | undefined,
  logins: readonly LoginClaims[],
  custom: string | undefined,
): RoleChoice {
  const usual = roleOr(roles?.authenticated)
  const mapped = roles === undefined ? [] : logins.flatMap((login) => mappingOf(roles, login))
  if (custom !== undefined) {
    // DIVERGES: what AWS does where the pool maps no roles is not known; here nobody chooses a role that no mapping gives.
    const given = mapped.some(({ mapping, claims }) => rolesToChoose(mapping, claims).includes(custom))
    return given ? { role: custom } : { rejected: 'not-listed' }
  }
  if (mapped.length === 0) return usual
  const candidates = new Set(mapped.flatMap(({ mapping, claims }) => candidatesOf(mapping, claims)))
  const [only] = candidates
  if (candidates.size === 1 && only !== undefined) return { role: only }
  const denying = mapped.find(({ mapping }) => mapping.ambiguous === 'Deny')
  return denying === undefined ? usual : { rejected: 'ambiguous', provider: denying.name }
}

/**
 * The logins of a bearer of a token of the pool, who signed in before: the names that have mappings, and no claims.
 * INVARIANT: a mapping counts for whoever signed in by its provider, however long ago: a token does not lead around it.
 */
export function loginsWithoutClaims(roles: PoolRoles | undefined, amr: readonly string[]): readonly LoginClaims[] {
  const isMeant = (name: string) =>
    amr.some((entry) => entry === name || name.startsWith(`${entry}:`) || entry.startsWith(`${name}:`))
  return Object.keys(roles?.mappings ?? {})
    .filter(isMeant)
    .map((name) => ({ names: [name], claims: new Map() }))
}

/** The role of a guest. */
export const guestRole = (roles: PoolRoles | undefined): RoleChoice => roleOr(roles?.unauthenticated)

const roleOr = (role: string | undefined): RoleChoice => (role === undefined ? { rejected: 'none' } : { role })

interface Mapped {
  readonly name: string
  readonly mapping: RoleMapping
  readonly claims: Claims
}

function mappingOf(roles: PoolRoles, { names, claims }: LoginClaims): readonly Mapped[] {
  const name = names.find((candidate) => Object.hasOwn(roles.mappings, candidate))
  const mapping = name === undefined ? undefined : roles.mappings[name]
  return name === undefined || mapping === undefined ? [] : [{ name, mapping, claims }]
}

/** The roles that a caller may choose from: those that the token lists, or those of all matching rules. */
const rolesToChoose = ({ type, rules }: RoleMapping, claims: Claims): readonly string[] =>
  type === 'Token' ? listedRoles(claims) : rules.filter((rule) => matches(rule, claims)).map(({ role }) => role)

function candidatesOf(mapping: RoleMapping, claims: Claims): readonly string[] {
  if (mapping.type === 'Rules') {
    const rule = mapping.rules.find((candidate) => matches(candidate, claims))
    return rule === undefined ? [] : [rule.role]
  }
  const preferred = claims.get('cognito:preferred_role')
  return typeof preferred === 'string' ? [preferred] : listedRoles(claims)
}

/** DIVERGES: AWS's guide also shows one text with commas; in tokens that were seen it is a list, and only a list is read. */
const listedRoles = (claims: Claims): readonly string[] => textsOf(claims.get('cognito:roles')) ?? []

/** Whether a rule matches. A claim that is absent or has no texts matches nothing: not even NotEqual. */
function matches({ claim, match, value }: Rule, claims: Claims): boolean {
  const texts = textsOf(claims.get(claim))
  if (texts === undefined || texts.length === 0) return false
  switch (match) {
    case 'Equals':
      return texts.includes(value)
    case 'Contains':
      return texts.some((text) => text.includes(value))
    case 'StartsWith':
      return texts.some((text) => text.startsWith(value))
    case 'NotEqual':
      return !texts.includes(value)
  }
}

/** A claim's texts: of a text, number or boolean one; of a list of texts all. */
export function textsOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (!Array.isArray(value)) return undefined
  const list = value as readonly Json[]
  return list.every((item): item is string => typeof item === 'string') ? list : undefined
}
