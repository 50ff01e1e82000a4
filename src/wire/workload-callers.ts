// What a declared service sends to be told who signed a request to it, and what it gets: with it, the service verifies that caller's
// further requests and decides on them by itself, for as long as the answer says.
import { requestId } from './api-answers.ts'
import { type Of, object } from './json-schema.ts'

/** The longest target and header value, and the most headers: what a listener of Node takes at all. */
const LONGEST_TEXT = 16_384

const header = object(
  {
    name: { type: 'string', pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$", description: 'In lower case.' },
    value: { type: 'string', maxLength: LONGEST_TEXT },
  },
  ['name', 'value'],
)

/** The request that it asks about, and nothing of its body. */
export const callersQuestion = {
  method: { type: 'string', minLength: 1, maxLength: 32 },
  target: { type: 'string', minLength: 1, maxLength: LONGEST_TEXT, description: 'As it was sent: path and query.' },
  headers: {
    type: 'array',
    items: header,
    description: 'Those that were signed, and those that say how: Authorization, X-Amz-Date, X-Amz-Security-Token.',
  },
  payloadHash: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the body that was received.' },
} as const
export const callersQuestionNeeds = ['method', 'target', 'headers', 'payloadHash'] as const

const text = { type: 'string' } as const
const policy = object({ source: { ...text, description: 'Its ARN, or inline:NAME.' }, text }, ['source', 'text'])
const policies = { type: 'array', items: policy } as const
const levels = { type: 'array', items: policies, description: 'One list a level, the root’s first.' } as const

export const callersAnswer = object(
  {
    Arn: text,
    Account: text,
    UserId: text,
    kind: { ...text, pattern: '^(?:root|user|role-session|federated-user)$' },
    principalArn: { ...text, description: 'Of the user or role: aws:PrincipalArn.' },
    principalId: { ...text, description: 'Its unique id.' },
    organization: { ...text, description: 'The id of the organization that the account is in.' },
    tags: {
      type: 'array',
      items: object({ Key: text, Value: text }, ['Key', 'Value']),
      description: 'Of the principal and of the session; the session’s go before the principal’s.',
    },
    sourceIdentity: text,
    multiFactorAt: { type: 'integer', description: 'When a multi-factor code was given, in seconds since 1970.' },
    keys: {
      type: 'array',
      items: object({ name: text, values: { type: 'array', items: text }, isList: { type: 'boolean' } }, [
        ...(['name', 'values', 'isList'] as const),
      ]),
      description: 'Condition keys that are the same for every request with these credentials.',
    },
    policies: object({ identity: policies, boundary: policy, session: policies, scps: levels, rcps: levels }, [
      ...(['identity', 'scps', 'rcps'] as const),
    ]),
    signingKey: {
      ...text,
      pattern: '^[A-Za-z0-9+/]{43}=$',
      description: 'Of these credentials for that day, region and service alone (SigV4), in base64.',
    },
    Expiration: { ...text, format: 'date-time', description: 'When the session ends; absent for long-term keys.' },
    maxAge: { type: 'integer', minimum: 1, maximum: 60, description: 'For how many seconds all this may be believed.' },
    requestId,
  },
  [
    ...(['Arn', 'Account', 'UserId', 'kind', 'principalArn', 'principalId', 'tags', 'keys', 'policies'] as const),
    ...(['signingKey', 'maxAge', 'requestId'] as const),
  ],
)

const question = object(callersQuestion, callersQuestionNeeds)
export type CallersQuestion = Of<typeof question>
export type CallersAnswer = Of<typeof callersAnswer>
