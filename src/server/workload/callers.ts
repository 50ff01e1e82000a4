// Who signed a request to a declared service: verified here, and told to that service with what it needs to verify and decide the
// caller's further requests by itself: the policies, and the signing key of that day, region and service.
import { hostName } from '../../core/host-name.ts'
import type { Message } from '../../core/http.ts'
import { multiFactorAt, type Tags } from '../../core/identity.ts'
import { allowanceFor } from '../../core/policy/allowance.ts'
import { foldCase } from '../../core/policy/casing.ts'
import type { Compiled } from '../../core/policy/model.ts'
import { isoSeconds } from '../../core/time.ts'
import type { Caller } from '../../service/access/authenticate.ts'
import { callerPolicies } from '../../service/access/authorize.ts'
import { describe } from '../../service/access/context-keys.ts'
import { textOf } from '../../service/access/load-subject.ts'
import type { Audit } from '../../service/audit/journal.ts'
import type { Subject, Subjects } from '../../service/contracts/subject.ts'
import type { DeclaredService, ServiceApi } from '../../service/workloads/records.ts'
import { Unavailable } from '../../store/store.ts'
import { accessDenied, refusal } from '../../wire/errors.ts'
import type { CallersAnswer, CallersQuestion } from '../../wire/workload-callers.ts'
import { type Admit, type AdmitParts, createAdmit } from '../admit.ts'
import { RequestCall } from '../call.ts'
import type { Exchange } from '../exchange.ts'

export interface CallersParts extends AdmitParts {
  readonly audit: Pick<Audit, 'noteUnproven' | 'successEntry' | 'write' | 'recordRefusal'>
  readonly subjects: Subjects
  /** Whether this node knows of every revocation up to the bound. */
  readonly fresh: (now: Date) => boolean
}

/** Of a service's record: whose requests it may ask about. */
export interface AskingService extends ServiceApi {
  readonly name: string
  readonly accounts: DeclaredService['accounts']
}

/**
 * For how many seconds an answer may be believed. A session that was ended is refused by a service that long after it is refused
 * here: no longer than one node takes to learn of it from another (service/session/revocations.ts).
 */
export const MAX_AGE_SECONDS = 10

const protocol = 'rest-json'
const contract = { service: 'workload', name: 'IdentifyCaller' } as const

export type IdentifyCaller = (
  service: AskingService,
  request: CallersQuestion,
  exchange: Exchange,
  now: Date,
) => Promise<CallersAnswer>

/** @throws Refusal that the service may pass on to whoever signed the request; Unavailable */
export function createIdentifyCaller(parts: CallersParts): IdentifyCaller {
  const admit = createAdmit(parts)
  return async (service, request, exchange, now) => {
    // INVARIANT: what is told here is believed for a while without being asked again: never by a node that may not know all that ended.
    if (!parts.fresh(now)) throw new Unavailable('the change feed was not heard for too long')
    const message = messageOf(request)
    const caller = await callerOf(admit, service, message, request.payloadHash, exchange, now)
    const call = new RequestCall({ exchange, contract, now }, caller, parts.within)
    const outcome = { call, input: undefined, decided: [], ...recordedAs(service) }
    const { subject } = caller
    if (subject === undefined) throw new TypeError('a signed request has a subject')
    if (service.accounts !== 'any' && !service.accounts.includes(subject.account.id)) {
      const refused = accessDenied(
        protocol,
        `${service.name} does not act for account ${subject.account.id}.`,
        'the service was declared for other accounts',
      )
      await parts.audit.recordRefusal({ ...outcome, refused })
      throw refused
    }
    const answer = await answerOf(parts.subjects, caller, subject, exchange.requestId)
    // INVARIANT: the record is on disk before a key leaves.
    await parts.audit.write([parts.audit.successEntry({ ...outcome, output: {} })])
    return answer
  }
}

/** INVARIANT: the raw target is not kept: queries hold tokens. */
const recordedAs = ({ name, signingName }: AskingService) => ({
  target: name,
  operation: { audit: { readOnly: true, request: () => ({ service: name, signingName }) } },
})

/** @throws Refusal for a header that stands twice */
export function messageOf({ method, target, headers }: CallersQuestion): Message {
  const map = new Map<string, string>()
  for (const { name, value } of headers) {
    if (map.has(name)) throw refusal('ValidationError', 400, 'A header stands twice.')
    map.set(name, value)
  }
  return { method, target, headers: map }
}

/** INVARIANT: a request that was signed for another service, or for another host than the service's own, is nobody's here. */
async function callerOf(
  admit: Admit,
  { name, signingName, hosts }: AskingService,
  message: Message,
  payloadHash: string,
  exchange: Exchange,
  now: Date,
): Promise<Caller> {
  const host = hostName(message.headers.get('host') ?? '')
  if (hosts.length > 0 && (host === undefined || !hosts.includes(host)))
    throw accessDenied(protocol, `The request was sent to a host that is none of ${name}.`, 'host of another service')
  return admit(message, { signingName, signature: 'required', protocol, payloadHash }, { exchange, contract, now })
}

async function answerOf(
  subjects: Subjects,
  { identity, verified }: Caller,
  subject: Subject,
  requestId: string,
): Promise<CallersAnswer> {
  if (verified === undefined) throw new TypeError('a signed request was verified')
  const pass = identity.kind === 'session' ? identity.pass : undefined
  const { name, keys } = describe(identity, subject)
  const { kind, arn = '', principalArn = '', principalId = '', account = '' } = name.requester
  const {
    identity: own,
    boundary,
    session,
    scps,
    rcps,
  } = await callerPolicies(subjects, pass, subject, allowanceFor(1))
  const { organization } = subject.account
  const mfa = pass === undefined ? undefined : multiFactorAt(pass)
  return {
    ...{ Arn: arn, Account: account, UserId: name.userId, kind, principalArn, principalId },
    ...(organization === undefined ? {} : { organization: organization.id }),
    ...(pass?.sourceIdentity === undefined ? {} : { sourceIdentity: pass.sourceIdentity }),
    ...(mfa === undefined ? {} : { multiFactorAt: mfa }),
    tags: tagsOf(subject, pass?.tags ?? {}),
    keys: [...keys].map(([key, value]) =>
      typeof value === 'string'
        ? { name: key, values: [value], isList: false }
        : { name: key, values: value, isList: true },
    ),
    policies: {
      identity: own.map(policyText),
      ...(boundary === undefined ? {} : { boundary: policyText(boundary) }),
      ...(session === undefined ? {} : { session: session.map(policyText) }),
      scps: scps.map((level) => level.map(policyText)),
      rcps: rcps.map((level) => level.map(policyText)),
    },
    signingKey: verified.key.reveal().toString('base64'),
    ...(pass === undefined ? {} : { Expiration: isoSeconds(new Date(pass.expiresAt * 1000)) }),
    ...{ maxAge: MAX_AGE_SECONDS, requestId },
  }
}

const policyText = (policy: Compiled) => ({ source: policy.source, text: textOf(policy) })

function tagsOf({ tags }: Subject, ofSession: Tags) {
  const all = new Map(tags.map(({ Key, Value }) => [foldCase(Key), { Key, Value }]))
  for (const [Key, Value] of Object.entries(ofSession)) all.set(foldCase(Key), { Key, Value })
  return [...all.values()]
}
