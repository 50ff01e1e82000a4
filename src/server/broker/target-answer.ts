// What a target's STS answered (STS API Reference, XML), read for the few members that are needed.
import { readQuery, textOf } from '../../client/aws-query.ts'
import { printable } from '../../core/printable.ts'
import type { Answered, FailedFetch } from '../../federation/fetch.ts'
import type { Refusal } from '../../wire/errors.ts'
import type { Given } from './broker.ts'

export type TargetAnswer =
  | Pick<Given, 'credentials' | 'arn'>
  | { readonly refused: Pick<Refusal, 'code' | 'status' | 'message'> }
  /** For the operator alone. */
  | { readonly failed: string }

/**
 * INVARIANT: only refusals with these codes reach the person, with the target's sentence: what else a target says may be about
 * others.
 */
const statuses: ReadonlyMap<string, number> = new Map([
  ['AccessDenied', 403],
  ['ExpiredTokenException', 400],
  ['IDPCommunicationError', 400],
  ['IDPRejectedClaim', 403],
  ['InvalidIdentityToken', 400],
  ['InvalidParameterValue', 400],
  ['MalformedPolicyDocument', 400],
  ['PackedPolicyTooLarge', 400],
  ['RegionDisabledException', 403],
  ['Throttling', 400],
  ['ValidationError', 400],
])

const longestMessage = 512

export function readAnswer(answer: Answered | FailedFetch): TargetAnswer {
  if ('rejected' in answer) return { failed: `${answer.rejected}: ${answer.detail}` }
  const read = readQuery(answer.status, answer.body.toString())
  if ('failed' in read) return read
  if ('refused' in read) {
    const status = statuses.get(read.refused)
    const message = printable(read.message).slice(0, longestMessage)
    return status === undefined
      ? { failed: `it refused with ${printable(read.refused).slice(0, 64)}: ${message}` }
      : { refused: { code: read.refused, status, message } }
  }
  const member = (name: string) => textOf(read.xml, name) ?? ''
  const [AccessKeyId, SecretAccessKey] = [member('AccessKeyId'), member('SecretAccessKey')]
  const [SessionToken, Expiration] = [member('SessionToken'), new Date(member('Expiration'))]
  if (AccessKeyId === '' || SecretAccessKey === '' || SessionToken === '' || Number.isNaN(Expiration.getTime()))
    return { failed: 'an answer without credentials' }
  return { credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration }, arn: member('Arn') }
}
