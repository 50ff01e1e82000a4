// Who signed a request, without asking each time: Hallpass tells of a caller once, with the signing key of that day, and until that is
// too old the caller's requests are verified here. What is too old and cannot be asked about is refused.
import { addressNetwork } from '../core/address-network.ts'
import { isRejection } from '../core/sigv4/rejection.ts'
import { faultWithoutKey, verify } from '../core/sigv4/verify.ts'
import { type Limits, limits, ratesOf } from '../server/limits.ts'
import type { HallpassAnswer } from './ask-hallpass.ts'
import { createKnownCallers, credentialOf, isBelieved, type Known, knownOf, scopedName } from './known-callers.ts'
import { type ReadRequest, readSigned, refusedAs, rejectedAs, ruleFor } from './signed-request.ts'
import type { Refusal, SignedRequest, VerifierOptions } from './verify-types.ts'

/** Who signed, and the request as it was read. */
export type Proven = { readonly known: Known; readonly read: ReadRequest } | { readonly refused: Refusal }

/** Questions about unknown credentials that are asked in a second. */
const STRANGERS_PER_SECOND = 40

const unavailable = refusedAs('ServiceUnavailableException', 503, 'Who signed the request cannot be verified now.')
const throttled = refusedAs('ThrottlingException', 429, 'Rate exceeded')
const tooLong = refusedAs('UnrecognizedClientException', 403, 'The security token included in the request is invalid.')

/** Hallpass makes no longer ones. */
const LONGEST_TOKEN = 4_096
const LONGEST_KEY_ID = 128

/** Refusals of the credentials themselves, whatever was signed with them. */
const ofCredentials: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'UnrecognizedClientException',
])

/** After a question without an answer, until the next about the same caller, in ms. */
const RETRY_MS = 1_000

export interface ProvingVerifier {
  /** What is wrong with a request whatever its body is. */
  refusedByHead(request: SignedRequest): Refusal | undefined
  prove(request: SignedRequest): Promise<Proven>
  /** Callers and refusals that are kept. */
  readonly size: number
}

export function createProvingVerifier(
  options: Pick<VerifierOptions, 'signingName' | 'strangersPerSecond' | 'clock' | 'onProblem'>,
  ask: (request: ReadRequest) => Promise<HallpassAnswer>,
): ProvingVerifier {
  const { signingName, strangersPerSecond = STRANGERS_PER_SECOND, clock = () => new Date(), onProblem } = options
  const callers = createKnownCallers()
  const rule = ruleFor(signingName)
  const flights = new Map<string, Promise<HallpassAnswer>>()
  const bounds = boundsOf(strangersPerSecond)

  const signedBy = (known: Known, read: ReadRequest, now: Date): Proven => {
    const { message, presented, payloadHash } = read
    const against = { secret: known.key, services: [signingName], payloadHash, now, rule }
    const verdict = verify(message, presented, against)
    return isRejection(verdict) ? rejectedAs(verdict) : { known, read }
  }

  const keep = (name: string, known: Known) => callers.set(name, known, known.bytes)

  /** Asks, and keeps what is told. */
  async function learn(name: string, credential: string, request: ReadRequest): Promise<HallpassAnswer> {
    const askedAt = clock().getTime()
    const answer = await ask(request)
    if ('known' in answer) {
      keep(name, knownOf(answer.known, request.presented.keyId, askedAt))
    } else if ('failed' in answer) {
      onProblem?.(answer.failed)
      const before = callers.get(name)
      if (before !== undefined) keep(name, { ...before, renewAt: askedAt + RETRY_MS })
    } else if (ofCredentials.has(answer.refused.code)) {
      callers.forget(name)
      callers.refuse(credential, answer.refused, askedAt)
    }
    return answer
  }

  /** One question at a time for each caller. */
  function learnOnce(name: string, credential: string, request: ReadRequest): Promise<HallpassAnswer> {
    const under = flights.get(name)
    if (under !== undefined) return under
    const flight = learn(name, credential, request).finally(() => flights.delete(name))
    flights.set(name, flight)
    return flight
  }

  async function stranger(name: string, credential: string, request: ReadRequest, address: string): Promise<Proven> {
    const under = flights.get(name)
    if (under !== undefined) {
      // Somebody else's request decides for this one only if it was about the credentials: anybody can send a bad signature.
      await under
      const settled = settledOf(name, credential, request)
      if (settled !== undefined) return settled
    }
    // Whose signature is right by what was known of it is no stranger, and whose is wrong by it is nobody, however old that is.
    const before = callers.get(name)
    const signed = before === undefined ? undefined : signedBy(before, request, clock())
    if (signed !== undefined && 'refused' in signed) return signed
    if (signed === undefined && !mayAsk(bounds, address, clock())) return throttled
    const answer = await (under === undefined ? learnOnce : learn)(name, credential, request)
    const settled = settledOf(name, credential, request)
    if (settled !== undefined) return settled
    return 'refused' in answer ? answer : unavailable
  }

  /** What is known by now. */
  function settledOf(name: string, credential: string, request: ReadRequest): Proven | undefined {
    const now = clock()
    const known = callers.get(name)
    if (known !== undefined && isBelieved(known, now.getTime())) return signedBy(known, request, now)
    const refused = callers.refusal(credential, now.getTime())
    return refused === undefined ? undefined : { refused }
  }

  /** INVARIANT: what no key could make good is refused before anybody is asked. */
  function read(sent: SignedRequest): ReadRequest | { readonly refused: Refusal } {
    const request = readSigned(sent)
    if ('refused' in request) return request
    const { message, presented } = request
    const { token = '', keyId } = presented
    if (token.length > LONGEST_TOKEN || keyId.length > LONGEST_KEY_ID) return tooLong
    const fault = faultWithoutKey(message, presented, { now: clock(), services: [signingName], rule })
    return fault === undefined ? request : rejectedAs(fault)
  }

  return {
    refusedByHead(sent) {
      const request = read(sent)
      return 'refused' in request ? request.refused : undefined
    },
    async prove(sent) {
      const request = read(sent)
      if ('refused' in request) return request
      const { presented } = request
      const credential = credentialOf(presented)
      const name = scopedName(credential, presented)
      const settled = settledOf(name, credential, request)
      if (settled === undefined) return stranger(name, credential, request, sent.address ?? '')
      if ('known' in settled && clock().getTime() >= settled.known.renewAt) void learnOnce(name, credential, request)
      return settled
    },
    get size() {
      return callers.size
    },
  }
}

/** The kind that belongs to many, of which one address may take a part: questions to Hallpass do. */
const boundsOf = (perSecond: number): Limits =>
  limits(
    ratesOf({ ...{ 'rate-per-address': 1, 'rate-per-key': 1, 'rate-per-pool': 1 }, 'rate-per-provider': perSecond }),
  )

const mayAsk = (bounds: Limits, address: string, now: Date): boolean =>
  bounds.take('provider-share', addressNetwork(address), now) && bounds.take('provider', 'hallpass', now)
