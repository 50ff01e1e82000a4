// What one call leaves in the journal: its records, what the session index needs, and the trace by which an operator can
// be told why. One JSON text, its members always in this order:
//   {"id":requestId,"issued":{…},"records":[…],"trace":{…}}
// so that a scan finds a request by the head of the text and a session without reading the rest.
import type { Because } from '../../core/policy/model.ts'
import { callerName } from '../access/requester.ts'
import type { Issued } from '../operation.ts'
import { accountOf, type IdentityTexts } from './identity-record.ts'
import { type CallOutcome, type EventIds, recordTexts } from './record.ts'
import { quote, quoteKnown } from './text.ts'
import { refusalTrace, type Trace } from './trace.ts'

/** A session as the journal holds it. Never a secret. */
export interface IssuedEntry extends Issued {
  /** What was assumed, as it was asked for: a role's ARN. */
  readonly resource?: string
  /** ARN of who asked, or the provider that vouched. */
  readonly caller?: string
}

/** A record as it is read back: CloudTrail's members, of which these are looked at. */
export interface AuditRecord {
  readonly eventID: string
  readonly requestID: string
  readonly eventTime: string
  readonly eventSource: string
  readonly eventName: string
  readonly awsRegion: string
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly userIdentity: {
    readonly type: string
    readonly arn?: string
    readonly principalId?: string
    readonly userName?: string
  }
  readonly recipientAccountId?: string
  readonly sharedEventID?: string
  readonly errorCode?: string
  readonly errorMessage?: string
  readonly [member: string]: unknown
}

export interface AuditEntry {
  readonly id: string
  readonly issued?: IssuedEntry
  readonly records: readonly AuditRecord[]
  readonly trace: Trace
}

/** The journal's text of what outcome. */
export function entryText(call: CallOutcome, texts: IdentityTexts, ids: EventIds): string {
  const outcome = attributed(call)
  const records = recordTexts(outcome, texts, ids)
  const issued = issuedText(outcome)
  return `{"id":"${outcome.call.requestId}",${issued}"records":[${records.join(',')}],"trace":${traceText(outcome)}}`
}

/** A proof that the operation itself verified says who called; the signature, or its absence, does not. */
function attributed(outcome: CallOutcome): CallOutcome {
  const { call, operation, target } = outcome
  const identity = target === undefined ? undefined : operation?.audit.asker?.(target)
  if (identity === undefined) return outcome
  const { requestId, now, service, operation: name, keys, from } = call
  const provenCall = {
    requestId,
    now,
    service,
    operation: name,
    keys,
    from,
    identity,
    name: callerName(identity, undefined),
  }
  return { ...outcome, call: provenCall }
}

function issuedText({ call, operation, input, target, output }: CallOutcome): string {
  const audit = operation?.audit
  if (output === undefined || audit?.issued === undefined) return ''
  const issued = audit.issued(output, target)
  if (issued === undefined) return ''
  const resource = audit.resources?.(input, target)[0]?.ARN
  const caller = call.name.requester.arn ?? call.name.requester.name
  const { sessionId, accessKeyId, account, principal, name, expiresAt, ancestors, by, sourceIdentity, attestation } =
    issued
  const ids = `"sessionId":"${sessionId}","accessKeyId":"${accessKeyId}","account":"${account}","principal":"${principal}"`
  const line = `"name":${quote(name)},"expiresAt":${expiresAt},"ancestors":${JSON.stringify(ancestors)},"by":${quote(by)}`
  const source = sourceIdentity === undefined ? '' : `,"sourceIdentity":${quote(sourceIdentity)}`
  const of = resource === undefined ? '' : `,"resource":${quote(resource)}`
  const who = caller === undefined ? '' : `,"caller":${quote(caller)}`
  const vouching = attestation === undefined ? '' : `,"attestation":${JSON.stringify(attestation)}`
  return `"issued":{${ids},${line}${source}${of}${who}${vouching}},`
}

function traceText(outcome: CallOutcome): string {
  const { call, decided, refused } = outcome
  // What a backend refused was allowed here: no policy is to be explained.
  if (refused !== undefined && outcome.output === undefined) return JSON.stringify(refusalTrace(outcome))
  const account = accountOf(call)
  // INVARIANT: the same answer to the same question stands there once: a transaction asks it a hundred times.
  const checks = new Set<string>()
  let before: readonly Because[] = []
  let voted = '[]'
  let on = ''
  let onText = ''
  for (const { request, decision } of decided) {
    const { action, resource, owner } = request
    const { allow, explicit, because } = decision
    // The questions of one call are mostly about one resource, and answered by the same statements.
    if (resource !== on || onText === '') [on, onText] = [resource, quote(resource)]
    if (!sameVotes(because, before)) [before, voted] = [because, votes(because)]
    const what = `"action":${quoteKnown(action)},"resource":${onText},"owner":${quoteKnown(owner)}`
    checks.add(`{${what},"allow":${allow},"explicit":${explicit},"because":${voted}}`)
  }
  return `{${account === undefined ? '' : `"account":"${account}",`}"checks":[${[...checks].join(',')}]}`
}

function sameVotes(some: readonly Because[], others: readonly Because[]): boolean {
  if (some.length !== others.length) return false
  return some.every((one, at) => {
    const other = others[at]
    return (
      one.vote === other?.vote &&
      one.statement === other.statement &&
      one.policy === other.policy &&
      one.kind === other.kind &&
      one.owner === other.owner
    )
  })
}

function votes(because: readonly Because[]): string {
  let text = ''
  for (const { kind, vote, owner, policy, statement } of because) {
    const which = policy === undefined ? '' : `,"policy":${quoteKnown(policy)}`
    const at = statement === undefined ? '' : `,"statement":${statement}`
    text += `${text === '' ? '' : ','}{"kind":"${kind}","vote":"${vote}","owner":${quoteKnown(owner)}${which}${at}}`
  }
  return `[${text}]`
}

/** An entry's request id, by its place in the text. '' for notes of what was left out. */
export const idOf = (text: string): string => text.slice(7, text.indexOf('"', 7))

/** Reads an entry back. Throws for a text that entryText did not make. */
export function readEntry(text: string): AuditEntry {
  return JSON.parse(text) as AuditEntry
}

/** The session of an entry that issued one, without reading the rest. */
export function readIssued(text: string): IssuedEntry | undefined {
  const start = text.indexOf(',"issued":')
  // A quote inside a string is escaped, so neither mark can stand in anyone's text.
  const end = text.indexOf(',"records":[')
  if (start < 0 || end < start) return undefined
  return JSON.parse(text.slice(start + 10, end)) as IssuedEntry
}
