// The OpenAPI document of the workload API.
import { type WorkloadOperation, workloadOperations } from '../../wire/workload-api.ts'
import { apiDocument } from '../program-api-document.ts'

export const workloadDocument = (publicUrl: string): object =>
  apiDocument({
    title: 'Hallpass workloads',
    description:
      'Credentials for machines and services, which prove themselves in each request. No key of theirs is kept at Hallpass.',
    publicUrl,
    operations: (Object.keys(workloadOperations) as WorkloadOperation[]).map((name) => ({
      ...workloadOperations[name],
      requests: { [`${workloadOperations[name].title}Request`]: workloadOperations[name].request },
    })),
    statuses: {
      400: 'The request cannot be read, or asks for what cannot be.',
      401: 'The proof is not accepted, whatever the reason; or, as RequestExpired, it is not of now.',
      403: 'The role does not trust the service, or it is not for that machine, task or account.',
      413: 'The body is too long.',
      415: 'The body is not JSON.',
      429: 'Too many requests.',
      500: 'A failure of the server.',
      503: 'The server cannot be asked now.',
    },
  })
