// One credential for a person who has signed in, by the same steps whoever asks: page, command line, program.
import type { AllowedEntitlement, AllowedRole, People, SignIn, SignInEnd } from '../../service/contracts/people.ts'
import { personOf } from '../../service/people/sign-in-content.ts'
import type { Exchange } from '../exchange.ts'
import type { Broker, Given, NotGiven } from './broker.ts'

export interface GivingParts {
  readonly people: Pick<People, 'table' | 'allowed' | 'signIns'>
  readonly broker: Pick<Broker, 'assumeRole' | 'federationToken'>
}

/** What came of it, with the sign-in as the connector has the person now. */
export type GiveOutcome<A> =
  | { readonly given: Given; readonly signIn: SignIn; readonly allowance: A }
  /** The broker was refused: a trust policy, a limit. */
  | (NotGiven & { readonly signIn: SignIn; readonly allowance: A })
  | { readonly ended: SignInEnd; readonly detail: string }
  /** The table does not give it, or asks for a second factor first. */
  | { readonly denied: 'not-theirs' | 'factor'; readonly signIn: SignIn }

export interface WantedCredential<W> {
  /** Of the sign-in. */
  readonly signIn: string
  readonly wanted: W
  /** Shorter than the row's. */
  readonly seconds?: number
}

/** A role by its ARN. */
export function giveRole(
  { people, broker }: GivingParts,
  exchange: Exchange,
  { signIn, wanted, seconds }: WantedCredential<string>,
  now: Date,
): Promise<GiveOutcome<AllowedRole>> {
  return give(
    people,
    signIn,
    ({ roles }) => roles.find(({ arn }) => arn === wanted),
    (current, role) => broker.assumeRole(exchange, current, role, seconds, now),
    now,
  )
}

/** The person's entitlements in an account, as a federated user. */
export function giveEntitlement(
  { people, broker }: GivingParts,
  exchange: Exchange,
  { signIn, wanted, seconds }: WantedCredential<string>,
  now: Date,
): Promise<GiveOutcome<AllowedEntitlement>> {
  return give(
    people,
    signIn,
    ({ entitlements }) => entitlements.find(({ account }) => account === wanted),
    (current, entitlement) => broker.federationToken(exchange, current, entitlement, seconds, now),
    now,
  )
}

/**
 * INVARIANT: the connector is asked first, the table decides for the person whom it answers, and what is about to be given is noted before
 * it is asked for: a sign-in that ends meanwhile kills it.
 */
async function give<A extends AllowedRole | AllowedEntitlement>(
  people: GivingParts['people'],
  id: string,
  find: (allowed: ReturnType<People['allowed']>) => A | undefined,
  ask: (signIn: SignIn, allowance: A) => Promise<Given | NotGiven>,
  now: Date,
): Promise<GiveOutcome<A>> {
  const renewed = await people.signIns.renew(id, now)
  if ('ended' in renewed) return renewed
  const { signIn } = renewed
  const allowance = find(people.allowed(await people.table(), personOf(signIn)))
  if (allowance === undefined) return { denied: 'not-theirs', signIn }
  if (allowance.multiFactor && signIn.multiFactorAt === undefined) return { denied: 'factor', signIn }
  if (!(await people.signIns.noteGiven(id, allowance, now))) return { ended: 'ended', detail: 'the sign-in has ended' }
  const answer = await ask(signIn, allowance)
  return 'refused' in answer ? { ...answer, signIn, allowance } : { given: answer, signIn, allowance }
}
