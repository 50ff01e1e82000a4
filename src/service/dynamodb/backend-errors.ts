// Refusals of a backend as the caller gets them: by a list of known codes, in our own form (Amazon DynamoDB API Reference, "Common
// errors", Developer Guide, "Error handling with DynamoDB").
import type { OperationContract } from '../../wire/contract.ts'
import { contractOf } from '../../wire/contract.ts'
import { Refusal } from '../../wire/errors.ts'
import type { BackendFailure } from '../backend-failure.ts'
import type { BackendAnswer } from '../contracts/backends.ts'
import type { Relayed } from '../contracts/relayed.ts'
import { relayed } from '../relayed.ts'
import { readWhole } from './answer.ts'
import { textAsCallersKnow } from './arns.ts'
import type { AnswerChanges } from './changed-answer.ts'
import type { Plan, ShowsOld } from './plan.ts'
import type { Place } from './table.ts'

/** Longer than any that holds items: 100 of a cancelled transaction may be 4 MB. */
const longestError = 8 * 1024 * 1024
const longestMessage = 2_048

/** Codes that no operation models. */
const common: Readonly<Record<string, number>> = {
  ValidationException: 400,
  ThrottlingException: 400,
  ProvisionedThroughputExceededException: 400,
  RequestLimitExceeded: 400,
  ItemCollectionSizeLimitExceededException: 400,
  LimitExceededException: 400,
  ServiceUnavailable: 503,
  ServiceUnavailableException: 503,
  // The backend lacks the operation: to try again would not help.
  UnknownOperationException: 400,
}

/** What a backend's refusal says, read once: the caller's answer, and whether it speaks of keys that we do not know of. */
export interface BackendRefusal {
  readonly answer: Relayed
  /** The table is gone, or its key is another than was thought. */
  readonly doubtsSchema: boolean
}

/**
 * The plan says whether the caller asked for the item that made a condition fail, and may see it. Throws InternalServerError for what
 * the backend should not have said.
 * INVARIANT: a code that is not known, and whatever the backend says of our own credentials, is the operator's to read alone.
 */
export async function backendRefusal(
  { errors, service }: OperationContract,
  answer: BackendAnswer,
  { showsOld = false, at }: Pick<Plan, 'showsOld' | 'at'>,
): Promise<BackendRefusal> {
  const { status } = answer
  const fields = jsonOf(answer.type.includes('json') ? await readWhole(answer, longestError) : drop(answer))
  const code = codeOf(fields)
  const modelled = errors.includes(code) ? contractOf(service).error(code) : undefined
  const known = modelled?.status ?? (Object.hasOwn(common, code) ? common[code] : undefined)
  if (known === undefined || status < 400) throw internal(`the backend answered ${status} ${code}`)
  const message = known < 500 ? messageOf(fields.message ?? fields.Message, at) : failed
  const more = { ...oldItem(fields, showsOld), ...reasons(fields, showsOld, at) }
  const body = JSON.stringify({ __type: `${spaceOf(modelled !== undefined)}#${code}`, message, ...more })
  return {
    answer: relayed({ status: known, body, error: { code, message } }),
    doubtsSchema: code === 'ResourceNotFoundException' || code === 'ValidationException',
  }
}

/** As DynamoDB's own errors are called; those that no operation models are Coral's. */
const spaceOf = (isModelled: boolean) => (isModelled ? 'com.amazonaws.dynamodb.v20120810' : 'com.amazon.coral.validate')

function drop({ body }: BackendAnswer): string {
  body.destroy()
  return ''
}

type Fields = Readonly<Record<string, unknown>>

function jsonOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
  } catch {
    return {}
  }
}

/** What a code may be: the operator reads it, and nothing else of what the backend wrote. */
const codeForm = /^[A-Za-z.]{1,128}$/

function codeOf({ __type }: Fields): string {
  const code = typeof __type === 'string' ? __type.slice(__type.lastIndexOf('#') + 1) : ''
  return codeForm.test(code) ? code : 'without a code'
}

const messageOf = (text: unknown, place: Place): string =>
  typeof text === 'string' ? textAsCallersKnow(text.slice(0, longestMessage), place) : ''

/** `Item` of a failed condition. INVARIANT: an item that nobody asked for, and nobody decided on, is not passed on. */
function oldItem({ Item }: Fields, showsOld: ShowsOld): Fields {
  const asked = typeof showsOld === 'boolean' ? showsOld : showsOld.length === 1 && showsOld[0] === true
  return Item === undefined || !asked ? {} : { Item }
}

/** The reasons of a cancelled transaction, one for each member, with the items of those that asked for them. */
function reasons({ CancellationReasons }: Fields, showsOld: ShowsOld, place: Place): Fields {
  if (!Array.isArray(CancellationReasons)) return {}
  const told = CancellationReasons.map((reason, at) =>
    reasonOf(reason, typeof showsOld !== 'boolean' && showsOld[at] === true, place),
  )
  return { CancellationReasons: told }
}

/** What may be said of a member of a transaction or a batch, as it is called there. */
const memberCodes: ReadonlySet<unknown> = new Set([
  ...['None', 'ConditionalCheckFailed', 'ItemCollectionSizeLimitExceeded', 'TransactionConflict', 'ValidationError'],
  ...['ProvisionedThroughputExceeded', 'ThrottlingError', 'RequestLimitExceeded', 'ResourceNotFound', 'DuplicateItem'],
])
/** AccessDenied and codes that are not known are about our own credentials, or are the backend's failures. */
const failedMember = { Code: 'InternalServerError', Message: 'Internal server error' }

/** Why one member failed: `showsItem` says whether it asked for the item. */
function reasonOf(reason: unknown, showsItem: boolean, place: Place): Fields {
  const { Code, Message, Item } = (typeof reason === 'object' && reason !== null ? reason : {}) as Fields
  if (Code !== undefined && !memberCodes.has(Code)) return failedMember
  return {
    ...(Code === undefined ? {} : { Code }),
    ...(Message === undefined ? {} : { Message: messageOf(Message, place) }),
    ...(Item === undefined || !showsItem ? {} : { Item }),
  }
}

/** The answer of a batch of statements, whose refusals stand among its answers: each is told as it would be alone. */
export const statementErrors = (shown: readonly boolean[], place: Place): AnswerChanges => ({
  each: {
    ...{ list: 'Responses', member: 'Error' },
    value: (nth, error) => JSON.stringify(error === null ? null : reasonOf(error, shown[nth] === true, place)),
  },
})

/** What a failure of the backend's own is called: what it says of it is the operator's. */
const failed = 'The service failed or is not available. Please retry the request.'

/** DynamoDB's own: clients try again. */
const internal = (detail: string) =>
  new Refusal({ code: 'InternalServerError', status: 500, message: 'Internal server error', fault: 'Receiver', detail })

/** No answer, or half of one. Where a write may have been done the caller is told no more: AWS's clients try either again. */
export function unanswered({ why, sent, message }: BackendFailure): Refusal {
  const detail = `backend ${why}${sent ? ', the request was sent' : ''}: ${message}`
  if (why === 'garbled' || why === 'untrusted') return internal(detail)
  if (why === 'full') {
    const text = 'Rate exceeded'
    return new Refusal({ code: 'ThrottlingException', status: 400, message: text, detail })
  }
  const text = 'The service is temporarily unavailable. Please retry the request.'
  // A caller that goes away is no failure of ours: the operator would hear of each.
  const fault = why === 'aborted' ? 'Sender' : 'Receiver'
  return new Refusal({ code: 'ServiceUnavailable', status: 503, message: text, fault, detail })
}
