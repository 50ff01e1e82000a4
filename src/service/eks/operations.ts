// Amazon EKS and EKS Auth: every operation AWS has (API References 2017-11-01 and 2023-11-26). Hallpass runs no clusters: of EKS it has
// what says which pods get which roles.
import type { Sdk } from '../../wire/operations.ts'
import { allUnsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'

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

export const eksOperations = (_: Parts): Operations<Sdk['eks']> => ({
  ...runsNoClusters,
  ...signsNobodyIn,
  ...allUnsupported(
    'Pods get no roles yet.',
    'CreatePodIdentityAssociation',
    'DeletePodIdentityAssociation',
    'DescribeCluster',
    'DescribePodIdentityAssociation',
    'ListClusters',
    'ListPodIdentityAssociations',
    'ListTagsForResource',
    'TagResource',
    'UntagResource',
    'UpdatePodIdentityAssociation',
  ),
})

export const eksAuthOperations = (_: Parts): Operations<Sdk['eks-auth']> => ({
  ...allUnsupported('Pods get no roles yet.', 'AssumeRoleForPodIdentity'),
})
