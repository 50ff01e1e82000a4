// Which claims of a token become condition keys (IAM User Guide, "Available keys for AWS OIDC federation"): a few of every
// provider's, more of issuers that AWS names, and any that the operator lists. And of which keys nothing is known.
import { foldCase } from '../../core/policy/casing.ts'
import type { Json } from '../../wire/json-text.ts'
import type { ClaimValue, KeyClaims } from '../proof.ts'
import { textsOf, type VerifiedToken } from './verify.ts'

const github: readonly string[] = [
  ...['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository'],
  ...['repository_id', 'repository_owner_id', 'workflow'],
]
const buildkite: readonly string[] = [
  ...['build_branch', 'cluster_id', 'cluster_name', 'organization_id', 'organization_slug'],
  ...['pipeline_id', 'pipeline_slug'],
]

/** The claims of issuers that AWS names. A name with `/` is a member of an object if no claim has that name. */
const named: readonly (readonly [issuer: RegExp, claims: readonly string[]])[] = [
  // GitHub Actions; an enterprise may have its own issuer below the common one, or a domain of its own.
  [/^token\.actions\.githubusercontent\.com(?:\/[^/]+)?$/, github],
  [/^token\.actions\.[^./]+\.ghe\.com$/, github],
  [/^github\.com\/enterprises\/[^/]+$/, github],
  [
    /^gitlab\.com$/,
    [
      ...['namespace_id', 'pipeline_source', 'project_id', 'ref_protected', 'runner_environment'],
      ...['user_access_level', 'user_email', 'user_id', 'user_login'],
    ],
  ],
  [/^agent\.buildkite\.com$/, buildkite],
  [/^agent\.[^./]+\.buildkite\.(?:dev|site)$/, buildkite],
  [/^idcs-[^./]+\.identity\.oraclecloud\.com$/, ['rpst_id']],
  [/^oidc\.circleci\.com\/org\/[^/]+$/, ['oidc.circleci.com/project-id']],
  [/^accounts\.google\.com$/, ['google/organization_number']],
]

/** Names of keys that are computed, and of claims that verify the token: no other claim becomes a key of that name. */
const computed: ReadonlySet<string> = new Set([
  ...['aud', 'oaud', 'sub', 'amr', 'iss', 'azp', 'app_id', 'id', 'user_id', 'exp', 'iat', 'nbf'],
])

/** Claims whose key, or its absence, keyClaims works out of every token. */
const ofEveryToken: ReadonlySet<string> = new Set(['aud', 'oaud', 'sub', 'amr'])

/** Which further claims of a provider's tokens become condition keys. */
export type ExtraClaims = 'all' | readonly string[] | undefined

/**
 * The claims of a verified token that policies may ask for.
 *
 * @param provider The provider's name: its URL without the scheme.
 */
export function keyClaims(provider: string, token: VerifiedToken, extra: ExtraClaims): KeyClaims {
  const wholeSession = new Map<string, ClaimValue>([
    ['aud', token.audience],
    ['sub', token.subject],
  ])
  // `aud` as the token has it, even where `azp` is the audience that counts.
  const trustPolicyOnly = new Map<string, ClaimValue>([['oaud', token.originalAudience]])
  const absent: string[] = []
  const unread: string[] = []
  const amr = token.claims.get('amr')
  const amrs = textsOf(amr)
  if (amrs !== undefined) wholeSession.set('amr', amrs)
  else if (amr === undefined) absent.push('amr')
  else unread.push('amr')
  for (const [name, value] of furtherClaims(provider, token, extra)) {
    // A claim that differs in case alone never replaces one of these.
    if (ofEveryToken.has(foldCase(name))) continue
    if (value === 'unread') unread.push(name)
    else if (value === undefined) absent.push(name)
    else trustPolicyOnly.set(name, value.is)
  }
  return {
    prefix: provider,
    wholeSession,
    trustPolicyOnly,
    absent,
    unread,
    others: extra === 'all' ? 'absent' : 'unknown',
  }
}

/** The value of a claim, or that the token lacks it, or that it is there and cannot become a key. */
type Further = readonly [name: string, { readonly is: ClaimValue } | undefined | 'unread']

function furtherClaims(provider: string, { claims }: VerifiedToken, extra: ExtraClaims): readonly Further[] {
  const standard = new Set(['email', ...(named.find(([issuer]) => issuer.test(provider))?.[1] ?? [])])
  const wanted = new Set(standard)
  for (const name of extra === 'all' ? claims.keys() : (extra ?? [])) wanted.add(name)
  return [...wanted].map((name): Further => {
    // A key's name begins after its last colon: a colon within would let a claim pass for another provider's, or AWS's own.
    const reserved = name.includes(':') || (!standard.has(name) && computed.has(foldCase(name)))
    if (reserved || isAmbiguous(name, claims)) return [name, 'unread']
    const claim = claims.get(name) ?? memberOf(name, claims)
    const value = keyValueOf(claim)
    return [name, value !== undefined ? { is: value } : claim === undefined ? undefined : 'unread']
  })
}

/** Policies do not distinguish `Team` from `team`: of a token that has both, neither becomes a key. */
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

/** Texts, numbers, booleans and lists of texts. Anything else, or an empty one, leaves the key absent. */
function keyValueOf(value: Json | undefined): string | readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  const list = textsOf(value)
  return list === undefined || list.length === 0 ? undefined : list
}
