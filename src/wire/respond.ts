// Answers as bytes, for every protocol: the one function for success and the one for errors.
import { encodeJson } from './aws-json.ts'
import { writeXml, writeXmlError } from './aws-xml.ts'
import { contractOf, type OperationContract, type Protocol, type ServiceContract } from './contract.ts'
import type { Refusal } from './errors.ts'
import { validationError } from './errors.ts'
import { jsonFrontDoorCodes } from './front-door.ts'
import { services } from './services.ts'

export interface Answer {
  readonly status: number
  /** Lower-cased names; Content-Length is the server's to add. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AnswerOptions {
  /** The caller of a Query service accepts JSON (`Accept: application/json`), as EKS's authenticator does with STS. */
  readonly json?: boolean
}

/** The answer of an operation that succeeded. TypeError where `output` is not of the operation's shape. */
export function answerBytes(
  operation: OperationContract,
  output: object,
  requestId: string,
  { json = false }: AnswerOptions = {},
): Answer {
  if (operation.protocol === 'rest-json')
    return answer(operation.http?.status ?? 200, plainJson, requestId, encodeJson(operation, output))
  if (operation.protocol === 'aws-json') {
    const type = amzJson(contractOf(operation.service).jsonVersion)
    return answer(200, type, requestId, encodeJson(operation, output))
  }
  const { name } = operation
  if (!json) {
    const { namespace = '' } = contractOf(operation.service)
    return answer(200, xml, requestId, writeXml(operation, namespace, output, requestId))
  }
  const result = operation.output === undefined ? '' : `"${name}Result":${encodeJson(operation, output)},`
  const body = `{"${name}Response":{${result}"ResponseMetadata":${JSON.stringify({ RequestId: requestId })}}}`
  return answer(200, plainJson, requestId, body)
}

const xml = 'text/xml'
const plainJson = 'application/json'
const amzJson = (version: ServiceContract['jsonVersion'] = '1.1') => `application/x-amz-json-${version}`

const answer = (status: number, type: string, requestId: string, body: string): Answer => ({
  status,
  headers: { 'content-type': type, 'x-amzn-requestid': requestId },
  body,
})

/** The namespace of InvalidAction alone (recorded), and of errors before a service is known. */
const faultNamespace = 'http://webservices.amazon.com/AWSFault/2005-15-09'

/**
 * `service`: the one that the request is for, where it is known; it decides the XML namespace and how JSON spells the
 * message.
 */
export interface ErrorOptions extends AnswerOptions {
  readonly service?: ServiceContract
  /** awsJson's version where the service is not known: 1.1 unless said. */
  readonly jsonVersion?: '1.0' | '1.1'
}

/**
 * A refusal as bytes: the only way an error reaches a client of a service that is offered (foreign.ts has the others). `detail` is never
 * written. One that says nothing of the request itself says when to come back (RFC 9110, 10.2.3).
 */
export function errorBytes(
  protocol: Protocol,
  refusal: Refusal,
  requestId: string,
  options: ErrorOptions = {},
): Answer {
  const answer = errorAnswer(protocol, refusal, requestId, options)
  const passes = refusal.status === 503 || busy.has(refusal.code)
  return passes ? { ...answer, headers: { ...answer.headers, 'retry-after': '1' } } : answer
}

const busy: ReadonlySet<string> = new Set(['Throttling', 'ThrottlingException', 'TooManyRequestsException'])

function errorAnswer(
  protocol: Protocol,
  refusal: Refusal,
  requestId: string,
  { json = false, service, jsonVersion }: ErrorOptions,
): Answer {
  const { code, status, message, fault } = refusal
  if (protocol === 'rest-json') return restError(refusal, requestId, service)
  if (protocol === 'aws-json') return jsonError(refusal, requestId, service, service?.jsonVersion ?? jsonVersion)
  if (json) {
    const body = JSON.stringify({ Error: { Code: code, Message: message, Type: fault }, RequestId: requestId })
    return answer(status, plainJson, requestId, body)
  }
  const namespace = code === 'InvalidAction' ? faultNamespace : (service?.namespace ?? faultNamespace)
  return answer(status, xml, requestId, writeXmlError(namespace, { code, message, fault }, requestId))
}

/**
 * `{"__type":"X","message":"…"}`. Errors that the service models have no namespace; Coral's own errors have Coral's. The
 * x-amzn-errortype header repeats the code, for clients that look there first, with the trailing colon that AWS sends.
 */
function jsonError(
  refusal: Refusal,
  requestId: string,
  service: ServiceContract | undefined,
  version: '1.0' | '1.1' | undefined,
): Answer {
  const { code, status, message, extra } = refusal
  const modelled = service?.error(code)
  const type = modelled === undefined && coral.has(code) ? `com.amazon.coral.service#${code}` : code
  const body = JSON.stringify({ __type: type, ...extra, [modelled?.messageMember ?? 'message']: message })
  const plain = answer(status, amzJson(version), requestId, body)
  const headers = { ...plain.headers, 'x-amzn-errortype': `${code}:` }
  const says = service !== undefined && services[service.service].messageHeader && headerText.test(message)
  return { ...plain, headers: says ? { ...headers, 'x-amzn-errormessage': message } : headers }
}

/**
 * restJson1: the code in the x-amzn-errortype header alone, `{"message":"…"}` in the body. What the service models has the status of
 * its model, whoever refuses.
 */
function restError(
  { code, status, message, extra }: Refusal,
  requestId: string,
  service: ServiceContract | undefined,
): Answer {
  const modelled = service?.error(code)
  const body = JSON.stringify({ ...extra, [modelled?.messageMember ?? 'message']: message })
  const plain = answer(modelled?.status ?? status, plainJson, requestId, body)
  return { ...plain, headers: { ...plain.headers, 'x-amzn-errortype': code } }
}

/** Characters that a header may hold. */
const headerText = /^[\x20-\x7e]+$/

const coral: ReadonlySet<string> = new Set([
  ...jsonFrontDoorCodes,
  validationError('aws-json', '').code,
  'SerializationException',
  'AccessDeniedException',
])
