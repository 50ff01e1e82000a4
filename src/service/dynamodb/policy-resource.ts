// Which table or stream a ResourceArn means, of those that have policies (Amazon DynamoDB API Reference, PutResourcePolicy). Sentences as
// recorded from the service.

import { parseArn } from '../../core/arn.ts'
import { validationError } from '../../wire/errors.ts'
import type { PolicyPlace } from '../contracts/table-policies.ts'
import { othersRefused } from './across-accounts.ts'
import { policyPlace } from './policy-records.ts'
import { type Place, type Resource, resourceOf } from './table.ts'

const invalid = (what: string) => validationError('aws-json', `One or more parameter values were invalid: ${what}`)

/** A table or stream of the caller's account, in the region of the request. @throws ValidationException */
export function policyResource(
  text: string | undefined,
  { account, region }: Place,
): { readonly resource: Resource; readonly place: PolicyPlace } {
  const arn = text ?? ''
  if (!arn.startsWith('arn:')) throw invalid(`ARNs must start with 'arn:': ${arn}`)
  const resource = resourceOf(arn)
  if (resource === undefined) {
    throw invalid(
      parseArn(arn)?.service === 'dynamodb'
        ? `Invalid resource Arn: ${arn}`
        : `Provided Arn is not a DynamoDB resource arn: ${arn}`,
    )
  }
  const place = policyPlace(resource)
  if (place === undefined) {
    throw invalid(`Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}`)
  }
  // Whatever the policy of a table of another account says: these operations are its owner's.
  if (place.account !== account) throw othersRefused()
  if (place.region !== region) throw invalid(`Invalid resource Arn: ${arn}`)
  return { resource, place }
}
