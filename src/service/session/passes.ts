// Session tokens as the services see them: sealed and opened. Opening checks everything that ends a session, on every
// request, whether or not the token was opened before: its expiry, a revocation, the end of its ring key, the deletion of its
// principal, the suspension of its account, the end of what vouched for its workload. Only opening gives a pass, so that no operation runs without these checks.
import { hash, type KeyObject } from 'node:crypto'
import type { Pass } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import { createLru } from '../../core/token/lru.ts'
import { packedSize } from '../../core/token/packed-size.ts'
import { decodePass, encodePass } from '../../core/token/payload.ts'
import { rememberingPacker } from '../../core/token/policy.ts'
import { maxTokenLength, openToken, type Subkey, sealsPerSubkey, sealToken, subkeyOf } from '../../core/token/seal.ts'
import type { KeyRing, Random } from '../../keys/keys.ts'
import { Unavailable } from '../../store/store.ts'
import type { Subject, Subjects } from '../contracts/subject.ts'
import type { Opened, Passes, PassRejection } from '../parts.ts'
import { type Attestations, attestationOf } from './attestations.ts'
import { brokerUserOf } from './lineage.ts'
import type { Revocations } from './revocations.ts'

export interface PassesOptions {
  readonly ring: KeyRing
  readonly subjects: Pick<Subjects, 'byId'>
  readonly revocations: Pick<Revocations, 'kills' | 'holds' | 'believed'>
  /** What vouches for workloads. */
  readonly attestations: Attestations
  /** Where salts and nonces come from; pooled, for speed. */
  readonly random: Random
  /** Memory for opened tokens; 64 MiB by default, of which one account has at most half. */
  readonly cacheBytes?: number
}

interface Cached {
  readonly pass: Pass
  readonly keyId: string
}

const noNonce = Buffer.alloc(0)

/** Characters of an access key id at most, as STS bounds it. */
const maxKeyIdLength = 128

/** A presented token's name in caches: made of all of it, and of the access key id that it came with. */
export const tokenIdentity = (token: string, accessKeyId: string) => hash('sha256', token, 'base64') + accessKeyId

const refuse = (rejected: PassRejection): Opened => ({ rejected })

/** Which kinds of principal have sessions of a kind. */
const holders: Readonly<Record<Pass['kind'], readonly Subject['kind'][]>> = {
  role: ['role'],
  user: ['user', 'root'],
  'federated-user': ['user', 'root'],
  'root-task': ['root'],
}

/** Opening is synchronous from the cache; else it may read the store for the principal, and once for an unknown ring key. */
export function createPasses(options: PassesOptions): Passes {
  const { ring, subjects, revocations, attestations, random, cacheBytes = 64 << 20 } = options
  const opened = createLru<Cached>({ bytes: cacheBytes, share: 0.5 })
  const packer = rememberingPacker(4 << 20)

  /** What can change without the token. After the wait for the principal: a revocation that came during it counts. */
  function live(pass: Pass, subject: Subject | undefined): Opened {
    if (revocations.kills(pass)) return refuse('revoked')
    if (revocations.holds(pass)) return refuse('held')
    if (subject === undefined || !holders[pass.kind].includes(subject.kind)) return refuse('principal-gone')
    if (subject.account.status !== 'ACTIVE') return refuse('account-suspended')
    return { pass }
  }

  const holderLives = (pass: Pass): Maybe<Opened> =>
    andThen(subjects.byId(pass.account, pass.principal), (principal) => live(pass, principal))

  function check(pass: Pass, now: Date): Maybe<Opened> {
    if (now.getTime() >= pass.expiresAt * 1000) return refuse('expired')
    const attestation = attestationOf(pass)
    if (attestation !== undefined) {
      return andThen(attestations.lives(attestation, now), (lives) =>
        lives ? holderLives(pass) : refuse('attestation-ended'),
      )
    }
    const broker = brokerUserOf(pass)
    if (broker === undefined) return holderLives(pass)
    if (broker === 'unknown') return refuse('principal-gone')
    // DIVERGES: AWS lets a role's session outlive the user who assumed it. What a broker user got for a person ends with the user.
    return andThen(subjects.byId(broker.account, broker.principal), (user) => {
      if (user?.kind !== 'user') return refuse('principal-gone')
      return user.account.status === 'ACTIVE' ? holderLives(pass) : refuse('account-suspended')
    })
  }

  /** The pass in a token that was not opened before, or the reason why it does not open. */
  function unseal(token: string, accessKeyId: string, identity: string): Pass | 'unknown-key' | 'malformed' {
    let keyId = ''
    const unsealed = openToken(token, accessKeyId, (id) => {
      keyId = id
      return ring.key('pass', id)
    })
    if ('unknownKey' in unsealed) return 'unknown-key'
    if ('rejected' in unsealed) return 'malformed'
    const pass = decodePass(unsealed.bytes, accessKeyId, unsealed.version, packer)
    if (pass === undefined) return 'malformed'
    opened.set(identity, { pass, keyId }, 1024 + 4 * unsealed.bytes.length, pass.account)
    return pass
  }

  async function unsealAgain(token: string, accessKeyId: string, identity: string, now: Date): Promise<Opened> {
    if (!(await ring.refresh(now))) return refuse('malformed')
    const pass = unseal(token, accessKeyId, identity)
    return typeof pass === 'string' ? refuse('malformed') : check(pass, now)
  }

  let current: { readonly of: KeyObject; readonly subkey: Subkey; left: number } | undefined

  /** The subkey for one more token: a new one when it has sealed as many as it may, or the ring key has changed. */
  function subkeyNow(): Subkey {
    const by = ring.sealing('pass')
    if (current === undefined || current.of !== by.key || current.left === 0) {
      current = { of: by.key, subkey: subkeyOf(by, random(16)), left: sealsPerSubkey }
    }
    current.left -= 1
    return current.subkey
  }

  return {
    packedSize: (of) => packedSize(of, packer),
    seal(pass) {
      const { accessKeyId } = pass
      const version = ring.tokenVersion()
      const payload = encodePass(pass, version, packer)
      if (version === 1) {
        // No nonce: the subkey seals this token and no other.
        const subkey = subkeyOf(ring.sealing('pass'), random(16))
        return sealToken(payload, { version, subkey, nonce: noNonce, accessKeyId })
      }
      return sealToken(payload, { version, subkey: subkeyNow(), nonce: random(12), accessKeyId })
    },
    open(token, accessKeyId, now) {
      if (!revocations.believed(now)) throw new Unavailable('the change feed was not heard for too long')
      if (token.length > maxTokenLength || accessKeyId.length > maxKeyIdLength) return refuse('malformed')
      const identity = tokenIdentity(token, accessKeyId)
      const hit = opened.get(identity)
      // A pass whose ring key was dropped is dead, opened before or not.
      if (hit !== undefined && ring.key('pass', hit.keyId) !== undefined) return check(hit.pass, now)
      if (hit !== undefined) opened.delete(identity)
      const pass = unseal(token, accessKeyId, identity)
      if (pass === 'unknown-key') return unsealAgain(token, accessKeyId, identity, now)
      return pass === 'malformed' ? refuse('malformed') : check(pass, now)
    },
  }
}
