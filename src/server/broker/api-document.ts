// The OpenAPI document of the broker's API (OpenAPI 3.1.1), made of the table that requests are read by.
import { apiError } from '../../wire/api-answers.ts'
import {
  type BrokerOperation,
  brokerOperations,
  brokerPaths,
  proofKinds,
  requestSchema,
} from '../../wire/broker-api.ts'

const statuses: Readonly<Record<number, string>> = {
  400: 'The request cannot be read, or asks for what cannot be.',
  401: 'Nobody was signed in, whatever the reason.',
  403: 'Not among what the person may have; or a second factor is needed.',
  413: 'The body is too long.',
  415: 'The body is not JSON.',
  429: 'Too many requests.',
  500: 'A failure of the server.',
  503: 'The server, or the company’s directory or provider, cannot be asked now.',
}

const inJson = (schema: object) => ({ 'application/json': { schema } })
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })

export function brokerDocument(publicUrl: string): object {
  const operations = Object.keys(brokerOperations) as BrokerOperation[]
  const requestName = (operation: BrokerOperation, proof: string) => `${brokerOperations[operation].title}By${proof}`
  const answerName = (operation: BrokerOperation) => `${brokerOperations[operation].title}Answer`
  return {
    openapi: '3.1.1',
    info: {
      title: 'Hallpass broker',
      version: '1',
      description:
        'Credentials for people who have a company login and no key of their own. Programs ask, without cookies; no page in a browser does.',
    },
    servers: [{ url: publicUrl }],
    paths: Object.fromEntries(
      operations.map((operation) => [
        brokerPaths[operation],
        {
          post: {
            operationId: brokerOperations[operation].id,
            summary: brokerOperations[operation].summary,
            // Either a proof in the body, or the command line's sign-in.
            security: [{}, { signIn: [] }],
            requestBody: {
              content: inJson({ oneOf: proofKinds.map((proof) => refTo(requestName(operation, proof))) }),
            },
            responses: {
              200: { description: 'What was asked for.', content: inJson(refTo(answerName(operation))) },
              ...Object.fromEntries(
                Object.keys(statuses).map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]),
              ),
            },
          },
        },
      ]),
    ),
    components: {
      schemas: {
        ...Object.fromEntries(
          operations.flatMap((operation) => [
            ...proofKinds.map((proof) => [requestName(operation, proof), requestSchema(operation, proof)]),
            [answerName(operation), brokerOperations[operation].answer],
          ]),
        ),
        Error: apiError,
      },
      responses: Object.fromEntries(
        Object.entries(statuses).map(([status, description]) => [
          `Refused${status}`,
          { description, content: inJson(refTo('Error')) },
        ]),
      ),
      securitySchemes: {
        signIn: { type: 'http', scheme: 'bearer', description: 'The access token of a sign-in by hallpass login.' },
      },
    },
  }
}
