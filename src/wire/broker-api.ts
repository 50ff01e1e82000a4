// The broker's API: what a program sends and gets that has a person's company login, or the command line's sign-in. JSON in both
// directions, with AWS's names for what AWS has.

/** Below the public URL. */
export const brokerPaths = {
  credentials: '/broker/credentials',
  roles: '/broker/roles',
  console: '/broker/console',
  description: '/broker/openapi.json',
} as const

/**
 * Who asks: one of these sets of members in the body, or none and `Authorization: Bearer` with the access token of a command line's
 * sign-in.
 */
export type BrokerProof =
  /** A directory's login. `code`: of the person's own second factor. */
  | { readonly connector: string; readonly login: string; readonly password: string; readonly code?: string }
  /** An ID token of an OIDC provider. */
  | { readonly connector: string; readonly idToken: string; readonly code?: string }
  /** A SAML response, base64. */
  | { readonly connector: string; readonly samlResponse: string; readonly code?: string }
  | Readonly<Record<never, never>>

/** What is wanted. Neither member: `federationToken` of the only account. */
export type BrokerWish =
  /** Credentials of GetFederationToken, limited by what the person may have in an account. */
  | { readonly federationToken?: { readonly account?: string; readonly durationSeconds?: number } }
  /** Credentials of AssumeRole: a role's ARN. */
  | { readonly role: string; readonly durationSeconds?: number }

export type CredentialsRequest = BrokerProof & BrokerWish

export interface BrokerCredentials {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** `2026-03-01T12:00:00Z` */
  readonly Expiration: string
}

export interface CredentialsAnswer {
  readonly Credentials: BrokerCredentials
  /** Of GetFederationToken. */
  readonly FederatedUser?: { readonly FederatedUserId: string; readonly Arn: string }
  /** Of AssumeRole. */
  readonly AssumedRoleUser?: { readonly Arn: string }
  readonly SourceIdentity?: string
  readonly requestId: string
  /** The STS and region that the credentials are for. */
  readonly apiUrl?: string
  readonly region: string
}

/** What a person may have, now. */
export interface RolesAnswer {
  readonly connector: string
  readonly login: string
  /** When the sign-in ends, whatever is renewed in it. Of a command line's sign-in alone. */
  readonly signInEndsAt?: string
  readonly roles: readonly OfferedRole[]
  readonly entitlements: readonly OfferedEntitlement[]
  readonly requestId: string
  /** Of the roles that name no target of their own. */
  readonly apiUrl?: string
  readonly region: string
}

interface Offered {
  readonly account: string
  readonly accountName?: string
  /** The target's name, where it is not at this server. */
  readonly target?: string
  /** The longest that credentials last. */
  readonly sessionSeconds: number
  /** A second factor is needed. */
  readonly multiFactor: boolean
}

export interface OfferedRole extends Offered {
  readonly arn: string
  /** Without its path. */
  readonly name: string
}

export type OfferedEntitlement = Offered

export type ConsoleRequest = BrokerProof & {
  readonly role: string
  readonly durationSeconds?: number
  /** A path of this server's console, or a page of the target's. */
  readonly destination?: string
}

export interface ConsoleAnswer {
  /** Opens the console, signed in. Good once, for minutes. */
  readonly url: string
  readonly requestId: string
}

/** Every answer with a status of 400 or more. */
export interface BrokerError {
  /** AWS's where AWS has one. `UnauthorizedException` (401): sign in; whatever the reason. */
  readonly code: string
  readonly message: string
  readonly requestId: string
}
