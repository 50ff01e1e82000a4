// The documents of the AWS-managed policies that ship with the product, as AWS publishes them (AWS Managed Policy
// Reference Guide; IAM User Guide, "AWS managed policies for IAM").
// DIVERGES: ReadOnlyAccess and SecurityAudit name hundreds of services in AWS; here those that an installation can have
// behind it, so that nothing is granted which this product could not decide about.

type Statement = Readonly<Record<string, unknown>>

const document = (...statements: readonly Statement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2)

const allow = (actions: string | readonly string[], resource = '*'): Statement => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resource,
})

/** What a root task may do, and only to the root user. */
const rootTask = (sid: string, actions: readonly string[]) =>
  document(
    { Sid: 'DenyAllOtherActionsOnAnyResource', Effect: 'Deny', NotAction: actions, Resource: '*' },
    { Sid: sid, Effect: 'Deny', Action: actions, NotResource: 'arn:aws:iam::*:root' },
  )

export const administratorAccess = document(allow('*'))

export const powerUserAccess = document(
  { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
  allow([
    'account:GetAccountInformation',
    'account:GetGovCloudAccountInformation',
    'account:GetPrimaryEmail',
    'account:ListRegions',
    'iam:CreateServiceLinkedRole',
    'iam:DeleteServiceLinkedRole',
    'iam:ListRoles',
    'organizations:DescribeEffectivePolicy',
    'organizations:DescribeOrganization',
  ]),
)

const dynamodbReads = [
  'dynamodb:BatchGetItem',
  'dynamodb:Describe*',
  'dynamodb:GetItem',
  'dynamodb:GetResourcePolicy',
  'dynamodb:List*',
  'dynamodb:PartiQLSelect',
  'dynamodb:Query',
  'dynamodb:Scan',
]

export const readOnlyAccess = document(
  allow([
    'cognito-identity:Describe*',
    'cognito-identity:GetCredentialsForIdentity',
    'cognito-identity:GetIdentityPoolRoles',
    'cognito-identity:GetOpenIdToken',
    'cognito-identity:GetOpenIdTokenForDeveloperIdentity',
    'cognito-identity:List*',
    'cognito-identity:Lookup*',
    ...dynamodbReads,
    'iam:Generate*',
    'iam:Get*',
    'iam:List*',
    'iam:Simulate*',
    'organizations:Describe*',
    'organizations:List*',
    's3:DescribeJob',
    's3:Get*',
    's3:List*',
    'sts:GetAccessKeyInfo',
    'sts:GetCallerIdentity',
    'sts:GetSessionToken',
  ]),
)

export const securityAudit = document(
  allow([
    'cognito-identity:Describe*',
    'cognito-identity:GetIdentityPoolRoles',
    'cognito-identity:ListIdentityPools',
    'cognito-identity:ListTagsForResource',
    'dynamodb:DescribeContinuousBackups',
    'dynamodb:DescribeTable',
    'dynamodb:DescribeTimeToLive',
    'dynamodb:GetResourcePolicy',
    'dynamodb:ListBackups',
    'dynamodb:ListStreams',
    'dynamodb:ListTables',
    'dynamodb:ListTagsOfResource',
    'iam:GenerateCredentialReport',
    'iam:GenerateServiceLastAccessedDetails',
    'iam:Get*',
    'iam:List*',
    'iam:SimulateCustomPolicy',
    'iam:SimulatePrincipalPolicy',
    'organizations:Describe*',
    'organizations:List*',
    's3:GetAccelerateConfiguration',
    's3:GetAccountPublicAccessBlock',
    's3:GetBucket*',
    's3:GetEncryptionConfiguration',
    's3:GetLifecycleConfiguration',
    's3:GetObjectAcl',
    's3:GetObjectVersionAcl',
    's3:ListAllMyBuckets',
    'sts:GetAccessKeyInfo',
  ]),
)

export const iamFullAccess = document(
  allow([
    'iam:*',
    'organizations:DescribeAccount',
    'organizations:DescribeOrganization',
    'organizations:DescribeOrganizationalUnit',
    'organizations:DescribePolicy',
    'organizations:ListChildren',
    'organizations:ListParents',
    'organizations:ListPoliciesForTarget',
    'organizations:ListRoots',
    'organizations:ListPolicies',
    'organizations:ListTargetsForPolicy',
  ]),
)

export const iamReadOnlyAccess = document(
  allow([
    'iam:GenerateCredentialReport',
    'iam:GenerateServiceLastAccessedDetails',
    'iam:Get*',
    'iam:List*',
    'iam:SimulateCustomPolicy',
    'iam:SimulatePrincipalPolicy',
  ]),
)

export const s3FullAccess = document(allow(['s3:*', 's3-object-lambda:*']))

export const s3ReadOnlyAccess = document(
  allow(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*']),
)

/** DIVERGES: AWS's AmazonDynamoDBFullAccess also grants what its console needs of other services. */
export const dynamodbFullAccess = document(allow(['dynamodb:*', 'dax:*', 'iam:GetRole', 'iam:ListRoles']))

/** DIVERGES: AWS's AmazonDynamoDBReadOnlyAccess also grants what its console needs of other services. */
export const dynamodbReadOnlyAccess = document(
  allow([
    ...dynamodbReads,
    'dax:Describe*',
    'dax:List*',
    'dax:GetItem',
    'dax:BatchGetItem',
    'dax:Query',
    'dax:Scan',
    'iam:GetRole',
    'iam:ListRoles',
  ]),
)

export const cognitoUnauthenticatedIdentities = document(allow('rum:PutRumEvents'))

export const cognitoUnauthedSessionPolicy = document({
  Sid: 'CognitoUnAuthedIdentitiesSessionPolicy',
  ...allow([
    'rum:PutRumEvents',
    'sagemaker:InvokeEndpoint',
    'polly:*',
    'comprehend:*',
    'translate:*',
    'transcribe:*',
    'rekognition:*',
    'mobiletargeting:*',
    'firehose:*',
    'personalize:*',
    'geo:GetMap*',
    'geo:ListMaps',
    'geo:SearchPlaceIndex*',
    'geo:GetPlace',
    'geo:CalculateRoute*',
    'geo:*Geofence',
    'geo:*Geofences',
    'geo:*DevicePosition*',
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptTo',
    'kms:ReEncryptFrom',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyPair',
    'kms:GenerateDataKeyPairWithoutPlaintext',
    'kms:GenerateDataKeyWithoutPlaintext',
  ]),
})

export const auditRootUserCredentials = document(
  {
    Sid: 'DenyAllOtherActionsOnAnyResource',
    Effect: 'Deny',
    NotAction: [
      'iam:ListAccessKeys',
      'iam:ListSigningCertificates',
      'iam:GetLoginProfile',
      'iam:ListMFADevices',
      'iam:GetAccountSummary',
      'iam:GetUser',
      'iam:GetAccessKeyLastUsed',
    ],
    Resource: '*',
  },
  {
    Sid: 'DenyAuditingCredentialsOnNonRootUserResource',
    Effect: 'Deny',
    // GetAccountSummary has no resource: it is not among these.
    Action: [
      'iam:ListAccessKeys',
      'iam:ListSigningCertificates',
      'iam:GetLoginProfile',
      'iam:ListMFADevices',
      'iam:GetUser',
      'iam:GetAccessKeyLastUsed',
    ],
    NotResource: 'arn:aws:iam::*:root',
  },
)

export const createRootUserPassword = rootTask('DenyCreatingPasswordOnNonRootUserResource', [
  'iam:CreateLoginProfile',
  'iam:GetLoginProfile',
])

export const deleteRootUserCredentials = rootTask('DenyDeletingRootUserCredentialsOnNonRootUserResource', [
  'iam:DeleteAccessKey',
  'iam:DeleteSigningCertificate',
  'iam:DeleteLoginProfile',
  'iam:DeactivateMFADevice',
  'iam:ListAccessKeys',
  'iam:ListSigningCertificates',
  'iam:GetLoginProfile',
  'iam:ListMFADevices',
  'iam:GetUser',
  'iam:GetAccessKeyLastUsed',
])

const bucketPolicyActions = ['s3:DeleteBucketPolicy', 's3:PutBucketPolicy', 's3:GetBucketPolicy', 's3:ListAllMyBuckets']

export const unlockBucketPolicy = document(
  { Sid: 'DenyAllOtherActionsOnAnyResource', Effect: 'Deny', NotAction: bucketPolicyActions, Resource: '*' },
  {
    Sid: 'DenyManagingBucketPolicyForNonRootCallers',
    Effect: 'Deny',
    Action: bucketPolicyActions,
    Resource: '*',
    Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:root' } },
  },
)

/** A variable of the policy language. */
const PRINCIPAL_ACCOUNT = '$' + '{aws:PrincipalAccount}'

const queuePolicyActions = ['sqs:SetQueueAttributes', 'sqs:GetQueueAttributes', 'sqs:ListQueues', 'sqs:GetQueueUrl']

export const unlockQueuePolicy = document(
  { Sid: 'DenyAllOtherActionsOnAnyResource', Effect: 'Deny', NotAction: queuePolicyActions, Resource: '*' },
  {
    Sid: 'DenyGettingQueueAttributesOnNonOwnQueue',
    Effect: 'Deny',
    Action: ['sqs:GetQueueAttributes'],
    Resource: 'arn:aws:sqs:*:*:*',
    Condition: { StringNotEqualsIfExists: { 'aws:ResourceAccount': [PRINCIPAL_ACCOUNT] } },
  },
  {
    Sid: 'DenyActionsForNonRootUser',
    Effect: 'Deny',
    Action: queuePolicyActions,
    Resource: '*',
    Condition: { StringNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:root' } },
  },
)
