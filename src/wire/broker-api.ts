// The broker's API: what a program sends and gets that has a person's company login, or the command line's sign-in. JSON in both
// directions, with AWS's names for what AWS has. This table is its OpenAPI document, the reader of its requests, and its types.
import { requestId, temporaryCredentials } from './api-answers.ts'
import { type ObjectSchema, type Of, object } from './json-schema.ts'

// ---- who asks ------------------------------------------------------------------------------------------------------

const connector = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,30}$',
  description: 'The name of the connector that knows the person.',
} as const
const code = {
  type: 'string',
  pattern: '^[0-9]{6}$',
  description: 'A code of the person’s own second factor, for what needs one.',
} as const

/** Each way to say who asks: its members, and those that it needs. */
const proofs = {
  Directory: {
    members: {
      connector,
      login: { type: 'string', minLength: 1, maxLength: 1024, description: 'As the person types it.' },
      password: { type: 'string', minLength: 1, maxLength: 1024 },
      code,
    },
    needs: ['connector', 'login', 'password'],
  },
  Token: {
    members: {
      connector,
      idToken: {
        type: 'string',
        minLength: 1,
        maxLength: 20_000,
        description: 'An ID token of the OpenID Connect provider, ten minutes old at most. It gives credentials once.',
      },
      code,
    },
    needs: ['connector', 'idToken'],
  },
  Response: {
    members: {
      connector,
      samlResponse: {
        type: 'string',
        minLength: 1,
        maxLength: 150_000,
        description: 'A SAML response of the provider, in base64.',
      },
      code,
    },
    needs: ['connector', 'samlResponse'],
  },
  /** `Authorization: Bearer`, with the access token of the command line's sign-in. */
  SignIn: { members: {}, needs: [] },
} as const
export type ProofKind = keyof typeof proofs

/** The member by which a request's kind of proof is known. */
export const proofMembers = { password: 'Directory', idToken: 'Token', samlResponse: 'Response' } as const

// ---- what is wanted ------------------------------------------------------------------------------------------------

const role = {
  type: 'string',
  maxLength: 2048,
  pattern: '^arn:aws:iam::[0-9]{12}:role/[!-~]+$',
  description: 'The ARN of a role that the person may have.',
} as const
const account = { type: 'string', pattern: '^[0-9]{12}$' } as const
const seconds = (maximum: number, description: string) =>
  ({ type: 'integer', minimum: 900, maximum, description }) as const
const ofRole = seconds(43_200, 'No longer than the role is given for. Without it: as long as that.')

const wishes = {
  credentials: {
    members: {
      role: { ...role, description: 'AssumeRole: the ARN of a role that the person may have.' },
      durationSeconds: { ...ofRole, description: `Together with role. ${ofRole.description}` },
      federationToken: {
        ...object(
          {
            account: { ...account, description: 'Needed where the person has entitlements in several accounts.' },
            durationSeconds: seconds(
              129_600,
              'No longer than the entitlements are given for. Without it: as long as that.',
            ),
          },
          [],
        ),
        description:
          'GetFederationToken, limited by the person’s entitlements: what is wanted when neither this nor role is there. It cannot carry a second factor.',
      },
    },
    needs: [],
  },
  roles: { members: {}, needs: [] },
  console: {
    members: {
      role,
      durationSeconds: ofRole,
      destination: {
        type: 'string',
        maxLength: 4096,
        description: 'Where the console begins: a page of it.',
      },
    },
    needs: ['role'],
  },
} as const

// ---- what is answered ----------------------------------------------------------------------------------------------

const text = (description: string) => ({ type: 'string', description }) as const
const time = (description: string) => ({ type: 'string', format: 'date-time', description }) as const
const apiUrl = {
  type: 'string',
  format: 'uri',
  description: 'The endpoint that the credentials are for, where one is known.',
} as const
const region = text('The region to sign for.')

const offered = {
  account,
  accountName: text('What people call the account, where it has a name here.'),
  target: text('The name of the other STS that it is at; absent: it is here.'),
  sessionSeconds: { type: 'integer', description: 'The longest that credentials last.' },
  multiFactor: { type: 'boolean', description: 'A second factor is needed.' },
} as const
const offeredNeeds = ['account', 'sessionSeconds', 'multiFactor'] as const

const answers = {
  credentials: object(
    {
      Credentials: temporaryCredentials,
      FederatedUser: {
        ...object({ FederatedUserId: { type: 'string' }, Arn: { type: 'string' } }, ['FederatedUserId', 'Arn']),
        description: 'Of GetFederationToken.',
      },
      AssumedRoleUser: { ...object({ Arn: { type: 'string' } }, ['Arn']), description: 'Of AssumeRole.' },
      SourceIdentity: text('Of AssumeRole: the person, as every record of the session names them.'),
      requestId,
      apiUrl,
      region,
    },
    ['Credentials', 'requestId', 'region'],
  ),
  roles: object(
    {
      connector: { type: 'string' },
      login: { type: 'string' },
      signInEndsAt: time('When the sign-in ends, whatever is renewed in it. Of a command line’s sign-in alone.'),
      roles: {
        type: 'array',
        items: object({ arn: { type: 'string' }, name: text('Without its path.'), ...offered }, [
          ...(['arn', 'name'] as const),
          ...offeredNeeds,
        ]),
      },
      entitlements: { type: 'array', items: object(offered, offeredNeeds) },
      requestId,
      apiUrl,
      region,
    },
    ['connector', 'login', 'roles', 'entitlements', 'requestId', 'region'],
  ),
  console: object(
    {
      url: { type: 'string', format: 'uri', description: 'Opens the console, signed in. Good once, for minutes.' },
      requestId,
    },
    ['url', 'requestId'],
  ),
} as const

// ---- the operations ------------------------------------------------------------------------------------------------

export type BrokerOperation = keyof typeof wishes

/** Below the public URL. */
export const brokerPaths = {
  credentials: '/broker/credentials',
  roles: '/broker/roles',
  console: '/broker/console',
  description: '/broker/openapi.json',
} as const

export const brokerOperations = {
  credentials: {
    id: 'getCredentials',
    title: 'Credentials',
    summary: 'Temporary credentials: of GetFederationToken, or of a role.',
    answer: answers.credentials,
  },
  roles: {
    id: 'listRoles',
    title: 'Roles',
    summary: 'What the person may have, now.',
    answer: answers.roles,
  },
  console: {
    id: 'getConsoleLink',
    title: 'Console',
    summary: 'A link that opens the console of a role, signed in.',
    answer: answers.console,
  },
} as const satisfies Readonly<Record<BrokerOperation, object>>

type RequestSchema<O extends BrokerOperation, P extends ProofKind> = Omit<ObjectSchema, 'properties' | 'required'> & {
  readonly properties: (typeof proofs)[P]['members'] & (typeof wishes)[O]['members']
  readonly required: readonly ((typeof proofs)[P]['needs'][number] | (typeof wishes)[O]['needs'][number])[]
}

/** What a program sends to an operation, by how it says who asks. */
export type BrokerRequest<O extends BrokerOperation, P extends ProofKind> = P extends unknown
  ? Of<RequestSchema<O, P>>
  : never

export function requestSchema<O extends BrokerOperation, P extends ProofKind>(
  operation: O,
  proof: P,
): RequestSchema<O, P> {
  const { members, needs } = proofs[proof]
  const wish = wishes[operation]
  return object({ ...members, ...wish.members }, [...needs, ...wish.needs] as never) as never
}

export const proofKinds = Object.keys(proofs) as readonly ProofKind[]

export type CredentialsRequest = BrokerRequest<'credentials', ProofKind>
export type ConsoleRequest = BrokerRequest<'console', ProofKind>
export type CredentialsAnswer = Of<typeof answers.credentials>
export type RolesAnswer = Of<typeof answers.roles>
export type OfferedRole = RolesAnswer['roles'][number]
export type OfferedEntitlement = RolesAnswer['entitlements'][number]
export type ConsoleAnswer = Of<typeof answers.console>
