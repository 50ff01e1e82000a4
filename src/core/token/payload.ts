// A pass as the bytes that a session token seals, and back: a JSON array, and after a zero byte (which JSON text never
// holds) the session policy, deflated. The layout belongs to the format version in the token's head.
import type { Ancestor, Pass, PassKind, Tags } from '../identity.ts'
import { Secret } from '../secret.ts'
import { type PolicyPacker, policyPacker } from './policy.ts'
import { newestToken, type TokenVersion } from './seal.ts'

const kinds: readonly PassKind[] = ['role', 'user', 'federated-user', 'root-task']

type FlatAncestor = readonly [id: string, principal: string, version: number, account: string]

type Head = readonly [
  kind: number,
  id: string,
  secret: string,
  issuedAt: number,
  lifetime: number,
  account: string,
  principal: string,
  name: string,
  version: number,
  by: string,
  tags: readonly string[],
  transitive: readonly (number | string)[],
  ancestors: readonly FlatAncestor[],
  keys: readonly (string | readonly string[])[],
  managed: readonly string[] | 0,
  sourceIdentity: string | 0,
  mfaAt: number | null,
  /** Version 2 alone. A node that does not know `bounded` takes a session with it for one that nobody vouches for. */
  vouched?: 0 | 1 | 2 | 3,
]

/** Members of the array. */
const lengths: Readonly<Record<TokenVersion, number>> = { 1: 17, 2: 18 }

/**
 * Whether a session of version 1, which does not say so, is vouched for: `by` of a session that began with a proof is its
 * provider and subject, and only an account's own provider has an ARN. A user that an identity pool's developer vouched for
 * counts as a guest for the hours that such a session has left.
 */
const vouchedBefore = (by: string) => by.startsWith('arn:') || !by.includes(' ')

/** Keys and values, alternating. */
export const flatTags = (tags: Tags): string[] => Object.entries(tags).flat()

/** A transitive key is the position of its tag: it need not be written twice. */
export function positions(transitive: readonly string[], flat: readonly string[]): (number | string)[] {
  return transitive.map((key) => {
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === key) return i / 2
    return key
  })
}

const flatAncestor = (a: Ancestor): FlatAncestor => [a.id, a.principal, a.version, a.account]

const ancestor = ([id, principal, version, account]: FlatAncestor): Ancestor => ({ id, principal, version, account })

/** The payload of a pass. The access key id is not in it: it is part of what the token is sealed to. */
export function encodePass(
  pass: Pass,
  version: TokenVersion = newestToken,
  packer: PolicyPacker = policyPacker,
): Buffer {
  const tags = flatTags(pass.tags)
  const keys: (string | readonly string[])[] = []
  for (const [key, value] of pass.keys) keys.push(key, value)
  const head: Head = [
    kinds.indexOf(pass.kind),
    pass.id,
    pass.secret.reveal(),
    pass.issuedAt,
    pass.expiresAt - pass.issuedAt,
    pass.account,
    pass.principal,
    pass.name,
    pass.version,
    pass.by,
    tags,
    positions(pass.transitive, tags),
    pass.ancestors.map(flatAncestor),
    keys,
    pass.policies?.managed ?? 0,
    pass.sourceIdentity ?? 0,
    pass.mfaAt ?? null,
  ]
  const text = JSON.stringify(version === 1 ? head : [...head, (pass.vouched ? 1 : 0) + (pass.bounded ? 2 : 0)])
  const inline = pass.policies?.inline
  if (inline === undefined) return Buffer.from(text)
  const packed = packer.pack(inline)
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(length + 1 + packed.length)
  bytes.write(text)
  bytes[length] = 0
  packed.copy(bytes, length + 1)
  return bytes
}

/** The pass of a payload that a token with this access key id carried; undefined when it is not one. */
export function decodePass(
  payload: Buffer,
  accessKeyId: string,
  format: TokenVersion = newestToken,
  packer: PolicyPacker = policyPacker,
): Pass | undefined {
  const zero = payload.indexOf(0)
  const head = parse(payload.toString('utf8', 0, zero < 0 ? payload.length : zero), lengths[format])
  const kind = head === undefined ? undefined : kinds[head[0]]
  if (head === undefined || kind === undefined) return undefined
  const inline = zero < 0 ? undefined : packer.unpack(payload.subarray(zero + 1))
  if (zero >= 0 && inline === undefined) return undefined
  const [, id, secret, issuedAt, lifetime, account, principal, name, version, by] = head
  const [, , , , , , , , , , tags, transitive, ancestors, keys, managed, sourceIdentity, mfaAt, vouched] = head
  return {
    id,
    accessKeyId,
    secret: new Secret(secret),
    issuedAt,
    expiresAt: issuedAt + lifetime,
    kind,
    account,
    principal,
    name,
    version,
    by,
    vouched: format === 1 ? vouchedBefore(by) : vouched === 1 || vouched === 3,
    tags: Object.fromEntries(pairs(tags)),
    transitive: transitive.map((key) => (typeof key === 'string' ? key : (tags[2 * key] as string))),
    ancestors: ancestors.map(ancestor),
    keys: new Map(pairs(keys) as [string, string | readonly string[]][]),
    ...(managed === 0 ? {} : { policies: inline === undefined ? { managed } : { inline, managed } }),
    ...(sourceIdentity === 0 ? {} : { sourceIdentity }),
    ...(mfaAt === null ? {} : { mfaAt }),
    ...(vouched === 2 || vouched === 3 ? { bounded: true } : {}),
  }
}

function parse(text: string, length: number): Head | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.length === length ? (value as unknown as Head) : undefined
  } catch {
    return undefined
  }
}

function pairs<T>(flat: readonly T[]): [T, T][] {
  const out: [T, T][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) out.push([flat[i] as T, flat[i + 1] as T])
  return out
}
