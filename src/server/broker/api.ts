// The broker's API (JSON, no cookies): its operations as pages for programs, and the document that describes them.
import {
  type BrokerOperation,
  brokerOperations,
  brokerPaths,
  type ProofKind,
  proofMembers,
  requestSchema,
} from '../../wire/broker-api.ts'
import { type ObjectSchema, readAs } from '../../wire/json-schema.ts'
import type { Json } from '../../wire/json-text.ts'
import type { Exchange } from '../exchange.ts'
import { json, type Page, type ProgramPage } from '../pages/page.ts'
import { withEvenFailures } from '../people/even-failures.ts'
import {
  type ApiRefusal,
  errorReply,
  headersOf,
  invalid,
  isRefusal,
  jsonOf,
  refusalBefore,
  refused,
} from '../program-api.ts'
import { type Answer, console, credentials, roles } from './api-answers.ts'
import { brokerDocument } from './api-document.ts'
import { notSignedIn } from './api-errors.ts'
import type { BrokerApiParts } from './api-parts.ts'
import { bearerToken, prove, type Sent } from './api-proof.ts'

/** A SAML response in base64 may be 150,000 long. */
const longestBody = 204_800

const answers: { readonly [O in BrokerOperation]: Answer<O> } = { credentials, roles, console }

export function brokerApiPages(parts: BrokerApiParts): readonly Page[] {
  const document = brokerDocument(parts.publicUrl)
  return [
    ...(Object.keys(brokerOperations) as BrokerOperation[]).map((operation) => operationPage(parts, operation)),
    { method: 'GET', path: brokerPaths.description, handle: () => json(document) },
  ]
}

const operationPage = (parts: BrokerApiParts, operation: BrokerOperation): ProgramPage => ({
  ...{ method: 'POST', path: brokerPaths[operation], isForPrograms: true, longestBody, refusal: refusalBefore },
  async answer({ exchange, now }, bytes) {
    const sent = readRequest(exchange, operation, bytes)
    if (isRefusal(sent)) return errorReply(sent, exchange.requestId)
    const answer = await withEvenFailures(
      parts,
      async () => {
        const asker = await prove(parts, exchange, sent, now)
        return isRefusal(asker) ? asker : answers[operation](parts, exchange, asker, sent.body as never, now)
      },
      (one) => one === notSignedIn,
    )
    if (!isRefusal(answer)) return json(answer)
    // What the broker was refused has a record of its own, by which the operator finds why.
    const id = 'requestId' in answer ? String(answer.requestId) : exchange.requestId
    return errorReply(answer, id)
  },
})

/** INVARIANT: what is not known is refused: a member that is misspelt would else be one that was not sent. */
function readRequest<O extends BrokerOperation>(exchange: Exchange, operation: O, bytes: Buffer): Sent<O> | ApiRefusal {
  const read = jsonOf(exchange, bytes)
  if (isRefusal(read)) return read
  const proof = proofOf(read.json)
  if (proof !== 'SignIn' && headersOf(exchange).has('authorization')) {
    return invalid('Authorization and a proof in the body exclude each other.')
  }
  if (proof === 'SignIn' && bearerToken(exchange) === undefined) {
    const ways = Object.keys(proofMembers).join(', ')
    return refused('UnauthorizedException', 401, `Nothing says who asks: none of ${ways}, and no access token.`)
  }
  const body = readAs(requestSchema(operation, proof) as ObjectSchema, read.json)
  return 'wrong' in body ? invalid(`${body.wrong}.`) : ({ proof, body: body.value } as Sent<O>)
}

/** By the member that proves; a second one is not known there. */
function proofOf(value: Json): ProofKind {
  const members = Object.keys(proofMembers) as (keyof typeof proofMembers)[]
  const member = value instanceof Map ? members.find((name) => value.has(name)) : undefined
  return member === undefined ? 'SignIn' : proofMembers[member]
}
