// Why a request's signature was not accepted: one closed union for reading credentials (credential.ts), for verifying
// them (verify.ts) and for aws-chunked bodies (chunks.ts). Each member carries the facts its message needs; the words
// are made where errors are turned to bytes, because they differ by protocol (Query, JSON, S3).

export type AuthorizationPart = 'Credential' | 'Signature' | 'SignedHeaders' | 'Date'

export type QueryParameter =
  | 'X-Amz-Algorithm'
  | 'X-Amz-Credential'
  | 'X-Amz-Signature'
  | 'X-Amz-SignedHeaders'
  | 'X-Amz-Date'
  | 'X-Amz-Expires'

/** One wrong part of the credential scope. AWS puts the sentences of all of them into one message, in this order. */
export type ScopeFault =
  | { readonly part: 'region'; readonly got: string }
  | { readonly part: 'service'; readonly got: string; readonly expected: readonly string[] }
  | { readonly part: 'terminator'; readonly got: string }
  | { readonly part: 'date'; readonly got: string; readonly day: string; readonly amzDate: string }

/** Credentials cannot be read: MissingAuthenticationToken and IncompleteSignature in the Query protocol. */
export type Unreadable =
  /** MissingAuthenticationToken: another scheme than AWS4-HMAC-SHA256; S3 `Unsupported Authorization Type`. */
  | { readonly rejected: 'algorithm'; readonly form: 'header' | 'query'; readonly value: string }
  /** `AWS Signature Version 2 is not supported.` */
  | { readonly rejected: 'signature-v2'; readonly form: 'header' | 'query' }
  /** Both an Authorization header and presigned query parameters. S3 InvalidArgument `Only one auth mechanism allowed…`. */
  | { readonly rejected: 'several-mechanisms' }
  /** A session token both in the header and in the query. */
  | { readonly rejected: 'several-tokens' }
  /** A credential parameter stands twice. */
  | { readonly rejected: 'repeated-parameter'; readonly name: string }
  /** `'part' not a valid key=value pair (missing equal-sign) in Authorization header: 'authorization'` */
  | { readonly rejected: 'not-key-value'; readonly part: string; readonly authorization: string }
  /** `Authorization header requires 'Credential' parameter. …`; `missing` is in the order of the message. */
  | {
      readonly rejected: 'missing-parameters'
      readonly missing: readonly AuthorizationPart[]
      readonly authorization: string
    }
  /** `AWS query-string parameters must include 'X-Amz-Date'. …`, one sentence each. */
  | { readonly rejected: 'missing-query-parameters'; readonly missing: readonly QueryParameter[] }
  /** `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'value'` */
  | { readonly rejected: 'credential-parts'; readonly form: 'header' | 'query'; readonly value: string }
  /** `Date must be in ISO-8601 'basic format'. Got 'value'. …` */
  | { readonly rejected: 'date-format'; readonly value: string }
  /** X-Amz-Expires: `should be a number`, `must be non-negative`, `must be less than a week (in seconds)`. */
  | {
      readonly rejected: 'expires'
      readonly why: 'not-a-number' | 'negative' | 'too-long'
      readonly value: string
    }
  /** The list of signed headers is not lower-case, sorted, free of repeats, and at most 100 long. */
  | {
      readonly rejected: 'signed-headers'
      readonly why: 'malformed' | 'unsorted' | 'repeated' | 'too-many'
      readonly value: string
    }
  /** The signature is not 64 lower-case hexadecimal digits: SignatureDoesNotMatch without further words. */
  | { readonly rejected: 'signature-form'; readonly value: string }
  /** The request itself cannot be put into canonical form: bad percent-encoding, control characters, no path. */
  | { readonly rejected: 'malformed'; readonly where: 'method' | 'path' | 'query' | 'header'; readonly value: string }

/** Credentials were read, but do not cover this request: SignatureDoesNotMatch in the Query protocol. */
export type Mismatch =
  /** `Signature expired: amzDate is now earlier than (now - skew) (now - N min.)`; S3 RequestTimeTooSkewed. Times in ms. */
  | {
      readonly rejected: 'expired' | 'not-yet-current'
      readonly form: 'header' | 'query'
      readonly amzDate: string
      readonly time: number
      readonly now: number
      readonly skewMs: number
    }
  /** A presigned request after its X-Amz-Expires (seconds); S3 AccessDenied `Request has expired`. Times in ms. */
  | {
      readonly rejected: 'url-expired'
      readonly amzDate: string
      readonly time: number
      readonly now: number
      readonly expires: number
    }
  /** `'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.` */
  | { readonly rejected: 'host-not-signed' }
  /** S3 AccessDenied `There were headers present in the request which were not signed` + HeadersNotSigned. */
  | { readonly rejected: 'headers-not-signed'; readonly names: readonly string[] }
  /** SignedHeaders names a header that the request does not have. */
  | { readonly rejected: 'signed-header-absent'; readonly name: string }
  /** `Credential should be scoped to …`; at least one fault. */
  | { readonly rejected: 'scope'; readonly faults: readonly ScopeFault[] }
  /** S3 only: `Missing required header for this request: x-amz-content-sha256`, or a value that is none of the forms. */
  | { readonly rejected: 'payload-header'; readonly why: 'missing' | 'invalid'; readonly value: string }
  /** S3 only: XAmzContentSHA256Mismatch. */
  | { readonly rejected: 'payload-mismatch'; readonly claimed: string; readonly computed: string }
  /** `The request signature we calculated does not match …`. S3 answers the two texts to the caller; never log them. */
  | {
      readonly rejected: 'signature'
      readonly canonicalRequest: string
      readonly stringToSign: string
      readonly provided: string
    }

export type Rejection = Unreadable | Mismatch

/** True for any member of the union, whatever else the value may be. */
export const isRejection = <T extends object>(value: T | Rejection | undefined): value is Rejection =>
  value !== undefined && 'rejected' in value

/**
 * What is wrong with an aws-chunked body (chunks.ts). 'too-small' is S3's InvalidChunkSizeError, 'signature' its
 * SignatureDoesNotMatch, 'length' and 'truncated' its IncompleteBody; the others are InvalidRequest.
 */
export type ChunkFault =
  | 'malformed'
  | 'too-small'
  | 'too-large'
  | 'signature'
  | 'length'
  | 'trailer'
  | 'truncated'
  | 'surplus'
