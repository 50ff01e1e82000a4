// ARNs on both sides of the gateway: callers see the account and region that Hallpass knows a table by, the backend those that it made up
// (dynalite: account 000000000000) or has (AWS itself).
import { parseArn } from '../../core/arn.ts'
import type { Place } from './table.ts'

/** An answer's ARNs as callers know them. Everything else stays as it is. Throws SyntaxError for what is no JSON. */
export const asCallersKnow = (json: string, place: Place): string =>
  JSON.stringify(JSON.parse(json, (name, value) => (isArn(name, value) ? ours(value, place) : value)))

/** The members that hold ARNs are called so; attributes' values are in none of these answers. */
const isArn = (name: string, value: unknown): value is string =>
  name.endsWith('Arn') && typeof value === 'string' && parseArn(value)?.service === 'dynamodb'

function ours(text: string, { account, region }: Place): string {
  const arn = parseArn(text)
  if (arn === undefined) return text
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
  return `arn:${theirs.partition}:dynamodb:${theirs.region}:${theirs.account}:${arn.resource}`
}
