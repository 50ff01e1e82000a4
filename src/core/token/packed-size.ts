// How much of the space in a session token the session policies and tags of a request take: PackedPolicySize of AWS's
// answers.
import type { Tags } from '../identity.ts'
import { flatTags, positions } from './payload.ts'
import { maxText, type PolicyPacker, policyPacker } from './policy.ts'
import { maxPayload } from './seal.ts'

/**
 * Bytes kept in a token for everything that is neither session policy nor tag: ids, times, session name, source identity,
 * the proof's context keys, a chain of ten ancestors.
 */
const reserved = 1417

/** Bytes of a token's payload that session policies and tags share: 100 % of the packed size. */
export const packedBudget = maxPayload - reserved

/** The parts of a request that are packed. */
export interface Packed {
  readonly inline?: string | undefined
  /** As the pass carries them: unique ids. */
  readonly managed?: readonly string[]
  readonly tags?: Tags
  readonly transitive?: readonly string[]
}
/**
 * The share in percent, rounded up; 0 when there is nothing to pack; over 100 is PackedPolicyTooLarge. It counts the very
 * bytes that these take in the token: policies deflated, tags as they are (so that 50 of the largest never fit, however
 * similar they are).
 * DIVERGES: AWS does not publish how it measures, so the same request has another number there.
 */
export function packedSize(of: Packed, packer: PolicyPacker = policyPacker): number {
  const { inline, managed = [], tags = {}, transitive = [] } = of
  const flat = flatTags(tags)
  // A text too long to pack counts in full: it is far over 100 either way.
  let bytes = inline === undefined ? 0 : 1 + (2 * inline.length > maxText ? inline : packer.pack(inline)).length
  for (const part of [managed, flat, positions(transitive, flat)]) {
    if (part.length > 0) bytes += Buffer.byteLength(JSON.stringify(part)) - 2
  }
  return Math.ceil((100 * bytes) / packedBudget)
}
