// The operations of every service: one row for each row of wire/services.ts; a missing row does not compile.
import type { Services } from '../server/aws.ts'
import { cognitoIdentityOperations } from '../service/cognito-identity/operations.ts'
import type { ForwardParts } from '../service/dynamodb/forward.ts'
import type { MadeParts } from '../service/dynamodb/made-tables.ts'
import { dynamodbOperations, dynamodbStreamsOperations } from '../service/dynamodb/operations.ts'
import { createSchemas } from '../service/dynamodb/schemas.ts'
import { eksAuthOperations, eksOperations } from '../service/eks/operations.ts'
import { iamOperations } from '../service/iam/operations.ts'
import type { Operations } from '../service/operations.ts'
import { organizationsOperations } from '../service/organizations/operations.ts'
import type { Parts } from '../service/parts.ts'
import { rolesanywhereOperations } from '../service/rolesanywhere/operations.ts'
import { stsOperations } from '../service/sts/operations.ts'
import { type Sdk, type ServiceName, serviceNames } from '../wire/services.ts'

/** What both of DynamoDB's services have in common: what is known of tables. */
const passedOn = ({ backends, vault, store, subjects, fresh, tablePolicies: policies }: Parts): PassedOn => ({
  ...{ backends, vault, store, subjects, fresh, policies },
  schemas: createSchemas(),
})

type PassedOn = ForwardParts & MadeParts

const operations: { readonly [S in ServiceName]: (parts: Parts, forward: PassedOn) => Operations<Sdk[S]> } = {
  sts: stsOperations,
  iam: iamOperations,
  organizations: organizationsOperations,
  'cognito-identity': cognitoIdentityOperations,
  dynamodb: (_, forward) => dynamodbOperations(forward),
  'dynamodb-streams': (_, forward) => dynamodbStreamsOperations(forward),
  rolesanywhere: rolesanywhereOperations,
  eks: eksOperations,
  'eks-auth': eksAuthOperations,
}

export function servicesOf(parts: Parts): Services {
  const forward = passedOn(parts)
  return Object.fromEntries(serviceNames.map((name) => [name, operations[name](parts, forward)])) as unknown as Services
}
