// The records of clusters that an operator registers, and of which pods of them get which roles.
import type { Collection } from '../../store/store.ts'
import type { Tag } from '../records.ts'

/** A cluster whose tokens are believed in one account and region. */
export interface Cluster {
  readonly account: string
  readonly region: string
  readonly name: string
  /** Random: a cluster that is registered again under the name is another one. */
  readonly id: string
  /** Who signs its tokens, to the letter as `iss` has it. */
  readonly issuer: string
  /** What tokens of pods must be for. */
  readonly audience: string
  /** Its JWKS document: then nothing is fetched. */
  readonly keys?: string
  /** PEM of authorities that vouch for its server, instead of the public ones. */
  readonly ca?: string
  /**
   * Whether AssumeRoleWithWebIdentity turns what its tokens say of their pods into session tags, where the account has its issuer as an
   * OpenID Connect provider.
   */
  readonly tagsWebIdentity: boolean
  readonly tags: readonly Tag[]
  readonly createdAt: string
  /** How many associations it has. */
  readonly associations: number
}

/** The issuer is of one cluster in an account: else a token of one were one of the other. */
export const clusters: Collection<Cluster, 'issuer'> = {
  name: 'cluster',
  key: (r) => [r.account, r.region, r.name],
  indexes: { issuer: { of: (r) => [r.account, r.issuer], unique: true } },
  shape: 1,
  upgrade: (old) => old as Cluster,
}

/** That the pods of a service account get a role (Amazon EKS API Reference, PodIdentityAssociation). */
export interface PodIdentityAssociation {
  readonly account: string
  readonly region: string
  readonly cluster: string
  /** Of that very cluster. */
  readonly clusterId: string
  /** `a-` and 17 characters, random, never used again. */
  readonly id: string
  readonly namespace: string
  readonly serviceAccount: string
  /** By ARN, and by id: a role that was made again under the name was passed by nobody. */
  readonly role: { readonly arn: string; readonly id: string }
  /** ARN of a role that is assumed with the first. */
  readonly targetRole?: string
  readonly disableSessionTags: boolean
  /** Session policy of the credentials that pods get. */
  readonly policy?: string
  readonly tags: readonly Tag[]
  readonly createdAt: string
  readonly modifiedAt: string
  /** The clientRequestToken that it was created with. */
  readonly createdBy?: string
}

export const podIdentityAssociations: Collection<PodIdentityAssociation, 'id' | 'pods'> = {
  name: 'pod_identity_association',
  key: (r) => [r.account, r.clusterId, r.id],
  indexes: {
    id: { of: (r) => [r.account, r.id], unique: true },
    pods: { of: (r) => [r.account, r.clusterId, r.namespace, r.serviceAccount], unique: true },
  },
  shape: 1,
  upgrade: (old) => old as PodIdentityAssociation,
}

export const eksCollections = [clusters, podIdentityAssociations] as const
