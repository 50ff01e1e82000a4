// Whether a person who is signed in may have a role or an account's entitlements: decided once more where it is about to be given.
import { type Refusal, refusal } from '../../../wire/errors.ts'
import type { People } from '../../contracts/people.ts'
import type { Allowed, AllowedCredential, AllowedEntitlement, PeopleTable } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { personOf } from '../sign-ins/sign-in-content.ts'

export interface EntitledParts {
  readonly people: Pick<People, 'table' | 'allowed'> & { readonly signIns: Pick<People['signIns'], 'byId'> }
}

/** What is theirs, with the sign-in as the store has it. */
export interface Entitled<A> {
  readonly signIn: SignIn
  readonly allowed: A
  /** The table that decided. */
  readonly table: PeopleTable
  /** Seconds for which it is given. */
  readonly seconds: number
}

/** What a caller names. Everything else comes from the store. */
export interface Wish {
  /** Id of the sign-in. */
  readonly signIn: string
  /** The role's ARN, or the account of the entitlements. */
  readonly wanted: string
  /** Shorter than the row's. */
  readonly seconds: number | undefined
}

/** The shortest session that STS gives. */
const leastSeconds = 900

export const denied = (message: string): Refusal => refusal('AccessDenied', 403, message)

/**
 * INVARIANT: the sign-in is read from the store and the table decides for its person, whatever the caller was told before: a role
 * or entitlement that somebody hands in is a name and no more.
 */
async function entitled<A extends AllowedCredential>(
  { people }: EntitledParts,
  { signIn: id, wanted, seconds }: Wish,
  find: (allowed: Allowed) => A | undefined,
  now: Date,
): Promise<Entitled<A> | Refusal> {
  const signIn = await people.signIns.byId(id, now)
  if (signIn === undefined) return denied('The sign-in has ended. Sign in again.')
  const table = await people.table()
  const allowed = find(people.allowed(table, personOf(signIn)))
  if (allowed === undefined) return denied(`${wanted} is not among what the groups of this person give.`)
  if (allowed.multiFactor && signIn.multiFactorAt === undefined)
    return denied(`${wanted} is given only after a second factor.`)
  const left = Math.floor((signIn.endsAt.getTime() - now.getTime()) / 1000)
  if (left < leastSeconds) return denied('The sign-in ends in less than 15 minutes. Sign in again.')
  return { signIn, allowed, table, seconds: Math.min(allowed.sessionSeconds, seconds ?? allowed.sessionSeconds, left) }
}

export const entitledRole = (parts: EntitledParts, wish: Wish, now: Date) =>
  entitled(parts, wish, ({ roles }) => roles.find(({ arn }) => arn === wish.wanted), now)

/**
 * INVARIANT: entitlements without a policy give nothing: a federated user without session policies is one that a resource's policy
 * alone may let in, which is not what the table says.
 */
export async function entitledAccount(
  parts: EntitledParts,
  wish: Wish,
  now: Date,
): Promise<Entitled<AllowedEntitlement> | Refusal> {
  const find = ({ entitlements }: Allowed) => entitlements.find(({ account }) => account === wish.wanted)
  const answer = await entitled(parts, wish, find, now)
  if ('code' in answer) return answer
  const { multiFactor, policy, policyArns } = answer.allowed
  if (multiFactor) {
    return denied(
      `The entitlements in ${wish.wanted} ask for a second factor, and GetFederationToken carries none. Assume a role instead (AssumeRole).`,
    )
  }
  if (policy === undefined && policyArns.length === 0)
    return denied(`The entitlements in ${wish.wanted} hold no policy: they would allow nothing.`)
  return answer
}
