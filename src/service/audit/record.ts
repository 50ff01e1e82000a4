// The record of one call, shaped as CloudTrail's (CloudTrail User Guide, "CloudTrail record contents for management,
// data, and network activity events"), so that what already reads CloudTrail reads these. JSON text, put together by
// hand: it is written for every request, and of all that stands in it little differs between two calls of one session.

import { foldCase } from '../../core/policy/casing.ts'
import { isoSeconds } from '../../core/time.ts'
import { contractOf, type OperationContract } from '../../wire/contract.ts'
import type { Refusal } from '../../wire/errors.ts'
import { forwardedOf, type ServiceName, serviceNames, services } from '../../wire/services.ts'
import type { Decided } from '../access/authorize.ts'
import type { Audited, Call } from '../operation.ts'
import { isRelayed } from '../relayed.ts'
import { writerOf } from './cloudtrail-json.ts'
import { accountOf, foreignIdentity, type IdentityTexts } from './identity-record.ts'
import { scrubSentence } from './redact.ts'
import { quote, quoteKnown } from './text.ts'

/** What of a call a record is made from. */
export type AuditedCall = Pick<
  Call,
  'requestId' | 'now' | 'service' | 'operation' | 'identity' | 'subject' | 'name' | 'keys' | 'from'
>

/** A call and its outcome. Without `output` it was refused. */
export interface CallOutcome {
  readonly call: AuditedCall
  /** Absent when the request named no operation, or one of a backend behind the gateway. */
  readonly contract?: Pick<OperationContract, 'input' | 'output'> | undefined
  // biome-ignore lint/suspicious/noExplicitAny: input, target and output are those of this very operation
  readonly operation?: { readonly audit: Audited<any, any, any> } | undefined
  readonly input?: unknown
  /** Absent, or undefined, when the call was refused before it was known what is acted on. */
  readonly target?: unknown
  readonly output?: object
  /** With an output, what a backend refused the request with that was passed on. */
  readonly refused?: Pick<Refusal, 'code' | 'message'> & { readonly detail?: string | undefined }
  readonly decided: readonly Decided[]
  /** The record is kept without its parameters and without the votes of the policies. */
  readonly short?: true
}

/** Ids of the events: one a record, and one that both records of a call across accounts share. */
export interface EventIds {
  next(): string
}

const VERSION = '1.11'

/** Longest user agent that is kept, in characters. */
const longestAgent = 1024

/** Calls of such services act on data, not on the account: CloudTrail's category Data. */
const actsOnData = (service: string) => service === 's3' || (isOffered(service) && forwardedOf(service) !== undefined)

/** Parameters beside the input, by operation. */
const besideInput: Readonly<Record<string, (call: AuditedCall) => string>> = {
  'sts:AssumeRole': ({ identity }) => {
    if (identity.kind !== 'session' || identity.pass.transitive.length === 0) return ''
    const { tags, transitive } = identity.pass
    const folded = new Set(transitive.map(foldCase))
    const handed = Object.entries(tags).filter(([key]) => folded.has(foldCase(key)))
    return `"incomingTransitiveTags":${tagsText(handed)}`
  },
}

/** Pairs written one by one: a tag may be called __proto__. */
const tagsText = (tags: readonly (readonly [string, string])[]) =>
  `{${tags.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(',')}}`

/** The account whose record a call is: the caller's, else that of what is acted on. */
export function recipientOf(outcome: Pick<CallOutcome, 'call' | 'operation' | 'input' | 'target' | 'output'>) {
  const { call, operation, input, target, output } = outcome
  const mine = accountOf(call)
  if (mine !== undefined) return mine
  // `copyTo` and `resources` read the target: without one they cannot be called.
  if (operation === undefined || (output === undefined && target === undefined)) return undefined
  const { copyTo, resources } = operation.audit
  return copyTo?.(input, target) ?? resources?.(input, target)[0]?.accountId
}

/** The records of a call: one, or two when a role of another account was used: its owner has a copy. */
export function recordTexts(outcome: CallOutcome, texts: IdentityTexts, ids: EventIds): readonly string[] {
  const { call, operation, input, target, output } = outcome
  const mine = accountOf(call)
  const isLoaded = output !== undefined || target !== undefined
  const other = isLoaded ? operation?.audit.copyTo?.(input, target) : undefined
  const resources = isLoaded ? operation?.audit.resources?.(input, target) : undefined
  const line = lineOf(outcome, resources)
  const own = recipientOf(outcome)
  const copied = output !== undefined && mine !== undefined && other !== undefined && other !== mine
  const shared = copied ? ids.next() : undefined
  const first = line(texts.of(call), ids.next(), own, shared)
  return copied && mine !== undefined ? [first, line(foreignIdentity(call, mine), ids.next(), other, shared)] : [first]
}

type Line = (identity: string, eventId: string, recipient: string | undefined, shared: string | undefined) => string

/** All of a record that both copies of it have in common is written once. */
function lineOf(
  outcome: CallOutcome,
  resources: readonly { accountId: string; type: string; ARN: string }[] | undefined,
): Line {
  const { call, operation } = outcome
  const { from, service } = call
  const address = from.address === '' ? `${sourceOf(service)}.amazonaws.com` : from.address
  const agent = from.userAgent.length > longestAgent ? from.userAgent.slice(0, longestAgent) : from.userAgent
  const what = `"eventTime":"${isoSeconds(call.now)}","eventSource":"${sourceOf(service)}.amazonaws.com","eventName":${quoteKnown(call.operation)}`
  const where = `"awsRegion":${quote(from.region)},"sourceIPAddress":${quote(address)},"userAgent":${quoteKnown(agent)}`
  const exchanged = `"requestParameters":${parameters(outcome)},"responseElements":${elements(outcome)}${additional(outcome)}`
  const error = outcome.refused === undefined ? '' : `${errorOf(outcome, outcome.refused)},`
  const readOnly = operation === undefined ? '' : `"readOnly":${operation.audit.readOnly},`
  const acted =
    resources === undefined || resources.length === 0 ? '' : `"resources":[${resources.map(resource).join(',')}],`
  const data = (operation?.audit.category ?? (actsOnData(service) ? 'Data' : 'Management')) === 'Data'
  const category = `"managementEvent":${!data}`
  const tls = from.tls ? `,"tlsDetails":{"clientProvidedHostHeader":${quoteKnown(from.host)}}` : ''
  const head = `,${what},${where},${error}${exchanged},"requestID":"${call.requestId}","eventID":"`
  const middle = `",${readOnly}${acted}"eventType":"AwsApiCall",${category}`
  const tail = `,"eventCategory":"${data ? 'Data' : 'Management'}"${tls}}`
  return (identity, eventId, recipient, shared) => {
    const whose = recipient === undefined ? '' : `,"recipientAccountId":"${recipient}"`
    const both = shared === undefined ? '' : `,"sharedEventID":"${shared}"`
    return `{"eventVersion":"${VERSION}","userIdentity":${identity}${head}${eventId}${middle}${whose}${both}${tail}`
  }
}

/** Services of one name for signatures are one source of events: DynamoDB and its streams. */
const sourceOf = (service: string): string =>
  isOffered(service) ? services[service].snapshot.head.signingName : service

const isOffered = (service: string): service is ServiceName => (serviceNames as readonly string[]).includes(service)

const resource = ({ accountId, type, ARN }: { accountId: string; type: string; ARN: string }) =>
  `{"accountId":${quote(accountId)},"type":"${type}","ARN":${quote(ARN)}}`

/**
 * The longest requestParameters that a record holds, in characters. Beyond, it says how long they were, as CloudTrail does
 * beyond 100 kB: a caller must not be able to fill the journal with what it sends.
 */
const longestParameters = 32_768
/** The same of a call that was refused: whoever may do nothing can send as much as it likes, as often as it likes. */
const longestRefused = 8_192

function parameters(outcome: CallOutcome): string {
  if (outcome.short === true) return '{"omitted":true,"reason":"TOO_MANY_REFUSALS"}'
  const text = wholeParameters(outcome)
  if (text.length <= (outcome.refused === undefined ? longestParameters : longestRefused)) return text
  return `{"omitted":true,"originalSize":${text.length},"reason":"REQUEST_PARAMETERS_TOO_LARGE"}`
}

function wholeParameters({ call, contract, operation, input, target, output }: CallOutcome): string {
  if (input === undefined) return 'null'
  const write = writerOf(contract?.input)
  const request = operation?.audit.request
  const value = request !== undefined && (output !== undefined || target !== undefined) ? request(input, target) : input
  if (value === null || isEmpty(value)) return 'null'
  const text = write(value)
  const beside = besideInput[`${call.service}:${call.operation}`]?.(call) ?? ''
  return beside === '' ? text : text === '{}' ? `{${beside}}` : `${text.slice(0, -1)},${beside}}`
}

/** Of an answer that was relayed nothing is kept. Reads answer nothing worth keeping, but those that issue credentials do: who was given which. */
function elements({ contract, operation, target, output }: CallOutcome): string {
  if (operation === undefined || output === undefined || isRelayed(output)) return 'null'
  const { audit } = operation
  const kept = audit.response !== undefined || !audit.readOnly || audit.issued !== undefined
  if (!kept) return 'null'
  const value = audit.response === undefined ? output : audit.response(output, target)
  return value === null || isEmpty(value) ? 'null' : writerOf(contract?.output)(value)
}

/**
 * What the operation adds; and the tags of a session whose request is passed on: policies decide by them what it may reach, and no other
 * record of the call has them. (AWS's record of a data event does not say them; readers of CloudTrail take the member as it comes.)
 */
function additional({ call, operation, input, target, output, short }: CallOutcome): string {
  if (short === true) return ''
  const isLoaded = output !== undefined || target !== undefined
  const added = isLoaded ? operation?.audit.additional?.(input, target) : undefined
  const { identity, service } = call
  const tags = identity.kind === 'session' && actsOnData(service) ? Object.entries(identity.pass.tags) : []
  const own = added === undefined || isEmpty(added) ? '' : writerOf(undefined)(added).slice(1, -1)
  const ofSession = tags.length === 0 ? '' : `"principalTags":${tagsText(tags)}`
  const text = own === '' || ofSession === '' ? own + ofSession : `${own},${ofSession}`
  return text === '' ? '' : `,"additionalEventData":{${text}}`
}

function isEmpty(value: unknown): boolean {
  for (const _ in value as object) return false
  return true
}

/** CloudTrail's errorCode is the error's name in the model (`PackedPolicyTooLargeException`), not its code on the wire. */
function errorOf({ call, input }: CallOutcome, refused: Pick<Refusal, 'code' | 'message'>): string {
  const { service } = call
  const code = (isOffered(service) ? contractOf(service).error(refused.code)?.name : undefined) ?? refused.code
  return `"errorCode":${quote(code)},"errorMessage":${quote(scrubSentence(refused.message, input))}`
}
