// What is refused before an operation runs, by cause: one table of codes, statuses and sentences for Query services (STS,
// IAM), JSON services (Cognito, Organizations, DynamoDB) and REST services (EKS, Roles Anywhere), which have the codes of JSON and
// statuses of HTTP's own. Sentences are AWS's to the letter, odd spaces included.
import { createHash } from 'node:crypto'
import type { Protocol } from './contract.ts'
import { type Refusal, refusal } from './errors.ts'
import type { Offer } from './services.ts'

/** Every cause, with the facts that its sentence states. */
export interface FrontDoorFacts {
  /** No signature, or an unknown Authorization scheme. */
  'missing-token': undefined
  /** X-Amz-Algorithm of the query names no known algorithm. */
  'unsupported-algorithm': undefined
  /** Unknown, inactive or deleted key id; garbage or missing session token; revoked. One answer for all. */
  'invalid-token': undefined
  /** IAM called with GetSessionToken credentials that had no MFA. */
  'token-without-mfa': undefined
  'expired-token': undefined
  /** Of a person whose directory or provider cannot be asked. */
  'held-token': undefined
  /** Wrong secret or another canonical request. */
  'signature-mismatch': undefined
  'signature-expired': { readonly signedAt: Date; readonly now: Date; readonly windowMinutes: number }
  'signature-not-yet-current': { readonly signedAt: Date; readonly now: Date; readonly windowMinutes: number }
  /** AWS's older sentence names the region that was given. */
  'scope-region': { readonly got?: string }
  'scope-service': { readonly expected: string }
  'scope-terminator': { readonly got: string }
  /** `got`: the scope's day; `day`: the request's; `date`: what the request's was read from, basic ISO 8601. */
  'scope-date': { readonly got: string; readonly day: string; readonly date: string }
  'host-not-signed': undefined
  'credential-form': { readonly credential: string }
  /** A part of the Authorization header without `=`; only its hash is answered, because it may be a secret. */
  'header-not-key-value': { readonly part: string }
  'header-parts-missing': { readonly missing: readonly HeaderPart[]; readonly authorization: string }
  'bad-date': { readonly date: string }
  'query-parts-missing': { readonly missing: readonly QueryPart[] }
  /** `Authorization: AWS …`. */
  'signature-version-2': undefined
  /** Two possible signers or signed texts: a repeated header, a token in header and query, a header and a query signature. */
  'ambiguous-signature': { readonly detail: string }
  'missing-action': undefined
  /** `version` is absent where none was sent. JSON services have neither: `action` is then unused. */
  'unknown-action': { readonly action: string; readonly version?: string }
  /** Another service's request: `service` as its scope or target says it. */
  'not-offered': { readonly service: string; readonly offer: Offer }
  /** An API's request below a path: the APIs are at the root. */
  'below-a-path': undefined
  'body-too-large': undefined
  throttled: undefined
  unavailable: undefined
  internal: undefined
}

export type FrontDoorCause = keyof FrontDoorFacts
export type HeaderPart = 'Credential' | 'Signature' | 'SignedHeaders' | 'Date'
export type QueryPart =
  | 'X-Amz-Algorithm'
  | 'X-Amz-Credential'
  | 'X-Amz-Date'
  | 'X-Amz-SignedHeaders'
  | 'X-Amz-Signature'

interface Row<F> {
  readonly query: readonly [code: string, status: number]
  readonly json: readonly [code: string, status: number]
  /** The status of restJson1, where it is not Query's. */
  readonly rest?: number
  readonly say: (facts: F) => string
  /** Causes that JSON services put in other words. */
  readonly sayJson?: string
}

const mismatch = {
  query: ['SignatureDoesNotMatch', 403],
  json: ['InvalidSignatureException', 400],
} as const
const incomplete = {
  query: ['IncompleteSignature', 400],
  json: ['IncompleteSignatureException', 400],
} as const
const missing = {
  query: ['MissingAuthenticationToken', 403],
  json: ['MissingAuthenticationTokenException', 400],
} as const
const invalid = {
  query: ['InvalidClientTokenId', 403],
  json: ['UnrecognizedClientException', 400],
} as const

/**
 * The part of what was sent that a sentence repeats: no operation has a longer name, and escaping can make it six times as
 * long.
 * DIVERGES: how much of it AWS repeats is not known.
 */
const longestSaid = 256
export const said = (text: string) => (text.length > longestSaid ? `${text.slice(0, longestSaid)}...` : text)

const unknown = {
  query: ['InvalidAction', 400],
  json: ['UnknownOperationException', 400],
  rest: 404,
} as const

const rows: { readonly [C in FrontDoorCause]: Row<FrontDoorFacts[C]> } = {
  'missing-token': { ...missing, say: () => 'Request is missing Authentication Token' },
  'unsupported-algorithm': { ...missing, say: () => 'Missing Authentication Token' },
  'invalid-token': { ...invalid, say: () => 'The security token included in the request is invalid.' },
  'token-without-mfa': { ...invalid, say: () => 'The security token included in the request is invalid' },
  'expired-token': {
    query: ['ExpiredToken', 403],
    json: ['ExpiredTokenException', 400],
    say: () => 'The security token included in the request is expired',
  },
  // DIVERGES: AWS's sessions of people go on without whoever vouched for them. A refusal, and no fault of the server: SDKs repeat
  // those, and drop credentials whose token is called invalid, while these may be good again.
  'held-token': {
    query: ['AccessDenied', 403],
    json: ['AccessDeniedException', 400],
    say: () =>
      'The directory or provider that vouches for you cannot be asked now, so nothing that you were given is accepted. It goes on once the directory answers.',
  },
  'signature-mismatch': {
    ...mismatch,
    say: () =>
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  },
  'signature-expired': {
    ...mismatch,
    say: ({ signedAt, now, windowMinutes }) =>
      `Signature expired: ${basic(signedAt)} is now earlier than ${basic(now, -windowMinutes)} (${basic(now)} - ${windowMinutes} min.)`,
  },
  'signature-not-yet-current': {
    ...mismatch,
    say: ({ signedAt, now, windowMinutes }) =>
      `Signature not yet current: ${basic(signedAt)} is still later than ${basic(now, windowMinutes)} (${basic(now)} + ${windowMinutes} min.)`,
  },
  'scope-region': {
    ...mismatch,
    say: ({ got }) => `Credential should be scoped to a valid region${got === undefined ? '. ' : `, not '${got}'. `}`,
  },
  'scope-service': {
    ...mismatch,
    say: ({ expected }) => `Credential should be scoped to correct service: '${expected}'. `,
  },
  'scope-terminator': {
    ...mismatch,
    say: ({ got }) => `Credential should be scoped with a valid terminator: 'aws4_request', not '${got}'.`,
  },
  'scope-date': {
    ...mismatch,
    say: ({ got, day, date }) =>
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${got}' != '${day}', from '${date}'.`,
  },
  'host-not-signed': {
    ...mismatch,
    say: () => "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  },
  'credential-form': {
    ...incomplete,
    say: ({ credential }) =>
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
  },
  'header-not-key-value': {
    ...incomplete,
    say: ({ part }) =>
      `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hashed(part)}'.`,
  },
  'header-parts-missing': {
    ...incomplete,
    say: ({ missing: parts, authorization }) =>
      `${headerParts
        .filter((part) => parts.includes(part))
        .map((part) => headerSentences[part])
        .join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${hashed(authorization)}`,
  },
  'bad-date': {
    ...incomplete,
    say: ({ date }) =>
      `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  },
  'query-parts-missing': {
    ...incomplete,
    say: ({ missing: parts }) =>
      `${parts.map((part) => `AWS query-string parameters must include '${part}'. `).join('')}Re-examine the query-string parameters.`,
  },
  'signature-version-2': { ...incomplete, say: () => 'AWS Signature Version 2 is not supported.' },
  'ambiguous-signature': {
    ...incomplete,
    say: () => 'The request carries more than one signature, token or value of a signed header.',
  },
  'missing-action': {
    query: ['MissingAction', 400],
    json: ['UnknownOperationException', 400],
    sayJson: 'The requested operation is not recognized by the service.',
    say: () => 'The request is missing an action or a required parameter.',
  },
  'unknown-action': {
    ...unknown,
    sayJson: 'The requested operation is not recognized by the service.',
    say: ({ action, version = 'NO_VERSION_SPECIFIED' }) =>
      `Could not find operation ${said(action)} for version ${said(version)}`,
  },
  // DIVERGES: AWS has an endpoint for each service, and its answers to another path or another service's request would not
  // help here; this one endpoint says what it offers, and where.
  'not-offered': {
    ...unknown,
    say: ({ service, offer }) =>
      `The service ${service} is not offered at this endpoint. It answers ${[...offer].sort().join(', ')}.`,
  },
  'below-a-path': {
    ...unknown,
    say: () =>
      'This endpoint answers at its root. Name it without a path: http://host:port, not http://host:port/path.',
  },
  'body-too-large': {
    query: ['RequestEntityTooLarge', 413],
    json: ['RequestEntityTooLargeException', 413],
    say: () => 'Request size exceeded the limit.',
  },
  throttled: {
    query: ['Throttling', 400],
    json: ['ThrottlingException', 400],
    rest: 429,
    say: () => 'Rate exceeded',
  },
  unavailable: {
    query: ['ServiceUnavailable', 503],
    json: ['ServiceUnavailableException', 503],
    say: () => 'The request has failed due to a temporary failure of the server.',
  },
  internal: {
    query: ['InternalFailure', 500],
    json: ['InternalFailure', 500],
    say: () => 'The request processing has failed because of an unknown error, exception or failure.',
  },
}

/** The order AWS names them in. */
const headerParts = ['Credential', 'Signature', 'SignedHeaders', 'Date'] as const
const headerSentences: { readonly [P in HeaderPart]: string } = {
  Credential: "Authorization header requires 'Credential' parameter.",
  Signature: "Authorization header requires 'Signature' parameter.",
  SignedHeaders: "Authorization header requires 'SignedHeaders' parameter.",
  Date: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
}

type FactsArgument<C extends FrontDoorCause> = FrontDoorFacts[C] extends undefined ? [] : [facts: FrontDoorFacts[C]]

/** The refusal of a cause in the words of a protocol. */
export function frontDoor<C extends FrontDoorCause>(
  cause: C,
  protocol: Protocol,
  ...[facts]: FactsArgument<C>
): Refusal {
  const row: Row<FrontDoorFacts[C]> = rows[cause]
  const query = protocol === 'aws-query'
  const [code, inJson] = query ? row.query : row.json
  const status = protocol === 'rest-json' ? (row.rest ?? row.query[1]) : inJson
  const message = query || row.sayJson === undefined ? row.say(facts as FrontDoorFacts[C]) : row.sayJson
  const detail = cause === 'ambiguous-signature' ? (facts as FrontDoorFacts['ambiguous-signature']).detail : undefined
  return refusal(code, status, message, detail)
}

/** Every code of the JSON column: those that a service does not model are in Coral's own namespace on the wire. */
export const jsonFrontDoorCodes: ReadonlySet<string> = new Set(Object.values(rows).map(({ json }) => json[0]))

/** ISO 8601 basic format in UTC, `minutes` later. */
function basic(time: Date, minutes = 0): string {
  const text = new Date(time.getTime() + minutes * 60_000).toISOString()
  return `${text.slice(0, 19).replace(/[-:]/g, '')}Z`
}

const hashed = (text: string) => createHash('sha256').update(text).digest('base64')
