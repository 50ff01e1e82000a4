// Where temporary credentials come from, for whoever keeps them fresh: the metadata agent, `credential-process`, the provider for
// programs. One source is one way in: a machine's enrolment, a certificate, a person's sign-in, a token.

/** Temporary credentials, as clients of AWS take them. */
export interface SourceCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  readonly accountId?: string
  /** Of the role that they are for, where the source knows it. */
  readonly roleArn?: string
  /** Where a machine has the role from. */
  readonly instanceProfile?: { readonly arn: string; readonly id: string }
}

export interface CredentialSource {
  /** What it is, for people: `the enrolment of i-0abc`. */
  readonly name: string
  /**
   * Asks for a new set, once; whoever calls decides about asking again.
   * @throws SourceRefused where asking again brings nothing; any other error where it may
   */
  fetch(signal: AbortSignal): Promise<SourceCredentials>
}

/** The answer was no: a proof that is not accepted, a role that does not trust. One sentence for people. */
export class SourceRefused extends Error {
  /** The code of the answer: `AccessDenied`. */
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'SourceRefused'
    this.code = code
  }
}

const passing =
  /^(?:Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ServiceUnavailable|Internal|RequestTimeout|IDPCommunicationError)/

/** Whether an error answer says nothing of whoever asked: too many ask, or the server is at fault. */
export const isPassing = (status: number, code: string): boolean =>
  status >= 500 || status === 429 || passing.test(code)

/** There was no answer, or none that decides anything: asking again may bring one. One sentence for people. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** The server answered that it cannot say now, mostly since whoever vouches for the person cannot be asked. */
export class NotNow extends NoAnswer {}
