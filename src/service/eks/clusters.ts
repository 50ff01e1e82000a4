// DescribeCluster and ListClusters: what is known of registered clusters (Amazon EKS API Reference).
import { accountOf } from '../access/caller-account.ts'
import { pageToken, placeIn } from '../access/page-tokens.ts'
import type { Parts } from '../parts.ts'
import { clusterArn, clusterTarget, invalidToken, onTarget, presentCluster, reads } from './define.ts'
import { clusters } from './records.ts'
import { tagMap } from './tag-rules.ts'

const MOST = 100

export const clusterOperations = ({ store, vault }: Parts) => ({
  DescribeCluster: reads<'DescribeCluster'>()({
    load: ({ name }, call) => clusterTarget(store, call, name),
    checks: (_, target) => [onTarget('DescribeCluster', target)],
    handle: (_, target) => {
      const cluster = presentCluster(target)
      const { id, name, issuer, tags, createdAt } = cluster
      return {
        cluster: {
          ...{ id, name, arn: clusterArn(cluster), status: 'ACTIVE' as const, createdAt: new Date(createdAt) },
          ...{ identity: { oidc: { issuer } }, tags: tagMap(tags) },
        },
      }
    },
  }),
  ListClusters: reads<'ListClusters'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [{ action: 'eks:ListClusters', resource: '*', owner: account }],
    handle: async ({ maxResults = MOST, nextToken }, account, { from: { region } }) => {
      const list = { vault, account, record: 'ListClusters', field: JSON.stringify([region]) }
      const after = placeIn(list, nextToken, invalidToken)
      const range = { prefix: [account, region], limit: maxResults, ...(after && { after }) }
      const { items, next } = await store.list(clusters, 'key', range)
      const more = pageToken(list, next)
      return { clusters: items.map(({ name }) => name), ...(more && { nextToken: more }) }
    },
  }),
})
