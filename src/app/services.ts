// The operations of every service: one row for each row of wire/services.ts; a missing row does not compile.
import type { Services } from '../server/aws.ts'
import { cognitoIdentityOperations } from '../service/cognito-identity/operations.ts'
import { iamOperations } from '../service/iam/operations.ts'
import type { Operations } from '../service/operations.ts'
import { organizationsOperations } from '../service/organizations/operations.ts'
import type { Parts } from '../service/parts.ts'
import { stsOperations } from '../service/sts/operations.ts'
import { type Sdk, type ServiceName, serviceNames } from '../wire/services.ts'

const operations: { readonly [S in ServiceName]: (parts: Parts) => Operations<Sdk[S]> } = {
  sts: stsOperations,
  iam: iamOperations,
  organizations: organizationsOperations,
  'cognito-identity': cognitoIdentityOperations,
}

export const servicesOf = (parts: Parts): Services =>
  Object.fromEntries(serviceNames.map((name) => [name, operations[name](parts)])) as unknown as Services
