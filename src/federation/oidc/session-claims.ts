// The session tags and the source identity that an identity provider sets in its tokens (IAM User Guide, "Passing session tags
// using AssumeRoleWithWebIdentity", and "Configure your OIDC provider to set source identity"). Tags come in one object, or
// flat, from providers that cannot make objects: a claim for each tag and one for the transitive keys.
import { foldCase } from '../../core/policy/casing.ts'
import type { Json } from '../../wire/json-text.ts'
import type { ProofAttributes, RejectedProof } from '../proof.ts'
import type { Claims } from './token.ts'

type Tag = ProofAttributes['tags'][number]

/** What the names of AWS's own claims begin with. */
const reserved = 'https://aws.amazon.com'
export const tagsClaim = `${reserved}/tags`
const flatTag = `${tagsClaim}/principal_tags/`
const flatTransitive = `${tagsClaim}/transitive_tag_keys`
export const sourceClaim = `${reserved}/source_identity`
/** The STS model's bounds of tags that are passed as parameters. */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const sourceText = /^[\w+=,.@-]{2,64}$/
const mostTags = 50

/** INVARIANT: a claim of AWS's own that is not understood rejects the token: ignored, its session would lack what it sets. */
export function sessionClaims(claims: Claims): ProofAttributes | RejectedProof {
  let sourceIdentity: string | undefined
  const tags = new Map<string, Tag>()
  const transitive: (readonly string[])[] = []
  for (const [name, value] of claims) {
    const folded = foldCase(name)
    if (folded !== reserved && !folded.startsWith(`${reserved}/`)) continue
    let understood = false
    if (name === sourceClaim) {
      sourceIdentity = typeof value === 'string' && sourceText.test(value) ? value : undefined
      understood = sourceIdentity !== undefined
    } else if (name === tagsClaim) understood = addNested(value, tags, transitive)
    else if (name === flatTransitive) understood = addTransitive(value, transitive)
    else if (name.startsWith(flatTag)) understood = addTag(name.slice(flatTag.length), value, tags)
    if (!understood) return bad(name)
  }
  const [first = [], second = first] = transitive
  if (tags.size > mostTags || !isSame(first, second)) return bad(tagsClaim)
  return { tags: [...tags.values()], transitive: first, sourceIdentity }
}

const bad = (claim: string): RejectedProof => ({ rejected: 'bad-claim', detail: claim })

const isSame = (some: readonly string[], others: readonly string[]) =>
  some.every((key) => others.includes(key)) && others.every((key) => some.includes(key))

function addNested(value: Json, tags: Map<string, Tag>, transitive: (readonly string[])[]): boolean {
  if (!(value instanceof Map)) return false
  for (const [name, member] of value as ReadonlyMap<string, Json>) {
    if (name === 'transitive_tag_keys') {
      if (!addTransitive(member, transitive)) return false
    } else if (name === 'principal_tags') {
      if (!(member instanceof Map)) return false
      for (const [key, listed] of member as ReadonlyMap<string, Json>) if (!addTag(key, listed, tags)) return false
    } else return false
  }
  return true
}

function addTransitive(value: Json, transitive: (readonly string[])[]): boolean {
  if (!Array.isArray(value)) return false
  const keys = value as readonly Json[]
  if (!keys.every((key): key is string => typeof key === 'string')) return false
  transitive.push(keys)
  return true
}

/** A tag that comes in both forms has the same value in both, or the token is rejected. */
function addTag(Key: string, listed: Json, tags: Map<string, Tag>): boolean {
  // A list of one, as AWS documents it; a plain text is taken as well.
  const Value = Array.isArray(listed) && listed.length === 1 ? (listed as readonly Json[])[0] : listed
  if (typeof Value !== 'string' || Value.length > 256 || !tagText.test(Value)) return false
  if (Key === '' || Key.length > 128 || !tagText.test(Key)) return false
  const earlier = tags.get(foldCase(Key))
  if (earlier !== undefined && (earlier.Key !== Key || earlier.Value !== Value)) return false
  tags.set(foldCase(Key), { Key, Value })
  return true
}
