// What was given in a sign-in, and whether the table still gives it. INVARIANT: credentials carry the tags and session policies of
// the moment at which they were given, so a row that gives a role or account with others now does not give what was given.
import { hash } from 'node:crypto'
import type { Allowed, AllowedCredential } from '../../contracts/people-table.ts'
import { maxChain } from '../../session/lineage.ts'
import type { GivenRecord, SignInRecord } from './sign-in-records.ts'

const nameOf = (given: AllowedCredential): string => ('arn' in given ? given.arn : `federated-user/${given.account}`)

export function givenRecordOf(given: AllowedCredential): GivenRecord {
  const { target, tags, broker } = given
  const pairs = tags.map(({ Key, Value }) => [Key, Value]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const policies = 'arn' in given ? [] : [given.policyArns.toSorted(), statementsOf(given.policy)]
  const permitted = JSON.stringify([nameOf(given).toLowerCase(), target ?? '', pairs, policies])
  return {
    what: nameOf(given),
    digest: hash('sha256', permitted, 'base64url'),
    ...(broker === undefined ? {} : { broker: broker.account }),
    ...(target === undefined ? {} : { target }),
  }
}

/** In an order of their own: that of the table's answer follows the groups', which a directory names in any. */
function statementsOf(policy: string | undefined): readonly string[] {
  if (policy === undefined) return []
  const { Statement = [] } = JSON.parse(policy) as { Statement?: object | readonly object[] }
  return [Statement]
    .flat()
    .map((statement) => JSON.stringify(statement))
    .toSorted()
}

export const isSameGiven = (a: GivenRecord, b: GivenRecord): boolean => a.digest === b.digest && a.broker === b.broker

/** What was given and is the person's no more: its row, group, tags or policies are others, or it asks for a factor now. */
export function lostOf({ given, multiFactorAt }: SignInRecord, allowed: Allowed): GivenRecord | undefined {
  if (given.length === 0) return undefined
  const now = new Set(
    [...allowed.roles, ...allowed.entitlements]
      .filter(({ multiFactor }) => !multiFactor || multiFactorAt !== undefined)
      .map((one) => givenRecordOf(one).digest),
  )
  return given.find(({ digest }) => !now.has(digest))
}

/** Seconds that a console made of a role's credentials may last, whatever the credentials do. */
const longestConsole = 43_200

/** When what is given now is over (ms), and what may be made of it: a console, and chained roles of an hour each. */
export const givenUntil = ({ sessionSeconds }: AllowedCredential, now: Date): number =>
  now.getTime() + (Math.max(sessionSeconds, longestConsole) + maxChain * 3600) * 1000
