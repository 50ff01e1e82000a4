// Why a question to a directory has no result. These are thrown inside the connector alone; what it answers is a value.

/** A server that could not be asked, or did not answer to the end. Another one may. */
export class NoAnswer extends Error {
  /** It took too long: it may still be searching. */
  readonly late: boolean
  constructor(message: string, late = false) {
    super(message)
    this.late = late
  }
}

/** A server's answer that is no success (RFC 4511 section 4.1.9). */
export class Refused extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(`${names.get(code) ?? 'result code'} (${code})${message === '' ? '' : `: ${message}`}`)
    this.code = code
  }
}

/** An answer of which not everything can be known: too much, without an end, or not readable. */
export class NotWhole extends Error {}

/** Whether it is one of these, and no mistake of ours. */
export const isFailure = (error: unknown): error is Error =>
  error instanceof NoAnswer || error instanceof Refused || error instanceof NotWhole

export const success = 0
export const sizeLimitExceeded = 4
export const adminLimitExceeded = 11
export const noSuchObject = 32

const names: ReadonlyMap<number, string> = new Map([
  [1, 'operationsError'],
  [2, 'protocolError'],
  [3, 'timeLimitExceeded'],
  [sizeLimitExceeded, 'sizeLimitExceeded'],
  [8, 'strongerAuthRequired'],
  [10, 'a referral, which is not followed'],
  [adminLimitExceeded, 'adminLimitExceeded'],
  [13, 'confidentialityRequired'],
  [19, 'constraintViolation'],
  [noSuchObject, 'noSuchObject'],
  [34, 'invalidDNSyntax'],
  [48, 'inappropriateAuthentication'],
  [49, 'invalidCredentials'],
  [50, 'insufficientAccessRights'],
  [51, 'busy'],
  [52, 'unavailable'],
  [53, 'unwillingToPerform'],
  [80, 'other'],
])

/** Results that say something of the server, not of what it was asked: operationsError is Active Directory's for a lost bind. */
export const isServersFault = (code: number) => [1, 2, 51, 52, 80].includes(code)
