// The AWS-managed policies that ship with the product: a named, versioned set. Which are here: those that AWS's own flows
// need, and those most often attached to what an installation has.
// DIVERGES: AWS has more than a thousand of these policies; here there are those that docs/operations.md lists, and any other
// ARN under `aws` is NoSuchEntity.
import { createHash } from 'node:crypto'
import { base32 } from '../../core/ids.ts'
import * as documents from './documents.ts'

export interface AwsManagedPolicy {
  /** ANPA…, the same in every installation. */
  readonly id: string
  readonly arn: string
  readonly path: string
  readonly name: string
  readonly description: string
  readonly createdAt: string
  readonly updatedAt: string
  /** The version AWS is at; earlier ones are not kept. */
  readonly defaultVersion: string
  readonly text: string
  /** Root-task policies go with AssumeRoot alone. */
  readonly attachable: boolean
}

type Row = readonly [name: string, version: string, createdAt: string, text: string, description: string]

const TASKS = '/root-task/'

const rows: readonly (readonly [path: string, ...Row])[] = [
  [
    '/',
    'AdministratorAccess',
    'v1',
    '2015-02-06T18:39:46Z',
    documents.administratorAccess,
    'Provides full access to AWS services and resources.',
  ],
  [
    '/',
    'PowerUserAccess',
    'v12',
    '2015-02-06T18:39:47Z',
    documents.powerUserAccess,
    'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
  ],
  [
    '/',
    'ReadOnlyAccess',
    'v1',
    '2015-02-06T18:39:48Z',
    documents.readOnlyAccess,
    'Provides read-only access to AWS services and resources.',
  ],
  [
    '/',
    'SecurityAudit',
    'v1',
    '2015-02-06T18:41:01Z',
    documents.securityAudit,
    'The security audit template grants access to read security configuration metadata.',
  ],
  [
    '/',
    'IAMFullAccess',
    'v2',
    '2015-02-06T18:40:38Z',
    documents.iamFullAccess,
    'Provides full access to IAM via the AWS Management Console.',
  ],
  [
    '/',
    'IAMReadOnlyAccess',
    'v4',
    '2015-02-06T18:40:39Z',
    documents.iamReadOnlyAccess,
    'Provides read only access to IAM via the AWS Management Console.',
  ],
  [
    '/',
    'AmazonS3FullAccess',
    'v2',
    '2015-02-06T18:40:58Z',
    documents.s3FullAccess,
    'Provides full access to all buckets via the AWS Management Console.',
  ],
  [
    '/',
    'AmazonS3ReadOnlyAccess',
    'v3',
    '2015-02-06T18:40:59Z',
    documents.s3ReadOnlyAccess,
    'Provides read only access to all buckets via the AWS Management Console.',
  ],
  [
    '/',
    'AmazonDynamoDBFullAccess',
    'v15',
    '2015-02-06T18:40:11Z',
    documents.dynamodbFullAccess,
    'Provides full access to Amazon DynamoDB via the AWS Management Console.',
  ],
  [
    '/',
    'AmazonDynamoDBReadOnlyAccess',
    'v14',
    '2015-02-06T18:40:12Z',
    documents.dynamodbReadOnlyAccess,
    'Provides read only access to Amazon DynamoDB via the AWS Management Console.',
  ],
  [
    '/',
    'AmazonCognitoUnauthenticatedIdentities',
    'v1',
    '2023-02-01T22:36:27Z',
    documents.cognitoUnauthenticatedIdentities,
    'Limits what unauthenticated identities of an identity pool can do.',
  ],
  [
    '/',
    'AmazonCognitoUnAuthedIdentitiesSessionPolicy',
    'v4',
    '2023-07-19T23:04:05Z',
    documents.cognitoUnauthedSessionPolicy,
    'Session policy of unauthenticated identities of an identity pool.',
  ],
  [
    TASKS,
    'IAMAuditRootUserCredentials',
    'v1',
    '2024-11-14T00:00:00Z',
    documents.auditRootUserCredentials,
    'Scopes a root session to auditing the root user’s credentials.',
  ],
  [
    TASKS,
    'IAMCreateRootUserPassword',
    'v1',
    '2024-11-14T00:00:00Z',
    documents.createRootUserPassword,
    'Scopes a root session to allowing password recovery.',
  ],
  [
    TASKS,
    'IAMDeleteRootUserCredentials',
    'v2',
    '2024-11-14T00:00:00Z',
    documents.deleteRootUserCredentials,
    'Scopes a root session to removing the root user’s credentials.',
  ],
  [
    TASKS,
    'S3UnlockBucketPolicy',
    'v1',
    '2024-11-14T00:00:00Z',
    documents.unlockBucketPolicy,
    'Scopes a root session to removing a bucket policy that denies everyone.',
  ],
  [
    TASKS,
    'SQSUnlockQueuePolicy',
    'v1',
    '2024-11-14T00:00:00Z',
    documents.unlockQueuePolicy,
    'Scopes a root session to removing a queue policy that denies everyone.',
  ],
]

/** In the order of their ARNs. */
export const awsManagedPolicies: readonly AwsManagedPolicy[] = rows
  .map(([path, name, version, createdAt, text, description]): AwsManagedPolicy => {
    const arn = `arn:aws:iam::aws:policy${path}${name}`
    return {
      id: `ANPA${base32(createHash('sha256').update(arn).digest()).slice(0, 17)}`,
      arn,
      path,
      name,
      description,
      createdAt,
      updatedAt: createdAt,
      defaultVersion: version,
      text,
      attachable: path !== TASKS,
    }
  })
  .sort((a, b) => (a.arn < b.arn ? -1 : 1))

const byArn = new Map(awsManagedPolicies.map((policy) => [policy.arn, policy]))

/** The shipped policy with that ARN. */
export const awsManagedPolicy = (arn: string): AwsManagedPolicy | undefined => byArn.get(arn)
