// The OpenAPI document of the broker's API.
import {
  type BrokerOperation,
  brokerOperations,
  brokerPaths,
  proofKinds,
  requestSchema,
} from '../../wire/broker-api.ts'
import { apiDocument } from '../program-api-document.ts'

export const brokerDocument = (publicUrl: string): object =>
  apiDocument({
    title: 'Hallpass broker',
    description:
      'Credentials for people who have a company login and no key of their own. Programs ask, without cookies; no page in a browser does.',
    publicUrl,
    operations: (Object.keys(brokerOperations) as BrokerOperation[]).map((name) => ({
      ...brokerOperations[name],
      path: brokerPaths[name],
      requests: Object.fromEntries(
        proofKinds.map((proof) => [`${brokerOperations[name].title}By${proof}`, requestSchema(name, proof)]),
      ),
    })),
    statuses: {
      400: 'The request cannot be read, or asks for what cannot be.',
      401: 'Nobody was signed in, whatever the reason.',
      403: 'Not among what the person may have; or a second factor is needed.',
      413: 'The body is too long.',
      415: 'The body is not JSON.',
      429: 'Too many requests.',
      500: 'A failure of the server.',
      503: 'The server, or the company’s directory or provider, cannot be asked now.',
    },
    securitySchemes: {
      signIn: { type: 'http', scheme: 'bearer', description: 'The access token of a sign-in by hallpass login.' },
    },
  })
