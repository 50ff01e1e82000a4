// The services that are offered, one row each. What AWS's own models say of a service (version, target prefix, signing name,
// protocol, operations) is in its snapshot (docs/decisions/0002-wire-contract.md); the columns say what they do not.
// A service's operations are a row of app/services.ts; what differs in its signatures, of core/sigv4/rules.ts.
import type * as cognitoModule from '@aws-sdk/client-cognito-identity'
import type * as iamModule from '@aws-sdk/client-iam'
import type * as organizationsModule from '@aws-sdk/client-organizations'
import type * as stsModule from '@aws-sdk/client-sts'
import * as cognito from './contract/cognito-identity.gen.ts'
import * as iam from './contract/iam.gen.ts'
import * as organizations from './contract/organizations.gen.ts'
import * as sts from './contract/sts.gen.ts'

export type Protocol = 'aws-query' | 'aws-json'

/** What of a snapshot every request may need: the rest is read when the service is first called. */
export interface SnapshotHead {
  /** What stands in the credential scope. */
  readonly signingName: string
  /** API version: `2011-06-15`. */
  readonly version: string
  /** XML namespace; absent for JSON services. */
  readonly namespace?: string
  readonly protocol: Protocol
  /** What stands before the dot in X-Amz-Target; absent for Query services. */
  readonly targetPrefix?: string
}

/**
 * How the body of a request is taken. `whole`: up to the server's bound, before the signature is verified over its hash.
 * `streamed`: not before the request is allowed; the signature covers what the head states of it (core/sigv4/rules.ts,
 * payload `stated`), and whoever reads it compares. `none`: never.
 */
export type BodyRule = 'whole' | 'streamed' | 'none'

interface Row {
  readonly snapshot: { readonly head: SnapshotHead; readonly packed: string }
  /** The service's name, for people. */
  readonly title: string
  /** What is decoded here is read whole: another rule is for services whose bodies are passed on. */
  readonly body: Extract<BodyRule, 'whole'>
  /**
   * Whether pages of every origin may read its answers, as they may read AWS's: it hands out credentials for proofs that a
   * page can have. Nothing is lost by it: no service reads cookies, and what signs a request is not the browser's to add.
   */
  readonly pages: boolean
  /**
   * `signed`: the region that the caller signed for. `none`: it is in no region (AWS General Reference, "Service endpoints
   * and quotas": one endpoint for the partition).
   */
  readonly region: 'signed' | 'none'
  /**
   * How members that break their constraints are told: in AWS's one sentence with their `values`, in that sentence without
   * them and with `words` for alphabets, or as a `reason`.
   */
  readonly invalid: 'values' | 'words' | 'reason'
  /** Whether a refusal's message stands in the x-amzn-errormessage header too (recorded). */
  readonly messageHeader: boolean
}

/** A row whose handlers are typed by the SDK module `M`. */
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
}

export type ServiceName = keyof typeof services

/** The SDK module of each service: `Input<Sdk['sts'], 'AssumeRole'>`. */
export type Sdk = { readonly [S in ServiceName]: NonNullable<(typeof services)[S]['sdk']> }

/** Their names, in the order of the table. */
export const serviceNames = Object.keys(services) as readonly ServiceName[]

/** The services whose row is so. */
export const servicesWhere = (holds: (row: Row) => boolean): ReadonlySet<string> =>
  new Set(serviceNames.filter((name) => holds(services[name])))
