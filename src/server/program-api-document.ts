// The OpenAPI document of an API of ours for programs (OpenAPI 3.1.1), made of the table that its requests are read by.
import { apiError } from '../wire/api-answers.ts'

export interface DescribedOperation {
  /** Below the public URL. */
  readonly path: string
  readonly id: string
  readonly title: string
  readonly summary: string
  /** Schemas of its requests, by their names: any one of them is sent. */
  readonly requests: Readonly<Record<string, object>>
  readonly answer: object
}

export interface DescribedApi {
  readonly title: string
  readonly description: string
  readonly publicUrl: string
  readonly operations: readonly DescribedOperation[]
  /** What each status of a refusal says. */
  readonly statuses: Readonly<Record<number, string>>
  /** Ways to sign in beside the body, where there are some: OpenAPI's security schemes. */
  readonly securitySchemes?: Readonly<Record<string, object>>
}

const inJson = (schema: object) => ({ 'application/json': { schema } })
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const answerName = ({ title }: DescribedOperation) => `${title}Answer`

function oneOf(names: readonly string[]): object {
  const [only, ...more] = names.map(refTo)
  return only !== undefined && more.length === 0 ? only : { oneOf: names.map(refTo) }
}

export function apiDocument(api: DescribedApi): object {
  const { title, description, publicUrl, operations, statuses, securitySchemes = {} } = api
  const schemes = Object.keys(securitySchemes)
  const refusals = Object.keys(statuses).map((status) => [status, { $ref: `#/components/responses/Refused${status}` }])
  return {
    openapi: '3.1.1',
    info: { title, version: '1', description },
    servers: [{ url: publicUrl }],
    paths: Object.fromEntries(
      operations.map((operation) => [
        operation.path,
        {
          post: {
            operationId: operation.id,
            summary: operation.summary,
            // Either a proof in the body, or one of those.
            ...(schemes.length === 0 ? {} : { security: [{}, ...schemes.map((name) => ({ [name]: [] }))] }),
            requestBody: { content: inJson(oneOf(Object.keys(operation.requests))) },
            responses: {
              200: { description: 'What was asked for.', content: inJson(refTo(answerName(operation))) },
              ...Object.fromEntries(refusals),
            },
          },
        },
      ]),
    ),
    components: {
      schemas: {
        ...Object.fromEntries(
          operations.flatMap((operation) => [
            ...Object.entries(operation.requests),
            [answerName(operation), operation.answer],
          ]),
        ),
        Error: apiError,
      },
      responses: Object.fromEntries(
        Object.entries(statuses).map(([status, says]) => [
          `Refused${status}`,
          { description: says, content: inJson(refTo('Error')) },
        ]),
      ),
      ...(schemes.length === 0 ? {} : { securitySchemes }),
    },
  }
}
