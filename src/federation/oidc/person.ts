// Who the claims of a verified token say somebody is (OpenID Connect Core 1.0, 5.1; Microsoft Entra ID, "Groups overage claim").
import type { Json } from '../../wire/json-text.ts'
import type { Person, PersonGroup } from '../person.ts'
import { groupsNamed, longestName, type NoPerson, noPerson, tagValues } from '../person-values.ts'
import type { Claims } from './token.ts'
import { textsOf } from './verify.ts'

/** Which claims say what. */
export interface ClaimNames {
  /** The connector's. */
  readonly name: string
  readonly loginClaim: string
  /** Absent: people are in no groups. */
  readonly groupsClaim?: string
  /** Values are names of the claims that session tags are made of, in whatever case. */
  readonly tags: ReadonlyMap<string, string>
  /** `amr` values (RFC 8176), of which one says that a second factor was used. */
  readonly multiFactorAmr: readonly string[]
}

/** Claims of the ID token and, where it lacks some, of the UserInfo endpoint. `amr` and `auth_time` are the ID token's alone. */
export interface PersonClaims {
  readonly subject: string
  readonly token: Claims
  readonly userInfo?: Claims
}

export function personOfClaims(names: ClaimNames, { subject, token, userInfo }: PersonClaims): Person | NoPerson {
  const claims: Claims = new Map([...(userInfo ?? []), ...token])
  const login = claims.get(names.loginClaim)
  if (typeof login !== 'string' || login === '' || login.length > longestName)
    return noPerson('no-id', `no claim ${names.loginClaim}, or none that is a login`)
  const groups = groupsOf(names.groupsClaim, [token, ...(userInfo === undefined ? [] : [userInfo])], claims)
  if ('rejected' in groups) return groups
  const amr = textsOf(token.get('amr')) ?? []
  const authTime = token.get('auth_time')
  return {
    ...{ connector: names.name, id: subject, login, groups },
    attributes: tagValues(names.tags, claims, valuesOf),
    multiFactor: amr.some((value) => names.multiFactorAmr.includes(value)),
    ...(Number.isSafeInteger(authTime) ? { authenticatedAt: Number(authTime) } : {}),
  }
}

/** Whether a claim that is wanted is still missing. */
export const lacksClaims = ({ loginClaim, groupsClaim, tags }: ClaimNames, claims: Claims): boolean =>
  [loginClaim, ...(groupsClaim === undefined ? [] : [groupsClaim])].some((name) => !claims.has(name)) ||
  [...tags.values()].some((name) => ![...claims.keys()].some((key) => key.toLowerCase() === name.toLowerCase()))

/**
 * INVARIANT: groups that were left out are never read as "in no group". A provider that has too many of them to say names a place
 * to ask (aggregated and distributed claims, Core 5.6.2), or says that there are some.
 */
function groupsOf(
  name: string | undefined,
  sources: readonly Claims[],
  claims: Claims,
): readonly PersonGroup[] | NoPerson {
  if (name === undefined) return []
  if (sources.some((source) => isOverage(source, name)))
    return noPerson('groups', 'the provider says that there are more groups than it puts into a token (groups overage)')
  const value = claims.get(name)
  if (value === undefined) return noPerson('groups', `no claim ${name}`)
  const texts = Array.isArray(value) && value.length === 0 ? [] : textsOf(value)
  if (texts === undefined) return noPerson('groups', `claim ${name} is no list of names`)
  return groupsNamed(texts, `claim ${name}`)
}

function isOverage(claims: Claims, name: string): boolean {
  const elsewhere = claims.get('_claim_names')
  const hasGroups = claims.get('hasgroups')
  return (
    (elsewhere instanceof Map && (elsewhere.has(name) || elsewhere.has('groups'))) ||
    (hasGroups !== undefined && hasGroups !== false) ||
    [...claims.keys()].some((key) => /^groups:src\d+$/.test(key))
  )
}

/** Texts, numbers and truth values, one or a list of nothing else. */
function valuesOf(value: Json): readonly string[] | undefined {
  const list: readonly Json[] = Array.isArray(value) ? value : [value]
  const isPlain = list.every((one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean')
  return isPlain ? list.map(String) : undefined
}
