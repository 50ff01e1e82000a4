// ARNs on both sides of the gateway: callers see the account and region that Hallpass knows a table by, the backend those that it made up
// (dynalite: account 000000000000; Alternator: a keyspace and `scylla`) or has (AWS itself).
// INVARIANT: no ARN of the backend's reaches a caller: neither its account, nor its keys, its roles and its streams of other services.
import { type Arn, parseArn } from '../../core/arn.ts'
import type { Place } from './table.ts'

/**
 * An answer's ARNs as callers know them; those of other services (the key that encrypts a table, the role that scales it) are left out.
 * Everything else stays as it is. Throws SyntaxError for what is no JSON.
 */
export const asCallersKnow = (json: string, place: Place): string =>
  JSON.stringify(
    JSON.parse(json, (name, value) => {
      if (typeof value !== 'string') return value
      if (holdsArn.test(name)) return known(value, place)
      return holdsText.test(name) ? textAsCallersKnow(value, place) : value
    }),
  )

/** The members that hold ARNs are called so (`KMSMasterKeyId` may be one); attributes' values are in none of these answers. */
const holdsArn = /(Arn|KeyId)$/
/** `FailureMessage`, `ExceptionDescription`. */
const holdsText = /(Message|Description)$/

const tableServices: ReadonlySet<string> = new Set(['dynamodb', 'alternator'])

const known = (text: string, place: Place): string | undefined => {
  const arn = parseArn(text)
  if (arn === undefined) return text
  return tableServices.has(arn.service) ? ours(arn, place) : undefined
}

const arnInText = /\barn:[a-z0-9-]+:[a-z0-9-]+:[\w-]*:[\w-]*:[\w.:/*-]*[\w*]/g

/** A sentence of the backend's, with the ARNs in it as callers know them. */
export const textAsCallersKnow = (text: string, place: Place): string =>
  text.replace(arnInText, (arn) => known(arn, place) ?? 'a resource of the backend')

function ours(arn: Arn, { account, region }: Place): string {
  // That of a global table has no region.
  return `arn:aws:dynamodb:${arn.region === '' ? '' : region}:${account}:${arn.resource}`
}

/**
 * A resource's ARN as the backend knows it: with the part before the resource that the backend gave a table of its own; without one,
 * the caller's (AWS itself knows no other).
 */
export function asBackendKnows(text: string, backendArn: string | undefined): string {
  const arn = parseArn(text)
  const theirs = backendArn === undefined ? undefined : parseArn(backendArn)
  if (arn === undefined || theirs === undefined) return text
  return `arn:${theirs.partition}:${theirs.service}:${theirs.region}:${theirs.account}:${arn.resource}`
}
