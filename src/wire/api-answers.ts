// What the answers of our own APIs for programs have in common.
import { type Of, object } from './json-schema.ts'

/** By which the operator finds the request. */
export const requestId = { type: 'string', description: 'By which the operator finds the request.' } as const

/** As STS answers them. */
export const temporaryCredentials = object(
  {
    AccessKeyId: { type: 'string' },
    SecretAccessKey: { type: 'string' },
    SessionToken: { type: 'string' },
    Expiration: { type: 'string', format: 'date-time', description: 'When they end.' },
  },
  ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'],
)

/** Every answer with a status of 400 or more. */
export const apiError = object(
  {
    code: {
      type: 'string',
      description: 'AWS’s where AWS has one. UnauthorizedException (401): nobody was proven, whatever the reason.',
    },
    message: { type: 'string' },
    requestId,
  },
  ['code', 'message', 'requestId'],
)
export type ApiError = Of<typeof apiError>
