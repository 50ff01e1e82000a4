// Callers of whom Hallpass told, for as long as that may be believed; and credentials that it refused, for a moment.
import { hash } from 'node:crypto'
import { HmacKey } from '../core/hmac.ts'
import type { Keys } from '../core/identity.ts'
import type { Requester } from '../core/policy/model.ts'
import type { Presented } from '../core/sigv4/credential.ts'
import { createLru } from '../core/token/lru.ts'
import type { CallersAnswer } from '../wire/workload-callers.ts'
import { adopt } from './policy-compiled.ts'
import type { Policy, PolicyKind, PolicySet } from './policy-types.ts'
import type { Caller, Refusal } from './verify-types.ts'

export interface Known {
  readonly caller: Caller
  readonly requester: Requester
  readonly home: { readonly account: { readonly id: string; readonly organization?: { readonly id: string } } }
  /** Condition keys of the credentials. */
  readonly keys: Keys
  readonly multiFactorAt: number | undefined
  readonly policies: PolicySet
  readonly key: HmacKey
  /** ms, by the clock of whoever asked: when it was asked, from when it is asked again, until when it is believed. */
  readonly askedAt: number
  readonly renewAt: number
  readonly until: number
  /** What it takes, in bytes. */
  readonly bytes: number
}

/** Whether it may still be believed. A clock that was set back believes nothing that it asked later. */
export const isBelieved = ({ askedAt, until }: Known, now: number): boolean => askedAt <= now && now < until

/** Bytes of a caller, and for each character of its policies what that compiles to. */
const BYTES = 3_000
const BYTES_A_CHARACTER = 10

/** INVARIANT: age counts from before the question, so that no answer is believed for longer than Hallpass meant it to be. */
export function knownOf(answer: CallersAnswer, accessKeyId: string, askedAt: number): Known {
  const { Arn, Account, UserId, principalArn, principalId, organization, sourceIdentity, multiFactorAt } = answer
  const kind = answer.kind as Caller['kind']
  const expiresAt = answer.Expiration === undefined ? undefined : new Date(answer.Expiration)
  const ageMs = answer.maxAge * 1000
  return {
    caller: Object.freeze({
      ...{ arn: Arn, account: Account, userId: UserId, kind, principalArn, principalId, accessKeyId },
      tags: Object.freeze(Object.assign(Object.create(null), tagsOf(answer))),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      ...(multiFactorAt === undefined ? {} : { multiFactorAt: new Date(multiFactorAt * 1000) }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }),
    requester: { kind, account: Account, arn: Arn, principalArn, principalId },
    home: { account: { id: Account, ...(organization === undefined ? {} : { organization: { id: organization } }) } },
    keys: new Map(answer.keys.map(({ name, values, isList }) => [name, isList ? values : (values[0] ?? [])])),
    multiFactorAt,
    policies: policiesOf(answer),
    key: new HmacKey(Buffer.from(answer.signingKey, 'base64')),
    askedAt,
    renewAt: askedAt + ageMs / 2,
    until: Math.min(askedAt + ageMs, expiresAt?.getTime() ?? Number.POSITIVE_INFINITY),
    bytes: BYTES + BYTES_A_CHARACTER * JSON.stringify(answer.policies).length,
  }
}

const tagsOf = ({ tags }: CallersAnswer) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))

/** INVARIANT: a policy that cannot be read is not left out: it denies. */
function policiesOf({ policies: { identity, boundary, session, scps, rcps } }: CallersAnswer): PolicySet {
  const list = (kind: PolicyKind, policies: typeof identity): Policy[] =>
    policies.map(({ source, text }) => adopt(text, kind, source))
  return {
    identity: list('identity', identity),
    ...(boundary === undefined ? {} : { boundary: adopt(boundary.text, 'boundary', boundary.source) }),
    ...(session === undefined ? {} : { session: list('session', session) }),
    scps: scps.map((level) => list('scp', level)),
    rcps: rcps.map((level) => list('rcp', level)),
  }
}

/** What presents itself: the token whole, since its access key id has too few random bits to stand for it. */
export const credentialOf = ({ keyId, token }: Presented): string =>
  hash('sha256', `${keyId} ${token ?? ''}`, 'base64url')
export const scopedName = (credential: string, { date, region, service }: Presented): string =>
  `${credential}/${date}/${region}/${service}`

export interface KnownCallers {
  /** Of any age. */
  get(name: string): Known | undefined
  set(name: string, known: Known, size: number): void
  forget(name: string): void
  /** The refusal of credentials, while it is remembered. */
  refusal(credential: string, now: number): Refusal | undefined
  refuse(credential: string, refusal: Refusal, now: number): void
  readonly size: number
}

/** Of refused credentials there is a store of its own: a flood of invented ones pushes out no caller. */
const KNOWN_BYTES = 64 << 20
const REFUSED_BYTES = 4 << 20
const REFUSED_ENTRY_BYTES = 600

/** For how long a refusal is remembered, in ms. */
const REFUSED_MS = 5_000

export function createKnownCallers(): KnownCallers {
  const known = createLru<Known>({ bytes: KNOWN_BYTES, share: 0.5 })
  const refused = createLru<{ readonly refusal: Refusal; readonly at: number }>({ bytes: REFUSED_BYTES })
  return {
    get: (name) => known.get(name),
    set: (name, one, size) => known.set(name, one, size, one.caller.account),
    forget: (name) => known.delete(name),
    refusal(credential, now) {
      const found = refused.get(credential)
      if (found === undefined) return undefined
      if (found.at <= now && now < found.at + REFUSED_MS) return found.refusal
      refused.delete(credential)
      return undefined
    },
    refuse: (credential, refusal, now) => refused.set(credential, { refusal, at: now }, REFUSED_ENTRY_BYTES),
    get size() {
      return known.size + refused.size
    },
  }
}
