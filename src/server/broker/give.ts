// One credential for a person who has signed in, by the same steps whoever asks: page, command line, program.

import type { People } from '../../service/contracts/people.ts'
import type {
  AllowedCredential,
  AllowedEntitlement,
  AllowedRole,
  PeopleTable,
} from '../../service/contracts/people-table.ts'
import type { SignIn, SignInEnd } from '../../service/contracts/sign-ins.ts'
import { personOf } from '../../service/people/sign-ins/sign-in-content.ts'
import type { Exchange } from '../exchange.ts'
import type { Broker, Given, NotGiven } from './broker.ts'

export interface GivingParts {
  readonly people: Pick<People, 'allowed' | 'signIns'>
  readonly broker: Pick<Broker, 'assumeRole' | 'federationToken'>
}

/** What came of it, with the sign-in as the connector has the person now. */
export type GiveOutcome<A> =
  | { readonly given: Given; readonly signIn: SignIn; readonly allowed: A }
  /** The broker was refused: a trust policy, a limit. */
  | (NotGiven & { readonly signIn: SignIn; readonly allowed: A })
  | { readonly ended: SignInEnd; readonly detail: string }
  /** The table does not give it, or asks for a second factor first. */
  | { readonly denied: 'not-theirs' | 'factor'; readonly signIn: SignIn }

export interface WantedCredential<W> {
  /** Of the sign-in. */
  readonly signIn: string
  readonly wanted: W
  /** As this request has read it since the connector said who it is. */
  readonly table: PeopleTable
  /** Shorter than the row's. */
  readonly seconds?: number
}

/** A role by its ARN. */
export function giveRole(
  { people, broker }: GivingParts,
  exchange: Exchange,
  { seconds, ...wish }: WantedCredential<string>,
  now: Date,
): Promise<GiveOutcome<AllowedRole>> {
  return give(
    people,
    wish,
    ({ roles }) => roles.find(({ arn }) => arn === wish.wanted),
    (current, role) => broker.assumeRole(exchange, current, role, seconds, now),
    now,
  )
}

/** The person's entitlements in an account, as a federated user. */
export function giveEntitlement(
  { people, broker }: GivingParts,
  exchange: Exchange,
  { seconds, ...wish }: WantedCredential<string>,
  now: Date,
): Promise<GiveOutcome<AllowedEntitlement>> {
  return give(
    people,
    wish,
    ({ entitlements }) => entitlements.find(({ account }) => account === wish.wanted),
    (current, entitlement) => broker.federationToken(exchange, current, entitlement, seconds, now),
    now,
  )
}

/**
 * INVARIANT: the connector is asked first, the table decides for the person whom it answers, and what is about to be given is noted before
 * it is asked for: a sign-in that ends meanwhile kills it.
 */
async function give<A extends AllowedCredential>(
  people: GivingParts['people'],
  { signIn: id, table }: Pick<WantedCredential<string>, 'signIn' | 'table'>,
  find: (allowed: ReturnType<People['allowed']>) => A | undefined,
  ask: (signIn: SignIn, allowed: A) => Promise<Given | NotGiven>,
  now: Date,
): Promise<GiveOutcome<A>> {
  const renewed = await people.signIns.renew(id, now)
  if ('ended' in renewed) return renewed
  const { signIn } = renewed
  const allowed = find(people.allowed(table, personOf(signIn)))
  if (allowed === undefined) return { denied: 'not-theirs', signIn }
  if (allowed.multiFactor && signIn.multiFactorAt === undefined) return { denied: 'factor', signIn }
  if (!(await people.signIns.noteGiven(id, allowed, now))) return { ended: 'ended', detail: 'the sign-in has ended' }
  const answer = await ask(signIn, allowed)
  return 'refused' in answer ? { ...answer, signIn, allowed } : { given: answer, signIn, allowed }
}
