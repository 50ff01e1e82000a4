// How the operations of Amazon EKS are written down, what they act on, and how they refuse (API Reference 2017-11-01; Service
// Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic Kubernetes Service").
import { isDeepStrictEqual } from 'node:util'
import type { Reader } from '../../store/store.ts'
import { modelled, type Refusal } from '../../wire/errors.ts'
import type { OperationName, Sdk } from '../../wire/operations.ts'
import { accountOf } from '../access/caller-account.ts'
import { type KeyValue, resourceTagKeys } from '../access/tag-keys.ts'
import type { Call, Check } from '../operation.ts'
import type { Tag } from '../records.ts'
import { changesOf, readsOf } from '../signed-operations.ts'
import { type Cluster, clusters, type PodIdentityAssociation, podIdentityAssociations } from './records.ts'

type Service = Sdk['eks']
export type EksName = OperationName<Service>

export const reads = readsOf<Service>()
export const changes = changesOf<Service>()

export const invalidParameter = (message: string): Refusal => modelled('eks', 'InvalidParameterException', message)
export const invalidToken = (): Refusal => invalidParameter('Invalid nextToken.')
export const invalidRequest = (message: string): Refusal => modelled('eks', 'InvalidRequestException', message)
export const notFound = (message: string): Refusal => modelled('eks', 'ResourceNotFoundException', message)
/** What was authorized has changed meanwhile. */
export const changedMeanwhile = (): Refusal => invalidRequest('The resource was changed by another request. Try again.')
export const noCluster = (name: string): Refusal => notFound(`No cluster found for name: ${name}.`)
const noAssociation = (id: string): Refusal => notFound(`No association found with associationId: ${id}`)

export const clusterArn = ({ account, region, name }: Pick<Cluster, 'account' | 'region' | 'name'>) =>
  `arn:aws:eks:${region}:${account}:cluster/${name}`
export const associationArn = ({
  account,
  region,
  cluster,
  id,
}: Pick<PodIdentityAssociation, 'account' | 'region' | 'cluster' | 'id'>) =>
  `arn:aws:eks:${region}:${account}:podidentityassociation/${cluster}/${id}`

/** What an operation acts on. What is missing has an ARN all the same: authorization comes before existence. */
export interface Target<R extends { readonly tags: readonly Tag[] }> {
  readonly account: string
  readonly region: string
  /** Of the cluster. */
  readonly name: string
  /** Of the association, where one is acted on. */
  readonly id: string
  readonly arn: string
  readonly record: R | undefined
}

/** The cluster of that name in the caller's account and the region that was signed for. */
export async function clusterTarget(reader: Reader, call: Call, name: string): Promise<Target<Cluster>> {
  const place = { account: accountOf(call), region: call.from.region, name }
  return { ...place, id: '', arn: clusterArn(place), record: await clusterAt(reader, place) }
}

type Place = Pick<Target<Cluster>, 'account' | 'region' | 'name'>

export const clusterAt = (reader: Reader, { account, region, name }: Place): Promise<Cluster | undefined> =>
  reader.get(clusters, [account, region, name])

/** An association of a cluster: one of another cluster is as if there were none. */
export async function associationTarget(
  reader: Reader,
  call: Call,
  cluster: string,
  id: string,
): Promise<Target<PodIdentityAssociation>> {
  const { account, region, name, record } = await clusterTarget(reader, call, cluster)
  const found = record === undefined ? undefined : await reader.get(podIdentityAssociations, [account, record.id, id])
  return { account, region, name, id, arn: associationArn({ account, region, cluster, id }), record: found }
}

/** The question about it: always with its tags. */
export const onTarget = (
  action: EksName,
  { account, arn, record }: Pick<Target<Cluster | PodIdentityAssociation>, 'account' | 'arn' | 'record'>,
  keys: readonly KeyValue[] = [],
): Check => ({
  action: `eks:${action}`,
  resource: arn,
  owner: account,
  keys: new Map([...resourceTagKeys(record?.tags ?? []), ...keys]),
})

/** The cluster, for an operation that is authorized. @throws ResourceNotFoundException */
export function presentCluster({ record, name }: Target<Cluster>): Cluster {
  if (record === undefined) throw noCluster(name)
  return record
}

/** @throws ResourceNotFoundException */
export function presentAssociation({ record, id }: Target<PodIdentityAssociation>): PodIdentityAssociation {
  if (record === undefined) throw noAssociation(id)
  return record
}

/**
 * The cluster as the transaction sees it. INVARIANT: what was authorized is what is changed: the same one, with the same tags.
 * @throws ResourceNotFoundException, InvalidRequestException
 */
export async function currentCluster(reader: Reader, target: Target<Cluster>): Promise<Cluster> {
  const found = await clusterAt(reader, target)
  if (found === undefined) throw noCluster(target.name)
  checkSame(found, target.record)
  return found
}

/** The same of an association. @throws ResourceNotFoundException, InvalidRequestException */
export async function currentAssociation(
  reader: Reader,
  target: Target<PodIdentityAssociation>,
): Promise<PodIdentityAssociation> {
  const { account, clusterId, id } = presentAssociation(target)
  const found = await reader.get(podIdentityAssociations, [account, clusterId, id])
  if (found === undefined) throw noAssociation(id)
  checkSame(found, target.record)
  return found
}

function checkSame(
  found: { readonly id: string; readonly tags: readonly Tag[] },
  authorized: { readonly id: string; readonly tags: readonly Tag[] } | undefined,
): void {
  if (found.id !== authorized?.id || !isDeepStrictEqual(found.tags, authorized.tags)) throw changedMeanwhile()
}
