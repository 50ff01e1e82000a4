// AWS's own clients of each service, speaking to a function instead of a socket.
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { withoutClient } from '../../scripts/contract/types.ts'
import type { Answer } from '../../src/wire/respond.ts'
import type { ServiceName } from '../../src/wire/services.ts'
import { buildQueryString, moduleOf } from './schema-client.ts'

export interface SentRequest {
  readonly method: string
  /** Path and query, as the client's handler writes them. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

type Send = (command: object) => Promise<Record<string, unknown>>

export interface Client {
  readonly call: (operation: string, input: object) => Promise<Record<string, unknown>>
  /** The module, for its error classes. */
  readonly module: Readonly<Record<string, unknown>>
}

/** A client whose requests `respond` answers. */
export function clientOf(service: ServiceName, respond: (request: SentRequest) => Answer): Client {
  const load = createRequire(import.meta.url)
  const { module, settings } = withoutClient.has(service)
    ? moduleOf(service)
    : { module: load(`@aws-sdk/client-${service}`) as Record<string, unknown>, settings: {} }
  const classes = withoutClient.has(service) ? (load('@aws-sdk/client-eks') as Record<string, unknown>) : module
  // One export is `<Service>Client`; `__Client` is what all derive from.
  const [name = ''] = Object.keys(classes).filter((name) => /^[A-Z]\w*Client$/.test(name))
  const Class = classes[name] as new (settings: object) => { readonly send: Send }
  const client = new Class({
    ...settings,
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    requestHandler: {
      async handle(request: HttpRequest) {
        const { method, headers: sent, path, query } = request
        const parameters = buildQueryString(query)
        const target = parameters === '' ? path : `${path}?${parameters}`
        const { status, headers, body } = respond({ method, target, headers: sent, body: bytes(request.body) })
        return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(body)]) } }
      },
    },
  })
  return {
    module,
    async call(operation, input) {
      const Command = module[`${operation}Command`] as new (input: object) => object
      const { $metadata: _, ...output } = await client.send(new Command(input))
      return output
    },
  }
}

interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: Record<string, string | string[]>
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array
}

const bytes = (body: string | Uint8Array = '') => (typeof body === 'string' ? Buffer.from(body) : new Uint8Array(body))
