// The refusal: the one class of error that is sent to a caller, with makers for the common ones and for the errors that
// AWS's models declare. What a front door refuses before an operation runs is in front-door.ts; bytes are in respond.ts.
import { contractOf, type Protocol } from './contract.ts'
import type { ErrorName, Sdk } from './operations.ts'
import type { ServiceName } from './services.ts'

export type Fault = 'Sender' | 'Receiver'

export interface RefusalFacts {
  /** The wire code: `NoSuchEntity`, `AccessDenied`, `NotAuthorizedException`. */
  readonly code: string
  readonly status: number
  /** Sent to the caller: never a secret, never the reason an operator alone may read. */
  readonly message: string
  readonly fault?: Fault
  /** For the log and the audit only; never sent. */
  readonly detail?: string
  /** Further members of a modelled JSON error (`Reason` of Organizations). */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A refusal to the caller. Thrown by handlers or returned as a value; `message` is sent, `detail` is only logged. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly status: number
  readonly fault: Fault
  readonly detail: string | undefined
  readonly extra: Readonly<Record<string, unknown>> | undefined

  constructor(facts: RefusalFacts) {
    const { stackTraceLimit } = Error
    // What the caller did is no fault to be traced: to take the stack costs more than to verify a signature.
    if (facts.status < 500) Error.stackTraceLimit = 0
    super(facts.message)
    Error.stackTraceLimit = stackTraceLimit
    this.code = facts.code
    this.status = facts.status
    this.fault = facts.fault ?? (facts.status >= 500 ? 'Receiver' : 'Sender')
    this.detail = facts.detail
    this.extra = facts.extra
  }
}

/** What may be added to a refusal beside its message. */
export type More = Pick<RefusalFacts, 'detail' | 'extra'>

/**
 * A modelled error of a service, by its shape name: `modelled('iam', 'NoSuchEntityException', 'The user …')` is
 * NoSuchEntity, 404. Code, status and fault are the contract's.
 */
export function modelled<S extends ServiceName>(
  service: S,
  name: ErrorName<Sdk[S]>,
  message: string,
  more: More = {},
): Refusal {
  const error = contractOf(service).error(name)
  if (error === undefined) throw new TypeError(`${service} models no error ${name}`)
  return new Refusal({ code: error.code, status: error.status, fault: error.fault, message, ...more })
}

/** The caller may not do this. Query: AccessDenied 403; JSON: AccessDeniedException 400, of restJson1 403. */
export const accessDenied = (protocol: Protocol, message: string, detail?: string): Refusal =>
  protocol === 'aws-query'
    ? refusal('AccessDenied', 403, message, detail)
    : refusal('AccessDeniedException', protocol === 'rest-json' ? 403 : 400, message, detail)

/** IAM Roles Anywhere's sentence for certificates that it does not accept. */
export const untrustedCertificate = 'Untrusted signing certificate'

/** An input that breaks a rule. Query: ValidationError 400; JSON: ValidationException 400. */
export const validationError = (protocol: Protocol, message: string, detail?: string): Refusal =>
  refusal(protocol === 'aws-query' ? 'ValidationError' : 'ValidationException', 400, message, detail)

/** Bytes that cannot be read as the operation's input. Query: MalformedInput 400; JSON: SerializationException 400. */
export const malformedInput = (protocol: Protocol, message: string, detail?: string): Refusal =>
  refusal(protocol === 'aws-query' ? 'MalformedInput' : 'SerializationException', 400, message, detail)

/** Too many requests. Query: Throttling 400; JSON: ThrottlingException 400, of restJson1 429. */
export const throttling = (protocol: Protocol, detail?: string): Refusal =>
  protocol === 'aws-query'
    ? refusal('Throttling', 400, 'Rate exceeded', detail)
    : refusal('ThrottlingException', protocol === 'rest-json' ? 429 : 400, 'Rate exceeded', detail)

/** The same refusal, with a detail for the operator alone. */
export const withDetail = ({ code, status, message, fault, extra }: Refusal, detail: string): Refusal =>
  new Refusal({ code, status, message, fault, detail, ...(extra === undefined ? {} : { extra }) })

/** A refusal with any code; prefer the named makers. */
export const refusal = (code: string, status: number, message: string, detail?: string): Refusal =>
  new Refusal({ code, status, message, ...(detail === undefined ? {} : { detail }) })
