// Requests for DynamoDB as bytes, so that a test can send what no SDK would.
import { type Answer, type Ask, type Sent, send, signed } from './raw.ts'
import type { Keys } from './server.ts'

export interface Asked {
  readonly keys: Keys
  readonly now: Date
  readonly operation: string
  /** JSON, or the value of which it is made. */
  readonly input: string | object
  readonly service?: 'dynamodb' | 'dynamodb-streams'
  /** Further headers, signed like the rest; they replace those of the protocol. */
  readonly headers?: Readonly<Record<string, string>>
}

const prefixes = { dynamodb: 'DynamoDB_20120810', 'dynamodb-streams': 'DynamoDBStreams_20120810' } as const

/** The request with the headers that AWS's clients send. */
export function dynamodbRequest(port: number, asked: Asked, more: Partial<Ask> = {}): Sent {
  const { keys, now, operation, input, service = 'dynamodb', headers = {} } = asked
  return signed(port, {
    ...{ keys, now, body: typeof input === 'string' ? input : JSON.stringify(input), signer: { service: 'dynamodb' } },
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${prefixes[service]}.${operation}`,
      ...headers,
    },
    ...more,
  })
}

export const askDynamodb = (port: number, asked: Asked): Promise<Answer> => send(port, dynamodbRequest(port, asked))

/** Asks a server, at its time and as its root unless other keys are given; `signed` is the same request, not sent. */
export function asksOf(server: { readonly port: number; readonly root: Keys; readonly now: () => Date }) {
  const asked = (operation: string, input: string | object, keys = server.root): Asked => {
    return { keys, now: server.now(), operation, input }
  }
  return {
    ask: (operation: string, input: string | object, keys?: Keys, headers: Asked['headers'] = {}) =>
      askDynamodb(server.port, { ...asked(operation, input, keys), headers }),
    signed: (operation: string, input: string | object, keys?: Keys) =>
      dynamodbRequest(server.port, asked(operation, input, keys)),
  }
}
