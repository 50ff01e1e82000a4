// What an operation of a service is. A bare map of handlers would let an author forget authorization, so an operation
// is a record whose signature and checks are required, and the pipeline (server/aws.ts) alone runs them.
import type { Readable } from 'node:stream'
import type { Ancestor, Identity, Keys } from '../core/identity.ts'
import type { Maybe } from '../core/maybe.ts'
import type { Allowance } from '../core/policy/allowance.ts'
import type { Compiled, Decision } from '../core/policy/model.ts'
import type { PresentedCertificates } from '../federation/x509/presented.ts'
import type { Transaction } from '../store/store.ts'
import type { Relayed } from './contracts/relayed.ts'
import type { CallerName, Subject } from './contracts/subject.ts'

/** One question put to the policy engine. */
export interface Check {
  /** `service:Operation`. */
  readonly action: string
  /** ARN of what is acted on, or `*`. */
  readonly resource: string
  /** Account that owns it. */
  readonly owner: string
  /** Context keys of this check alone (`aws:RequestTag/…`, `iam:PermissionsBoundary`, …), lower-cased. */
  readonly keys?: Keys
  /**
   * Keys (or groups that end in a slash) that AWS provides for such a check and this one cannot, folded: where one is absent, a
   * Deny with a condition on it applies and an Allow does not.
   */
  readonly unfilled?: readonly string[]
  /** The resource's own policy. */
  readonly policy?: Compiled
  /** The caller's own policies must allow it too, whomever the resource's policy names. */
  readonly bothSides?: true
  /** Refuse without the reason ` because no …`: AWS gives none for AssumeRole, so that a missing role looks like an untrusting one. */
  readonly withoutReason?: true
  /** What the refusal calls the resource, where AWS does not say its ARN: `role Deployer`. */
  readonly resourceName?: string
  /** The sentence to refuse with, where AWS does not say `User: … is not authorized to perform: …`. */
  readonly refusal?: string
}

/** A request on its way: who asks, when, from where. */
export interface Call {
  /** UUIDv7. */
  readonly requestId: string
  readonly now: Date
  /** `sts`, `iam`, …: the service the request is for. */
  readonly service: string
  readonly operation: string
  readonly identity: Identity
  /** The caller's principal with its policies; absent for proofs, services and anonymous callers. */
  readonly subject?: Subject | undefined
  /** How the caller is named, to policies and in messages. */
  readonly name: CallerName
  /** The request's context keys, computed on first use. */
  readonly keys: Keys
  /** The work that all its decisions and look-ups may cost together. */
  readonly allowance: Allowance
  /** The certificate whose key signed the request, with those that came with it. Nobody has said yet that it is trusted. */
  readonly certificate?: PresentedCertificates | undefined
  readonly signal: AbortSignal
  readonly from: {
    readonly address: string
    readonly tls: boolean
    readonly userAgent: string
    readonly region: string
    readonly host: string
    readonly referer?: string | undefined
  }
  /** The body: bytes for query and JSON protocols (already read), a stream for those that forward it. */
  readonly body: { bytes(limit: number): Promise<Buffer>; stream(): Readable }
  /**
   * Counts the request against the rate of a pool or provider, and of what its address may take of that; false when either is
   * used up, and the operation refuses. INVARIANT: nothing is taken from what belongs to others before a proof.
   */
  readonly within: (kind: 'pool' | 'provider', name: string) => boolean
}

/** What a decision needs to know of a request: who makes it, its context keys, and what its decisions may cost. */
export type Requesting = Pick<Call, 'identity' | 'subject' | 'name' | 'from' | 'keys' | 'allowance'>

/** How an operation stands in the audit (CloudTrail's record). */
export interface Audited<I, O, T> {
  /** CloudTrail's `readOnly`. */
  readonly readOnly: boolean
  /**
   * Who asks, where the operation verifies a proof of its own: its checks are put for that one, and the record names it
   * instead of nobody.
   */
  readonly asker?: (target: T) => Identity | undefined
  /** Whether somebody vouches for who asks, where a proof was verified and no asker is named. */
  readonly vouched?: (target: T) => boolean
  /** requestParameters; without it, the input with its sensitive members left out. */
  readonly request?: (input: I, target: T) => object | null
  /** responseElements; without it, none for reads, and the output with its sensitive members left out for changes. */
  readonly response?: (output: O, target: T) => object | null
  readonly resources?: (input: I, target: T) => readonly { accountId: string; type: string; ARN: string }[]
  /**
   * Whether a call that failed was passed on, so that it may have been done all the same: its record is kept whole, whatever is kept of
   * refusals.
   */
  readonly passedOn?: (input: I, target: T) => boolean
  /** additionalEventData, of answered and refused calls alike, once the target is loaded. */
  readonly additional?: (input: I, target: T) => object | undefined
  /** CloudTrail's eventCategory; without it, Data for services whose requests are passed on, and Management for others. */
  readonly category?: 'Data' | 'Management'
  /** A second account that receives a copy of the record (the role owner's, for a cross-account AssumeRole). */
  readonly copyTo?: (input: I, target: T) => string | undefined
  /** For an issuance: what the session index needs. Never a secret. */
  readonly issued?: (output: O, target: T) => Issued | undefined
}

/** A pass that was handed out, as the session index lists it. */
export interface Issued {
  readonly sessionId: string
  readonly accessKeyId: string
  readonly account: string
  readonly principal: string
  readonly name: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly ancestors: readonly string[]
  readonly by: string
  readonly sourceIdentity?: string
  /** What vouches for the workload that it began with: it lives no longer. */
  readonly attestation?: Ancestor
}

interface Common<I, O, T> {
  /**
   * `required`: a verified signature. `none`: it never yields a caller. `optional`: anonymous unless signed. `certificate`: with the key of
   * a certificate that the request brings (`Call.certificate`), of which the operation says whether it is trusted.
   */
  readonly signature: 'required' | 'none' | 'optional' | 'certificate'
  /**
   * Loads what is acted on, once. It must not reveal what the caller may not know: throw only for the caller's own mistakes.
   * INVARIANT: work comes after permission. Nothing is sealed, opened, drawn, fetched or parsed at length here, unless
   * the checks need it (a proof): anybody can have it done.
   */
  readonly load: (input: I, call: Call) => Maybe<T>
  /** `always`: allowed to everyone authenticated. Otherwise each check must be allowed, unless `denied` says `report`. */
  readonly checks: 'always' | ((input: I, target: T, call: Call) => readonly Check[])
  /**
   * More checks, for what must be looked up for them: put once the first are allowed, of the signed caller alone. They come a
   * few at a time: after a denied one no more are looked up.
   */
  readonly further?: (input: I, target: T, call: Call) => AsyncIterable<readonly Check[]>
  /** What a denied check does: it refuses the call, unless `report` leaves it to `handle`, which is handed the decisions. */
  readonly denied?: 'refuse' | 'report'
  readonly audit: Audited<I, O, T>
}

/** Answers from what is there, issues a pass, or passes the request on. What must be on disk with the answer, `commit` writes. */
export interface AnsweringOperation<I, O, T> extends Common<I, O, T> {
  readonly handle: (input: I, target: T, call: Call, decisions: readonly Decision[]) => Maybe<O | Relayed>
  /**
   * What must be written if the answer that `handle` made is to be sent: it commits in one transaction with the audit
   * record, and when it throws nothing is sent. Undefined when this call writes nothing. As `change`, it may run twice.
   */
  readonly commit?: (input: I, target: T, call: Call) => ((tx: Transaction) => Promise<void>) | undefined
}

/** Changes records: the pipeline runs it in one transaction and writes its audit record in the same one. */
export interface ChangingOperation<I, O, T> extends Common<I, O, T> {
  /** Work outside the store that an authorized change needs first: its answer is the target from then on. */
  readonly prepare?: (input: I, target: T, call: Call) => Promise<T>
  /** Awaits nothing but `tx`, and may run several times: what it decides on it reads through `tx`. */
  readonly change: (tx: Transaction, input: I, target: T, call: Call) => Promise<O>
}

export type Operation<I, O, T = unknown> = AnsweringOperation<I, O, T> | ChangingOperation<I, O, T>

/** Not offered yet: answered with InvalidAction, named so in docs/operations.md. */
export interface Unsupported {
  readonly unsupported: string
}

/** Names an operation that is not offered yet, with the reason an operator reads. */
export const unsupported = (reason: string): Unsupported => ({ unsupported: reason })

/** Names several, with one reason. */
export const allUnsupported = <const K extends string>(
  reason: string,
  ...names: readonly K[]
): { readonly [N in K]: Unsupported } =>
  Object.fromEntries(names.map((name) => [name, unsupported(reason)])) as { [N in K]: Unsupported }

/** Keeps I, O and T of one operation together while a table of many forgets them. */
export function operation<I, O, T>(record: Operation<I, O, T>): Operation<I, O, T> {
  return record
}
