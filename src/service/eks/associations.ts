// Pod identity associations: made, shown, listed, changed, deleted (Amazon EKS API Reference, …PodIdentityAssociation). What pods got by
// one ends with it (DIVERGES: on AWS those credentials last until they expire).
import { base32 } from '../../core/ids.ts'
import { modelled } from '../../wire/errors.ts'
import { pageToken, placeIn } from '../access/page-tokens.ts'
import { requestTagKeys } from '../access/tag-keys.ts'
import type { Parts } from '../parts.ts'
import { isoTime } from '../records.ts'
import { passableRole, passingCheck, roleToPass } from './association-roles.ts'
import { checkAssociation } from './association-rules.ts'
import {
  associationArn,
  associationTarget,
  changedMeanwhile,
  changes,
  clusterTarget,
  currentAssociation,
  currentCluster,
  invalidToken,
  noCluster,
  onTarget,
  presentAssociation,
  presentCluster,
  reads,
} from './define.ts'
import { clusters, type PodIdentityAssociation, podIdentityAssociations } from './records.ts'
import { givenTags, tagMap } from './tag-rules.ts'

/** Amazon EKS service quotas, "Pod Identity associations per cluster". */
const MOST_ASSOCIATIONS = 5_000
const USUAL_PAGE = 100

const newAssociationId = (random: Parts['random']) => `a-${base32(random(11)).slice(0, 17).toLowerCase()}`

/** What the trust policy of a target role may require, so that it is assumed for these pods alone. */
export const externalIdOf = ({ account, region, cluster, namespace, serviceAccount }: PodIdentityAssociation) =>
  `${region}/${account}/${cluster}/${namespace}/${serviceAccount}`

const inBrief = (record: PodIdentityAssociation) => ({
  clusterName: record.cluster,
  namespace: record.namespace,
  serviceAccount: record.serviceAccount,
  associationArn: associationArn(record),
  associationId: record.id,
})

const shown = (record: PodIdentityAssociation) => ({
  association: {
    ...inBrief(record),
    roleArn: record.role.arn,
    tags: tagMap(record.tags),
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
    disableSessionTags: record.disableSessionTags,
    ...(record.targetRole === undefined ? {} : { targetRoleArn: record.targetRole, externalId: externalIdOf(record) }),
    ...(record.policy === undefined ? {} : { policy: record.policy }),
  },
})

/** An empty text takes away what was there. */
const given = (text: string | undefined) => (text === '' ? undefined : text)

export const associationOperations = ({ store, vault, random }: Parts) => ({
  CreatePodIdentityAssociation: changes<'CreatePodIdentityAssociation'>()({
    load: async ({ clusterName, roleArn, tags }, call) => {
      const target = await clusterTarget(store, call, clusterName)
      const { account, region } = target
      const id = newAssociationId(random)
      return {
        ...{ target, id, arn: associationArn({ account, region, cluster: clusterName, id }) },
        tags: givenTags(tags),
        role: await roleToPass(store, account, roleArn),
      }
    },
    checks: (_, { target, arn, tags, role }) => [
      onTarget('CreatePodIdentityAssociation', target, requestTagKeys(tags)),
      ...(tags.length === 0
        ? []
        : [onTarget('TagResource', { account: target.account, arn, record: undefined }, requestTagKeys(tags))]),
      passingCheck(role, target.arn),
    ],
    change: async (tx, input, { target, id, tags, role }, { now }) => {
      const cluster = await currentCluster(tx, target)
      const { account, region, name } = cluster
      const { namespace, serviceAccount, clientRequestToken, disableSessionTags = false } = input
      const record: PodIdentityAssociation = {
        ...{ account, region, cluster: name, clusterId: cluster.id, id, namespace, serviceAccount },
        ...{ role: await passableRole(tx, role), disableSessionTags, tags },
        ...{ createdAt: isoTime(now), modifiedAt: isoTime(now) },
        ...optional(given(input.targetRoleArn), given(input.policy)),
        ...(clientRequestToken === undefined ? {} : { createdBy: clientRequestToken }),
      }
      checkAssociation(record)
      const pods = [account, cluster.id, namespace, serviceAccount]
      const there = (await tx.find(podIdentityAssociations, 'pods', pods))?.record
      if (there !== undefined) {
        if (isRepeated(there, record)) return shown(there)
        const message = `Association already exists: ${there.id}`
        throw modelled('eks', 'ResourceInUseException', message, { extra: { clusterName: name } })
      }
      if (cluster.associations >= MOST_ASSOCIATIONS)
        throw modelled('eks', 'ResourceLimitExceededException', `Association limit exceeded: ${MOST_ASSOCIATIONS}`)
      await tx.create(podIdentityAssociations, record)
      await tx.replace(clusters, { ...cluster, associations: cluster.associations + 1 })
      return shown(record)
    },
  }),

  DescribePodIdentityAssociation: reads<'DescribePodIdentityAssociation'>()({
    load: ({ clusterName, associationId }, call) => associationTarget(store, call, clusterName, associationId),
    checks: (_, target) => [onTarget('DescribePodIdentityAssociation', target)],
    handle: (_, target) => shown(presentAssociation(target)),
  }),

  ListPodIdentityAssociations: reads<'ListPodIdentityAssociations'>()({
    load: ({ clusterName }, call) => clusterTarget(store, call, clusterName),
    checks: (_, target) => [onTarget('ListPodIdentityAssociations', target)],
    handle: async ({ namespace, serviceAccount, maxResults = USUAL_PAGE, nextToken }, target) => {
      const { account, id } = presentCluster(target)
      const field = JSON.stringify([id, namespace ?? null, serviceAccount ?? null])
      const list = { vault, account, record: 'ListPodIdentityAssociations', field }
      const after = placeIn(list, nextToken, invalidToken)
      const prefix = [account, id, ...(namespace === undefined ? [] : [namespace])]
      const range = { prefix, limit: maxResults, ...(after && { after }) }
      const { items, next } = await store.list(podIdentityAssociations, 'pods', range)
      const wanted = items.filter((one) => serviceAccount === undefined || one.serviceAccount === serviceAccount)
      const more = pageToken(list, next)
      return { associations: wanted.map(inBrief), ...(more && { nextToken: more }) }
    },
  }),

  UpdatePodIdentityAssociation: changes<'UpdatePodIdentityAssociation'>()({
    load: async ({ clusterName, associationId, roleArn }, call) => {
      const target = await associationTarget(store, call, clusterName, associationId)
      const passed = roleArn ?? target.record?.role.arn
      const role = passed === undefined ? undefined : await roleToPass(store, target.account, passed)
      return { target, role, cluster: await clusterTarget(store, call, clusterName) }
    },
    // Also where the role stays: what limits it may be what changes.
    checks: (_, { target, role, cluster }) => [
      onTarget('UpdatePodIdentityAssociation', target),
      ...(role === undefined ? [] : [passingCheck(role, cluster.arn)]),
    ],
    change: async (tx, { roleArn, targetRoleArn, disableSessionTags, policy }, { target, role }, { now }) => {
      const { targetRole: oldTarget, policy: oldPolicy, ...before } = await currentAssociation(tx, target)
      // INVARIANT: the role that stays is the one that the caller may pass.
      if (roleArn === undefined && before.role.id !== target.record?.role.id) throw changedMeanwhile()
      const record: PodIdentityAssociation = {
        ...before,
        role: roleArn === undefined || role === undefined ? before.role : await passableRole(tx, role),
        disableSessionTags: disableSessionTags ?? before.disableSessionTags,
        ...optional(
          targetRoleArn === undefined ? oldTarget : given(targetRoleArn),
          policy === undefined ? oldPolicy : given(policy),
        ),
        modifiedAt: isoTime(now),
      }
      checkAssociation(record)
      await tx.replace(podIdentityAssociations, record)
      return shown(record)
    },
  }),

  DeletePodIdentityAssociation: changes<'DeletePodIdentityAssociation'>()({
    load: ({ clusterName, associationId }, call) => associationTarget(store, call, clusterName, associationId),
    checks: (_, target) => [onTarget('DeletePodIdentityAssociation', target)],
    change: async (tx, _, target) => {
      const record = await currentAssociation(tx, target)
      const cluster = await tx.get(clusters, [record.account, record.region, record.cluster])
      if (cluster === undefined || cluster.id !== record.clusterId) throw noCluster(record.cluster)
      await tx.delete(podIdentityAssociations, podIdentityAssociations.key(record))
      await tx.replace(clusters, { ...cluster, associations: cluster.associations - 1 })
      return shown(record)
    },
  }),
})

const optional = (targetRole: string | undefined, policy: string | undefined) => ({
  ...(targetRole === undefined ? {} : { targetRole }),
  ...(policy === undefined ? {} : { policy }),
})

/** Whether a request was sent again whose answer was lost: its token and everything that it asks for are the same. */
function isRepeated(there: PodIdentityAssociation, wanted: PodIdentityAssociation): boolean {
  if (wanted.createdBy === undefined || there.createdBy !== wanted.createdBy) return false
  return (
    there.role.id === wanted.role.id &&
    there.targetRole === wanted.targetRole &&
    there.policy === wanted.policy &&
    there.disableSessionTags === wanted.disableSessionTags
  )
}
