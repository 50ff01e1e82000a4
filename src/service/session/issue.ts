// Makes a pass and the credentials that present it. Every way to temporary credentials ends here.

import type { Keys, Pass, PassKind, SessionAttributes } from '../../core/identity.ts'
import { accessKeyId } from '../../core/ids.ts'
import { Secret } from '../../core/secret.ts'
import { Unavailable } from '../../store/store.ts'
import { modelled, refusal } from '../../wire/errors.ts'
import type { Issued } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { attestationOf } from './attestations.ts'
import { type Lineage, maxChain } from './lineage.ts'
import { packedTooLarge } from './session-policies.ts'

export interface IssueRequest extends Partial<SessionAttributes> {
  readonly kind: PassKind
  readonly account: string
  readonly principal: string
  readonly version: number
  readonly name: string
  /** Seconds. */
  readonly duration: number
  readonly policies?: NonNullable<Pass['policies']>
  /** Seconds since 1970. */
  readonly mfaAt?: number
  readonly lineage: Lineage
  readonly bounded?: boolean
}

/** AWS's Credentials structure. */
export interface Credentials {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  readonly Expiration: Date
}

export interface Issuance {
  readonly credentials: Credentials
  /** Percent of what a pass can carry; absent when neither session policies nor tags were given. */
  readonly packedPolicySize?: number
  readonly issued: Issued
}

const none: Keys = new Map()

/** Seals a new pass. Throws refusals: the pass is too large, the chain too long, the change feed too far behind. */
export function issue(parts: Parts, request: IssueRequest, now: Date): Issuance {
  if (!parts.fresh(now)) throw new Unavailable('the change feed is behind: nothing is issued')
  if (request.lineage.ancestors.length > maxChain) {
    throw refusal('ValidationError', 400, `Roles can be chained at most ${maxChain} times.`)
  }
  const tags = request.tags ?? {}
  const transitive = request.transitive ?? []
  const packed = packedOf(parts.passes, request.policies, tags, transitive)
  const bytes = parts.random(16 + 30 + 5)
  const issuedAt = Math.floor(now.getTime() / 1000)
  const pass: Pass = {
    id: bytes.toString('hex', 0, 16),
    accessKeyId: accessKeyId('ASIA', request.account, bytes.subarray(46)),
    secret: new Secret(bytes.toString('base64', 16, 46)),
    issuedAt,
    expiresAt: issuedAt + request.duration,
    kind: request.kind,
    account: request.account,
    principal: request.principal,
    name: request.name,
    version: request.version,
    tags,
    transitive,
    keys: request.keys ?? none,
    ancestors: request.lineage.ancestors,
    by: request.lineage.by,
    vouched: request.lineage.vouched,
    ...(request.sourceIdentity === undefined ? {} : { sourceIdentity: request.sourceIdentity }),
    ...(request.policies === undefined ? {} : { policies: request.policies }),
    ...(request.mfaAt === undefined ? {} : { mfaAt: request.mfaAt }),
    ...(request.bounded ? { bounded: true } : {}),
  }
  const token = parts.passes.seal(pass)
  if (token === undefined)
    throw modelled('sts', 'PackedPolicyTooLargeException', 'Serialized token too large for session')
  return {
    credentials: {
      AccessKeyId: pass.accessKeyId,
      SecretAccessKey: pass.secret.reveal(),
      SessionToken: token,
      Expiration: new Date(pass.expiresAt * 1000),
    },
    ...(packed === undefined ? {} : { packedPolicySize: packed }),
    issued: issuedOf(pass),
  }
}

/** A pass as the index of sessions lists it. */
export function issuedOf(pass: Pass): Issued {
  const attestation = attestationOf(pass)
  return {
    sessionId: pass.id,
    accessKeyId: pass.accessKeyId,
    account: pass.account,
    principal: pass.principal,
    name: pass.name,
    expiresAt: pass.expiresAt,
    ancestors: pass.ancestors.map(({ id }) => id),
    by: pass.by,
    ...(pass.sourceIdentity === undefined ? {} : { sourceIdentity: pass.sourceIdentity }),
    ...(attestation === undefined ? {} : { attestation }),
  }
}

function packedOf(
  passes: Parts['passes'],
  policies: IssueRequest['policies'],
  tags: SessionAttributes['tags'],
  transitive: readonly string[],
): number | undefined {
  const tagged = Object.keys(tags).length > 0
  if (policies === undefined && !tagged) return undefined
  const size = passes.packedSize({ inline: policies?.inline, managed: policies?.managed ?? [], tags, transitive })
  if (size <= 100) return size
  if (policies !== undefined) throw packedTooLarge(size)
  const sentence = `Packed size of session tags consumes ${size}% of allotted space.`
  throw modelled('sts', 'PackedPolicyTooLargeException', sentence)
}
