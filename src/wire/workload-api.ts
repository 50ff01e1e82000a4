// The workload API: what a machine or a declared service sends to prove itself, and what it gets. JSON in both directions, with AWS's
// names for what AWS has. This table is the reader of its requests, their types, and its OpenAPI document.
//
// A proof is a client assertion (RFC 7523, 3): a JWT whose `aud` is the public URL, with `exp` at most five minutes ahead, `iat`, and a
// `jti` that counts once. `iss` and `sub` are the machine's id or the service's name. A machine signs it by ES256 with the key that it
// joined with; a service with a key that it registered, or with that of a certificate, which `x5c` brings (RFC 7515, 4.1.6). In its place
// a service may present a token of an issuer that its record names.
import { requestId, temporaryCredentials } from './api-answers.ts'
import { type ObjectSchema, type Of, object } from './json-schema.ts'
import { callersAnswer, callersQuestion, callersQuestionNeeds } from './workload-callers.ts'

/** How far ahead `exp` of an assertion may be, in seconds. */
export const LONGEST_ASSERTION = 300

const assertion = {
  type: 'string',
  minLength: 1,
  maxLength: 20_000,
  description: 'The proof: a client assertion (RFC 7523), or a token of an issuer that the service’s record names.',
} as const
const coordinate = { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' } as const
const account = { type: 'string', pattern: '^[0-9]{12}$' } as const
const service = {
  type: 'string',
  maxLength: 255,
  description: 'The service, where the assertion is a token of an issuer: such a token does not name it.',
} as const
const durationSeconds = {
  type: 'integer',
  minimum: 900,
  maximum: 43_200,
  description: 'Of the session. No longer than the role allows.',
} as const
const assumedRoleUser = object({ AssumedRoleId: { type: 'string' }, Arn: { type: 'string' } }, ['AssumedRoleId', 'Arn'])

/** The public key that a machine makes for itself (RFC 7517, RFC 7518 6.2): P-256. */
const publicKey = object(
  {
    kty: { type: 'string', pattern: '^EC$' },
    crv: { type: 'string', pattern: '^P-256$' },
    x: coordinate,
    y: coordinate,
  },
  ['kty', 'crv', 'x', 'y'],
)

const answerOfRole = {
  Credentials: temporaryCredentials,
  AssumedRoleUser: assumedRoleUser,
  RoleArn: { type: 'string', description: 'Of the role that the credentials are for.' },
  requestId,
} as const
const answerOfRoleNeeds = ['Credentials', 'AssumedRoleUser', 'RoleArn', 'requestId'] as const

export const workloadOperations = {
  join: {
    path: '/workload/join',
    id: 'joinMachine',
    title: 'Join',
    summary: 'Enrols the key of a machine, for the join token that an operator made for it. The token counts once.',
    request: object(
      {
        token: { type: 'string', minLength: 1, maxLength: 256, description: 'The join token.' },
        publicKey: { ...publicKey, description: 'The public half of the key that the machine made for itself.' },
      },
      ['token', 'publicKey'],
    ),
    answer: object(
      {
        machine: { type: 'string', description: '`iss` and `sub` of its assertions: i-0123456789abcdef0.' },
        name: { type: 'string' },
        account,
        region: { type: 'string' },
        audience: { type: 'string', description: '`aud` of its assertions.' },
        apiUrl: { type: 'string', format: 'uri', description: 'Where the APIs are, where somebody said so.' },
        requestId,
      },
      ['machine', 'name', 'account', 'region', 'audience', 'requestId'],
    ),
  },
  credentials: {
    path: '/workload/credentials',
    id: 'getMachineCredentials',
    title: 'Credentials',
    summary: 'Credentials of the role in the machine’s instance profile, or of the role of one of its tasks.',
    request: object(
      {
        assertion,
        task: {
          type: 'string',
          pattern: '^[A-Za-z0-9_=,.@-]{2,64}$',
          description: 'The name of a task of the machine. Without it: the role of its instance profile.',
        },
        roleDelivery: {
          type: 'string',
          pattern: '^[12]\\.0$',
          description:
            'ec2:RoleDelivery of the instance profile’s credentials: by which version of the metadata service they are handed out. 2.0 without it.',
        },
        durationSeconds: {
          ...durationSeconds,
          description: `${durationSeconds.description} Without it: six hours, or as long as that.`,
        },
      },
      ['assertion'],
    ),
    answer: object(
      {
        ...answerOfRole,
        InstanceProfile: {
          ...object({ Arn: { type: 'string' }, InstanceProfileId: { type: 'string' } }, ['Arn', 'InstanceProfileId']),
          description: 'Where the role is the one in it.',
        },
      },
      answerOfRoleNeeds,
    ),
  },
  assumeRole: {
    path: '/workload/assume-role',
    id: 'assumeRoleAsService',
    title: 'AssumeRole',
    summary: 'A declared service assumes a role that trusts it, on behalf of the account that the role is in.',
    request: object(
      {
        assertion,
        service,
        RoleArn: { type: 'string', maxLength: 2048, pattern: '^arn:aws:iam::[0-9]{12}:role/[!-~]+$' },
        RoleSessionName: { type: 'string', pattern: '^[\\w+=,.@-]{2,64}$' },
        SourceAccount: { ...account, description: 'aws:SourceAccount: on whose behalf the service acts.' },
        SourceArn: {
          type: 'string',
          maxLength: 2048,
          pattern: '^arn:[!-~]+$',
          description:
            'aws:SourceArn: the resource on whose behalf it acts. Its account, where it has one, is SourceAccount.',
        },
        DurationSeconds: { ...durationSeconds, description: `${durationSeconds.description} Without it: an hour.` },
      },
      ['assertion', 'RoleArn', 'RoleSessionName', 'SourceAccount'],
    ),
    answer: object(answerOfRole, answerOfRoleNeeds),
  },
  callers: {
    path: '/workload/callers',
    id: 'identifyCaller',
    title: 'Callers',
    summary:
      'Who signed a request to a declared service, with what the service needs to verify and decide that caller’s further requests. The aud of its assertion is the URL of this operation, the jti the signature that it asks about: shown again, it asks the same.',
    request: object({ assertion, service, ...callersQuestion }, [...(['assertion'] as const), ...callersQuestionNeeds]),
    answer: callersAnswer,
  },
} as const satisfies Readonly<
  Record<
    string,
    {
      /** Below the public URL. */
      readonly path: string
      readonly id: string
      readonly title: string
      readonly summary: string
      readonly request: ObjectSchema
      readonly answer: ObjectSchema
    }
  >
>

/** The OpenAPI document, below the public URL. */
export const workloadDescription = '/workload/openapi.json'

export type WorkloadOperation = keyof typeof workloadOperations
export type WorkloadRequest<O extends WorkloadOperation> = Of<(typeof workloadOperations)[O]['request']>
export type WorkloadAnswer<O extends WorkloadOperation> = Of<(typeof workloadOperations)[O]['answer']>
export type MachineKey = Of<typeof publicKey>

/** The code of a refusal whose only fault is time: the answer's Date says what the server's clock shows. */
export const CLOCK_CODE = 'RequestExpired'
