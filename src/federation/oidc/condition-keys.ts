// What of a token's claims policies may ask for (IAM User Guide, "Available keys for AWS web identity federation"): a few
// of every provider, more of issuers that AWS knows by name and, where the operator says so, any.
import { foldCase } from '../../core/policy/casing.ts'
import type { Json } from '../../wire/json-text.ts'
import { textsOf, type VerifiedToken } from './verify.ts'

/** The claims of issuers that AWS names. A name with `/` is a member of an object if no claim is called so. */
const named: readonly (readonly [issuer: RegExp, claims: readonly string[]])[] = [
  [
    // GitHub Actions; an enterprise may have its own issuer below the common one.
    /^token\.actions\.githubusercontent\.com(?:\/[^/]+)?$/,
    [
      ...['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository'],
      ...['repository_id', 'repository_owner_id', 'workflow'],
    ],
  ],
  [
    /^gitlab\.com$/,
    [
      ...['namespace_id', 'pipeline_source', 'project_id', 'ref_protected', 'runner_environment'],
      ...['user_access_level', 'user_email', 'user_id', 'user_login'],
    ],
  ],
  [
    /^agent\.buildkite\.com$/,
    [
      ...['build_branch', 'cluster_id', 'cluster_name', 'organization_id', 'organization_slug'],
      ...['pipeline_id', 'pipeline_slug'],
    ],
  ],
  [/^oidc\.circleci\.com\/org\/[^/]+$/, ['oidc.circleci.com/project-id']],
  [/^accounts\.google\.com$/, ['google/organization_number']],
]

/** Names under which a provider's keys are computed, or that a proof is made of: no claim becomes one of them. */
const computed: ReadonlySet<string> = new Set([
  ...['aud', 'oaud', 'sub', 'amr', 'iss', 'azp', 'app_id', 'id', 'user_id', 'exp', 'iat', 'nbf'],
])

/** Which further claims of a provider's tokens become condition keys. */
export type ExtraClaims = 'all' | readonly string[] | undefined

export interface ConditionKeys {
  /** What the session keeps: `aud`, `sub`, `amr`. */
  readonly lasting: ReadonlyMap<string, string | readonly string[]>
  /** What the trust policy alone may ask for. */
  readonly passing: ReadonlyMap<string, string | readonly string[]>
}

/**
 * The keys of a verified token, lower-cased as the policy engine takes them.
 *
 * @param provider The provider's name: its URL without the scheme.
 */
export function conditionKeys(provider: string, token: VerifiedToken, extra: ExtraClaims): ConditionKeys {
  const key = (name: string) => foldCase(`${provider}:${name}`)
  const lasting = new Map<string, string | readonly string[]>([
    [key('aud'), token.audience],
    [key('sub'), token.subject],
  ])
  const amr = textsOf(token.claims.get('amr'))
  if (amr !== undefined) lasting.set(key('amr'), amr)
  const passing = new Map<string, string | readonly string[]>()
  // Google's tokens always say both; of others `oaud` is there where `azp` took the place of `aud`.
  if (token.claims.has('azp') || provider === 'accounts.google.com') passing.set(key('oaud'), token.originalAudience)
  for (const [name, value] of furtherClaims(provider, token, extra)) passing.set(key(name), value)
  return { lasting, passing }
}

function furtherClaims(
  provider: string,
  { claims }: VerifiedToken,
  extra: ExtraClaims,
): readonly (readonly [string, string | readonly string[]])[] {
  const wanted = new Set(named.find(([issuer]) => issuer.test(provider))?.[1] ?? [])
  const standard = new Set(wanted)
  for (const name of extra === 'all' ? claims.keys() : (extra ?? [])) wanted.add(name)
  const found: (readonly [string, string | readonly string[]])[] = []
  for (const name of wanted) {
    // Names end at the last colon: one within a name would let a claim pass for another provider's, or for AWS's own.
    if (name.includes(':') || (!standard.has(name) && computed.has(foldCase(name))) || isAmbiguous(name, claims))
      continue
    const value = keyValueOf(claims.get(name) ?? memberOf(name, claims))
    if (value !== undefined) found.push([name, value])
  }
  return found
}

/** Policies do not tell `Team` from `team`: a token that has both has neither. */
function isAmbiguous(name: string, claims: ReadonlyMap<string, Json>): boolean {
  const folded = foldCase(name)
  for (const other of claims.keys()) if (other !== name && foldCase(other) === folded) return true
  return false
}

function memberOf(name: string, claims: ReadonlyMap<string, Json>): Json | undefined {
  const slash = name.indexOf('/')
  const parent = slash < 0 ? undefined : claims.get(name.slice(0, slash))
  return parent instanceof Map ? (parent as ReadonlyMap<string, Json>).get(name.slice(slash + 1)) : undefined
}

/** Texts, numbers, booleans, and lists of texts. What is empty, or anything else, is no value: the key is then absent. */
function keyValueOf(value: Json | undefined): string | readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  const list = textsOf(value)
  return list === undefined || list.length === 0 ? undefined : list
}
