// Session tags and source identity that an identity provider puts into its tokens (IAM User Guide, "Passing session tags
// using AssumeRoleWithWebIdentity", and "Configure your OIDC provider to set source identity").
import type { Json } from '../../wire/json-text.ts'
import type { Claims } from './token.ts'

export interface SessionClaims {
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly transitive: readonly string[]
  readonly sourceIdentity: string | undefined
}

/** The claims that are misshapen: a token that means to limit its session and fails must not have one without limits. */
export interface BadSessionClaims {
  readonly badClaim: string
}

const tagsClaim = 'https://aws.amazon.com/tags'
const sourceClaim = 'https://aws.amazon.com/source_identity'
/** As the STS model bounds tags that are passed as parameters. */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const sourceText = /^[\w+=,.@-]{2,64}$/
const mostTags = 50

export function sessionClaims(claims: Claims): SessionClaims | BadSessionClaims {
  const source = claims.get(sourceClaim)
  const sourceIdentity = typeof source === 'string' ? source : undefined
  if (source !== undefined && (sourceIdentity === undefined || !sourceText.test(sourceIdentity))) {
    return { badClaim: sourceClaim }
  }
  const given = claims.get(tagsClaim)
  if (given === undefined) return { tags: [], transitive: [], sourceIdentity }
  const read = given instanceof Map ? readTags(given) : undefined
  return read === undefined ? { badClaim: tagsClaim } : { ...read, sourceIdentity }
}

function readTags(given: ReadonlyMap<string, Json>): Omit<SessionClaims, 'sourceIdentity'> | undefined {
  const principal = given.get('principal_tags') ?? new Map<string, Json>()
  const keys = given.get('transitive_tag_keys') ?? []
  if (!(principal instanceof Map) || !Array.isArray(keys) || principal.size > mostTags) return undefined
  const transitive = keys as readonly Json[]
  if (!transitive.every((key): key is string => typeof key === 'string')) return undefined
  const tags: { Key: string; Value: string }[] = []
  for (const [Key, listed] of principal as ReadonlyMap<string, Json>) {
    // A list of one, as AWS documents it; a plain text is taken as well.
    const Value = Array.isArray(listed) && listed.length === 1 ? (listed as readonly Json[])[0] : listed
    if (typeof Value !== 'string' || Value.length > 256 || !tagText.test(Value)) return undefined
    if (Key === '' || Key.length > 128 || !tagText.test(Key)) return undefined
    tags.push({ Key, Value })
  }
  return { tags, transitive }
}
