// The session tags of a pod (Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags").
import type { Tag } from '../records.ts'
import { clusterArn } from './define.ts'
import type { Pod } from './pod-token.ts'
import type { Cluster } from './records.ts'

export const podTags = (cluster: Pick<Cluster, 'account' | 'region' | 'name'>, pod: Pod): readonly Tag[] => [
  { Key: 'eks-cluster-arn', Value: clusterArn(cluster) },
  { Key: 'eks-cluster-name', Value: cluster.name },
  { Key: 'kubernetes-namespace', Value: pod.namespace },
  { Key: 'kubernetes-service-account', Value: pod.serviceAccount },
  { Key: 'kubernetes-pod-name', Value: pod.name },
  { Key: 'kubernetes-pod-uid', Value: pod.uid },
]
