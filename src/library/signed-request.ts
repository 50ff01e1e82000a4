// Reads a request as SigV4 signs it, and refuses what two readers could read in two ways.
import { hash } from 'node:crypto'
import { type Message, readHeaders, splitTarget } from '../core/http.ts'
import { type Presented, readAuthorization } from '../core/sigv4/credential.ts'
import { isRejection } from '../core/sigv4/rejection.ts'
import { type Rule, ruleOf } from '../core/sigv4/rules.ts'
import { rejection } from '../server/rejections.ts'
import type { Rejected } from '../service/access/authenticate.ts'
import { frontDoor } from '../wire/front-door.ts'
import type { Refusal, SignedRequest } from './verify-types.ts'

export interface ReadRequest {
  readonly message: Message
  readonly presented: Presented
  /** Hex SHA-256 of the body. */
  readonly payloadHash: string
}

export const refusedAs = (code: string, status: number, message: string): { readonly refused: Refusal } => ({
  refused: { code, status, message },
})

const protocol = 'rest-json'

/** Why a signature is not accepted, in AWS's words. */
export function rejectedAs(rejected: Rejected): { readonly refused: Refusal } {
  const { code, status, message } = rejection(rejected, protocol)
  return refusedAs(code, status, message)
}

export const unsigned = (() => {
  const { code, status, message } = frontDoor('missing-token', protocol)
  return refusedAs(code, status, message)
})()

/** Of a declared service: every x-amz-* header must be signed, beside what every service demands. */
export const ruleFor = (signingName: string): Rule => ({ ...ruleOf(signingName), everyAmzHeader: true })

const validation = (message: string) => refusedAs('ValidationException', 400, message)

function rawOf(headers: SignedRequest['headers']): readonly string[] {
  const list = [...(headers as Iterable<string | readonly [string, string]>)]
  return list.flatMap((item) => (typeof item === 'string' ? [item] : [...item]))
}

/**
 * A signature covers the normalised path, and a router goes by the raw one: where they differ, a request could be signed for one thing
 * and do another.
 */
const isPlainPath = (path: string) =>
  path.startsWith('/') &&
  !path.includes('\\') &&
  !path.includes('//') &&
  path.split('/').every((segment) => !/^(?:\.|%2e){1,2}$/i.test(segment))

/** The request, with the credentials that it presents; nothing is verified yet. */
export function readSigned(request: SignedRequest): ReadRequest | { readonly refused: Refusal } {
  const { method, target, body } = request
  const headers = readHeaders(rawOf(request.headers))
  if ('repeated' in headers) return validation(`The header ${(headers as { repeated: string }).repeated} stands twice.`)
  if (!isPlainPath(splitTarget(target).path)) return validation('The path has empty segments, or "." or ".." as one.')
  const message: Message = { method, target, headers: headers as Message['headers'] }
  const presented = readAuthorization(message)
  if (presented === undefined) return unsigned
  if (isRejection(presented)) return rejectedAs(presented)
  return { message, presented, payloadHash: hash('sha256', body ?? '', 'hex') }
}
