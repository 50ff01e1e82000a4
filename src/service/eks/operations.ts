// Amazon EKS and EKS Auth: every operation AWS has (API References 2017-11-01 and 2023-11-26). Hallpass runs no clusters: of EKS it has
// what says which pods get which roles.
import type { Sdk } from '../../wire/operations.ts'
import { allUnsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { associationOperations } from './associations.ts'
import { assumeRoleForPodIdentity } from './assume-role-for-pod-identity.ts'
import { clusterOperations } from './clusters.ts'
import { tagOperations } from './tags.ts'

const runsNoClusters = allUnsupported(
  'Hallpass runs no clusters: it knows those that an operator registers.',
  'ActivateCertificateAuthority',
  'AssociateEncryptionConfig',
  'CancelUpdate',
  'CreateAddon',
  'CreateCapability',
  'CreateCertificateAuthority',
  'CreateCluster',
  'CreateEksAnywhereSubscription',
  'CreateFargateProfile',
  'CreateNodegroup',
  'DeleteAddon',
  'DeleteCapability',
  'DeleteCertificateAuthority',
  'DeleteCluster',
  'DeleteEksAnywhereSubscription',
  'DeleteFargateProfile',
  'DeleteNodegroup',
  'DeregisterCluster',
  'DescribeAddon',
  'DescribeAddonConfiguration',
  'DescribeAddonVersions',
  'DescribeCapability',
  'DescribeCertificateAuthority',
  'DescribeClusterVersions',
  'DescribeEksAnywhereSubscription',
  'DescribeFargateProfile',
  'DescribeInsight',
  'DescribeInsightsRefresh',
  'DescribeNodegroup',
  'DescribeUpdate',
  'ListAddons',
  'ListCapabilities',
  'ListCertificateAuthorities',
  'ListEksAnywhereSubscriptions',
  'ListFargateProfiles',
  'ListInsights',
  'ListNodegroups',
  'ListUpdates',
  'RegisterCluster',
  'StartInsightsRefresh',
  'UpdateAddon',
  'UpdateCapability',
  'UpdateClusterConfig',
  'UpdateClusterVersion',
  'UpdateEksAnywhereSubscription',
  'UpdateNodegroupConfig',
  'UpdateNodegroupVersion',
)

const signsNobodyIn = allUnsupported(
  'Who may sign in to a cluster is for the cluster to say: Hallpass does not answer it.',
  'AssociateAccessPolicy',
  'AssociateIdentityProviderConfig',
  'CreateAccessEntry',
  'DeleteAccessEntry',
  'DescribeAccessEntry',
  'DescribeIdentityProviderConfig',
  'DisassociateAccessPolicy',
  'DisassociateIdentityProviderConfig',
  'ListAccessEntries',
  'ListAccessPolicies',
  'ListAssociatedAccessPolicies',
  'ListIdentityProviderConfigs',
  'UpdateAccessEntry',
)

export const eksOperations = (parts: Parts): Operations<Sdk['eks']> => ({
  ...runsNoClusters,
  ...signsNobodyIn,
  ...clusterOperations(parts),
  ...associationOperations(parts),
  ...tagOperations(parts),
})

export const eksAuthOperations = (parts: Parts): Operations<Sdk['eks-auth']> => ({
  AssumeRoleForPodIdentity: assumeRoleForPodIdentity(parts),
})
