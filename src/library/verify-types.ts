// The types of `hallpass/verify`. They are the package's own and frozen (docs/library-api.md).

/** A request as it was received. */
export interface SignedRequest {
  readonly method: string
  /** The request target exactly as sent: path and query. */
  readonly target: string
  /**
   * Names and values in turn, as `rawHeaders` of node:http has them; or pairs, as the Headers of fetch are gone through. Repeated ones
   * must still be there twice.
   */
  readonly headers: readonly string[] | Iterable<readonly [string, string]>
  /** The whole body as received. Default: none. */
  readonly body?: Uint8Array
  /** The client's address: one address is given a part alone of the questions that strangers may cause. */
  readonly address?: string
}

/** Who signed a request. */
export interface Caller {
  /** As GetCallerIdentity answers it. */
  readonly arn: string
  readonly account: string
  readonly userId: string
  readonly kind: 'root' | 'user' | 'role-session' | 'federated-user'
  /** Of the user or role itself, and its unique id. */
  readonly principalArn: string
  readonly principalId: string
  readonly accessKeyId: string
  /** Of the principal and of the session. */
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity?: string
  readonly multiFactorAt?: Date
  /** When the session ends; absent for long-term keys. */
  readonly expiresAt?: Date
}

/** Why nobody is let in. */
export interface Refusal {
  /** AWS's: `InvalidSignatureException`, `ExpiredTokenException`, `AccessDeniedException`, … */
  readonly code: string
  /** HTTP's. */
  readonly status: number
  readonly message: string
}

export type Verification = { readonly caller: Caller } | { readonly refused: Refusal }

/** How the service proves to Hallpass that it is the one that was declared. */
export type ServiceProof =
  /** PEM of the private key whose public half was registered for it (P-256, or RSA). */
  | { readonly privateKey: string }
  /** A token of an issuer that its declaration names: of a Kubernetes service account, for example. Asked for each question. */
  | { readonly token: () => string | Promise<string> }

export interface VerifierOptions {
  /** The public URL of Hallpass. */
  readonly url: string
  /** The name that the service was declared under: `notes.example.com`. */
  readonly service: string
  /** What its clients sign for: `notes`. */
  readonly signingName: string
  readonly proof: ServiceProof
  /** PEM of the authorities that vouch for Hallpass, instead of those of the system. */
  readonly ca?: string
  /**
   * How many questions about unknown credentials a second may cause; one address may cause a quarter of them. What is beyond is
   * refused (ThrottlingException). Default: 40.
   */
  readonly strangersPerSecond?: number
  /** Told why Hallpass could not be asked. */
  readonly onProblem?: (problem: string) => void
  /** What time it is. Default: the system's. */
  readonly clock?: () => Date
}

export interface Verifier {
  /** Who signed the request. Never rejects: what cannot be verified is refused. */
  verify(request: SignedRequest): Promise<Verification>
}
