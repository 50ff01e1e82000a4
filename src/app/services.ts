// The operations of every service: one row for each row of wire/services.ts; a missing row does not compile.
import type { Services } from '../server/aws.ts'
import { cognitoIdentityOperations } from '../service/cognito-identity/operations.ts'
import { iamOperations } from '../service/iam/operations.ts'
import { unsupported } from '../service/operation.ts'
import type { Operations } from '../service/operations.ts'
import { organizationsOperations } from '../service/organizations/operations.ts'
import type { Parts } from '../service/parts.ts'
import { stsOperations } from '../service/sts/operations.ts'
import { contractOf } from '../wire/contract.ts'
import { type Sdk, type ServiceName, serviceNames } from '../wire/services.ts'

const notYet = <S extends ServiceName>(service: S): Operations<Sdk[S]> => {
  const rows = contractOf(service).operationNames.map((name) => [name, unsupported('requests are not passed on yet')])
  return Object.fromEntries(rows) as Operations<Sdk[S]>
}

const operations: { readonly [S in ServiceName]: (parts: Parts) => Operations<Sdk[S]> } = {
  sts: stsOperations,
  iam: iamOperations,
  organizations: organizationsOperations,
  'cognito-identity': cognitoIdentityOperations,
  dynamodb: () => notYet('dynamodb'),
  'dynamodb-streams': () => notYet('dynamodb-streams'),
}

export const servicesOf = (parts: Parts): Services =>
  Object.fromEntries(serviceNames.map((name) => [name, operations[name](parts)])) as unknown as Services
