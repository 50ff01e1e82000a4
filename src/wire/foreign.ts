// A request for a service that is not offered here, and its refusal in the form that the service's own clients read; of any
// other form they would report only that the answer cannot be parsed (Smithy 2.0, AWS protocols; S3 API Reference, "Error
// responses"; EC2 API Reference, "Common errors").
import { type Message, splitTarget } from '../core/http.ts'
import { escapeXml } from './aws-xml.ts'
import { type Protocol, serviceOfTarget } from './contract.ts'
import type { Refusal } from './errors.ts'
import { type Answer, errorBytes } from './respond.ts'
import type { Offer, ServiceName } from './services.ts'

type Form = 'query' | 'json' | 'rest-json' | 'cbor' | 'ec2' | 's3'

export interface Foreign {
  /** `dynamodb`; a target's prefix where nothing is signed. */
  readonly service: string
  readonly form: Form
  /** The service whose error codes are used. */
  readonly words: Protocol
}

/** An answer whose body may be binary. */
export interface ForeignAnswer extends Omit<Answer, 'body'> {
  readonly body: string | Buffer
}

/**
 * The service that a request is signed for or names, when it is none of those offered. The name is not verified: it is used
 * only in the words of a refusal.
 */
export function foreignTo(message: Message, offer: Offer): Foreign | undefined {
  const service = signedFor(message) ?? named(message, offer)
  // Each name that services are signed for is also one of a service.
  if (service === undefined || !nameLike.test(service) || offer.has(service as ServiceName)) return undefined
  const form = formOf(message, service)
  return { service, form, words: form === 'query' || form === 'ec2' || form === 's3' ? 'aws-query' : 'aws-json' }
}

/** A name that may be repeated in a sentence. */
const nameLike = /^[\w-]{1,64}$/

/** The service of a credential scope: the part before `/aws4_request`, in the header or the query. It is not verified. */
export function signedFor({ headers, target }: Message): string | undefined {
  const header = headers.get('authorization') ?? ''
  const text = header === '' ? splitTarget(target).query.replace(/%2f/gi, '/') : header
  const end = text.indexOf('/aws4_request')
  return end < 0 ? undefined : text.slice(text.lastIndexOf('/', end - 1) + 1, end)
}

/** The service of a target header or of an RPC v2 path, in an unsigned request. */
function named({ headers, target }: Message, offer: Offer): string | undefined {
  const operationTarget = headers.get('x-amz-target')
  // A target of an offered service names an operation that the service does not have: it is not foreign.
  if (operationTarget !== undefined) {
    const service = serviceOfTarget(operationTarget)
    return service !== undefined && offer.has(service) ? service : operationTarget.split('.')[0]
  }
  return /^\/service\/([\w-]+)\/operation\//.exec(target)?.[1]
}

const restXml: ReadonlySet<string> = new Set(['cloudfront', 'route53'])

function formOf({ headers, method, target }: Message, service: string): Form {
  if (headers.has('smithy-protocol')) return 'cbor'
  if (headers.has('x-amz-target')) return 'json'
  if (service.startsWith('s3')) return 's3'
  if (service === 'ec2') return 'ec2'
  const { path } = splitTarget(target)
  const query = path === '/' && (method === 'POST' || target.includes('Action='))
  return query || restXml.has(service) ? 'query' : 'rest-json'
}

/** The refusal as bytes, in the form of the service that was meant. */
export function foreignBytes(
  form: Form,
  refusal: Refusal,
  requestId: string,
  jsonVersion: '1.0' | '1.1',
): ForeignAnswer {
  const { code, message, status } = refusal
  switch (form) {
    case 'query':
      return errorBytes('aws-query', refusal, requestId)
    case 'json':
      return errorBytes('aws-json', refusal, requestId, { jsonVersion })
    case 'rest-json':
      return errorBytes('rest-json', refusal, requestId)
    case 'cbor': {
      const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': requestId }
      const body = Buffer.concat([Buffer.of(0xa2), ...['__type', code, 'message', message].map(cborText)])
      return { status, headers: { 'content-type': 'application/cbor', ...headers }, body }
    }
    case 'ec2': {
      const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
      return xml(status, requestId, `<Response><Errors>${error}</Errors><RequestID>${requestId}</RequestID></Response>`)
    }
    case 's3': {
      const error = `<Code>NotImplemented</Code><Message>${escapeXml(message)}</Message>`
      return xml(501, requestId, `<Error>${error}<RequestId>${requestId}</RequestId></Error>`)
    }
  }
}

const xml = (status: number, requestId: string, body: string): ForeignAnswer => ({
  status,
  headers: { 'content-type': 'application/xml', 'x-amzn-requestid': requestId, 'x-amz-request-id': requestId },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
})

/** A text string of CBOR (RFC 8949 3.1, major type 3) of up to 65,535 bytes. */
function cborText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.of(0x79, bytes.length >> 8, bytes.length & 0xff)
  return Buffer.concat([head, bytes])
}
