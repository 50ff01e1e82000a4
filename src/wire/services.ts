// The services that are offered, one row each. What AWS's own models say of a service (version, target prefix, signing name,
// protocol, operations) is in its snapshot (docs/decisions/0002-wire-contract.md); the columns say what they do not.
// A service's operations are a row of app/services.ts; what differs in its signatures, of core/sigv4/rules.ts.
import type * as cognitoModule from '@aws-sdk/client-cognito-identity'
import type * as dynamodbModule from '@aws-sdk/client-dynamodb'
import type * as dynamodbStreamsModule from '@aws-sdk/client-dynamodb-streams'
import type * as eksModule from '@aws-sdk/client-eks'
import type * as iamModule from '@aws-sdk/client-iam'
import type * as organizationsModule from '@aws-sdk/client-organizations'
import type * as stsModule from '@aws-sdk/client-sts'
import * as cognito from './contract/cognito-identity.gen.ts'
import * as dynamodb from './contract/dynamodb.gen.ts'
import * as dynamodbStreams from './contract/dynamodb-streams.gen.ts'
import * as eks from './contract/eks.gen.ts'
import * as eksAuth from './contract/eks-auth.gen.ts'
import type { EksAuthModule } from './contract/eks-auth.types.gen.ts'
import * as iam from './contract/iam.gen.ts'
import * as organizations from './contract/organizations.gen.ts'
import * as rolesanywhere from './contract/rolesanywhere.gen.ts'
import type { RolesanywhereModule } from './contract/rolesanywhere.types.gen.ts'
import * as sts from './contract/sts.gen.ts'

export type Protocol = 'aws-query' | 'aws-json' | 'rest-json'

/** The part of a snapshot that every request may need: the rest is read when the service is first called. */
export interface SnapshotHead {
  /** The service's name in credential scopes. */
  readonly signingName: string
  /** API version: `2011-06-15`. */
  readonly version: string
  /** XML namespace; absent for JSON services. */
  readonly namespace?: string
  readonly protocol: Protocol
  /** The part of X-Amz-Target before the dot; JSON services alone. */
  readonly targetPrefix?: string
  /** Of the content type `application/x-amz-json-…`; JSON services alone. */
  readonly jsonVersion?: '1.0' | '1.1'
}

/**
 * How the body of a request is taken. `whole`: up to the server's bound, before the signature is verified over its hash.
 * `streamed`: not before the request is allowed; the signature covers what the head states about it (core/sigv4/rules.ts,
 * payload `stated`), and the reader of the body compares it. `none`: never.
 */
export type BodyRule = 'whole' | 'streamed' | 'none'

/** What is said of a service whose requests are passed on to a server that reads them itself (service/contracts/backends.ts). */
export interface Forwarded {
  /** The kind of backend. Where none of it is configured, the service is not offered. */
  readonly backend: 'dynamodb'
  /** Longest body, in bytes. */
  readonly bodyBytes: number
  /** The most values that a body may have, and how deep they may be nested. */
  readonly values: number
  readonly depth: number
}

interface Row {
  readonly snapshot: { readonly head: SnapshotHead; readonly packed: string }
  /** The service's name, for people. */
  readonly title: string
  /** Bodies that are decoded here are read whole: other rules are for services whose bodies are passed on. */
  readonly body: Extract<BodyRule, 'whole'>
  /**
   * Whether pages of every origin may read its answers, as they may read AWS's: it issues credentials for proofs that a page
   * can hold. This is safe: no service reads cookies, and a browser never signs a request by itself.
   */
  readonly pages: boolean
  /**
   * `signed`: the region that the caller signed for. `none`: it is in no region (AWS General Reference, "Service endpoints
   * and quotas": one endpoint for the partition).
   */
  readonly region: 'signed' | 'none'
  /**
   * How a refusal names members that break their constraints: in AWS's one sentence with their `values`, in that sentence
   * without them and with `words` for alphabets, by a `reason`, or with their values and the code of a wrong `parameter`.
   * DIVERGES: EKS models no other code for them; its sentences are not known.
   */
  readonly invalid: 'values' | 'words' | 'reason' | 'parameter'
  /** Whether a refusal's message is also in the x-amzn-errormessage header (recorded). */
  readonly messageHeader: boolean
  /** Whether every answer has X-Amz-Crc32 of its body, refusals as well: the SDK for Go takes a missing one for a wrong one. */
  readonly checksum?: true
  /**
   * Set where requests are passed on. INVARIANT: what the contract does not have is then refused, not ignored: the backend might
   * know it.
   */
  readonly forwarded?: Forwarded
}

/**
 * A request of DynamoDB has 16 MB at most ("Quotas in Amazon DynamoDB"), and attributes are nested up to 32 levels, of which each
 * is two in JSON.
 * DIVERGES: a request of more than 300,000 JSON values is refused, where DynamoDB counts bytes: a fifth of a second of work. Every item of
 * 400 KB fits, whatever it is made of; a batch of items that are made of tiny values does not.
 */
const toDynamoDb: Forwarded = { backend: 'dynamodb', bodyBytes: 17 * 1024 * 1024, values: 300_000, depth: 80 }
const toDynamoDbStreams: Forwarded = { backend: 'dynamodb', bodyBytes: 65_536, values: 1_000, depth: 8 }

/** A row whose handlers are typed by the SDK module `M`, or by one like it that is generated (contract/NAME.types.gen.ts). */
const service = <M>(row: Row): Row & { readonly sdk?: M } => row

export const services = {
  sts: service<typeof stsModule>({
    ...{ snapshot: sts, title: 'Security Token Service (STS)', body: 'whole' },
    ...{ pages: true, region: 'signed', invalid: 'values', messageHeader: false },
  }),
  iam: service<typeof iamModule>({
    ...{ snapshot: iam, title: 'Identity and Access Management (IAM)', body: 'whole' },
    ...{ pages: false, region: 'none', invalid: 'words', messageHeader: false },
  }),
  organizations: service<typeof organizationsModule>({
    ...{ snapshot: organizations, title: 'Organizations', body: 'whole' },
    ...{ pages: false, region: 'none', invalid: 'reason', messageHeader: false },
  }),
  'cognito-identity': service<typeof cognitoModule>({
    ...{ snapshot: cognito, title: 'Cognito identity pools', body: 'whole' },
    ...{ pages: true, region: 'signed', invalid: 'values', messageHeader: true },
  }),
  dynamodb: service<typeof dynamodbModule>({
    ...{ snapshot: dynamodb, title: 'DynamoDB', body: 'whole', checksum: true, forwarded: toDynamoDb },
    ...{ pages: true, region: 'signed', invalid: 'values', messageHeader: false },
  }),
  'dynamodb-streams': service<typeof dynamodbStreamsModule>({
    ...{
      snapshot: dynamodbStreams,
      title: 'DynamoDB Streams',
      body: 'whole',
      checksum: true,
      forwarded: toDynamoDbStreams,
    },
    ...{ pages: true, region: 'signed', invalid: 'values', messageHeader: false },
  }),
  rolesanywhere: service<RolesanywhereModule>({
    ...{ snapshot: rolesanywhere, title: 'IAM Roles Anywhere', body: 'whole' },
    ...{ pages: false, region: 'signed', invalid: 'values', messageHeader: false },
  }),
  eks: service<typeof eksModule>({
    ...{ snapshot: eks, title: 'Elastic Kubernetes Service (EKS)', body: 'whole' },
    ...{ pages: false, region: 'signed', invalid: 'parameter', messageHeader: false },
  }),
  'eks-auth': service<EksAuthModule>({
    ...{ snapshot: eksAuth, title: 'EKS Auth', body: 'whole' },
    ...{ pages: false, region: 'signed', invalid: 'parameter', messageHeader: false },
  }),
}

export type ServiceName = keyof typeof services

/** The SDK module of each service: `Input<Sdk['sts'], 'AssumeRole'>`. */
export type Sdk = { readonly [S in ServiceName]: NonNullable<(typeof services)[S]['sdk']> }

/** Their names, in the order of the table. */
export const serviceNames = Object.keys(services) as readonly ServiceName[]

/** What a server offers: every service whose requests it answers itself, and those that it can pass on. */
export type Offer = ReadonlySet<ServiceName>

export const offerOf = (serves: (backend: Forwarded['backend']) => boolean): Offer =>
  new Set(
    serviceNames.filter((name) => {
      const forwarded = forwardedOf(name)
      return forwarded === undefined || serves(forwarded.backend)
    }),
  )

/** The longest body that is passed on, in bytes; 0 where none is. */
export const longestForwarded = (offer: Offer): number =>
  Math.max(0, ...[...offer].map((name) => forwardedOf(name)?.bodyBytes ?? 0))

export const forwardedOf = (name: ServiceName): Forwarded | undefined => (services[name] as Row).forwarded

/** The services whose row passes the test. */
export const servicesWhere = (holds: (row: Row) => boolean): ReadonlySet<string> =>
  new Set(serviceNames.filter((name) => holds(services[name])))
