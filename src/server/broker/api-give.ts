// Gives a person what they may have. INVARIANT: in this order: who they are, asked now; what the table gives them; that what is wanted is
// among it; a second factor where its row asks for one; and only then the broker, which asks as any caller does.
import type {
  Allowed,
  AllowedCredential,
  AllowedEntitlement,
  AllowedRole,
  PeopleTable,
} from '../../service/contracts/people-table.ts'
import { verifyFactor } from '../../service/people/factors/factors.ts'
import type { Exchange } from '../exchange.ts'
import { type ApiRefusal, denied, invalid } from '../program-api.ts'
import { notNow, notSignedIn } from './api-errors.ts'
import type { BrokerApiParts } from './api-parts.ts'
import { type Asker, factsOf } from './api-proof.ts'
import type { Given } from './broker.ts'
import { giveEntitlement, giveRole } from './give.ts'

/** One thing that the table gives, and for how long it is wanted. */
export type Choice = ({ readonly role: AllowedRole } | { readonly entitlement: AllowedEntitlement }) & {
  readonly seconds: number | undefined
}

/** What the table gives who asks, and the table. INVARIANT: read since they were proven. */
export async function allowedTo(
  { people }: BrokerApiParts,
  asker: Asker,
): Promise<{ readonly table: PeopleTable; readonly allowed: Allowed }> {
  const table = await people.table()
  return { table, allowed: people.allowed(table, factsOf(asker)) }
}

export const wantedOf = (choice: Choice): AllowedCredential => ('role' in choice ? choice.role : choice.entitlement)

/** A role by its ARN. IAM's names are unique without regard to case; the table's spelling is used. */
export function chooseRole(
  { roles }: Allowed,
  asker: Asker,
  arn: string,
  seconds: number | undefined,
): Choice | ApiRefusal {
  const role = roles.find((one) => one.arn.toLowerCase() === arn.toLowerCase())
  return role === undefined
    ? denied(`User: ${shownName(asker)} is not authorized to perform: sts:AssumeRole on resource: ${arn}`)
    : { role, seconds }
}

/** The entitlements of an account; of the only one, where none is named. */
export function chooseEntitlement(
  { entitlements, roles }: Allowed,
  asker: Asker,
  account: string | undefined,
  seconds: number | undefined,
): Choice | ApiRefusal {
  const theirs = entitlements.filter((one) => account === undefined || one.account === account)
  const [entitlement, another] = theirs
  if (entitlement === undefined) {
    const instead = roles.length === 0 ? '' : ' Ask for a role instead: AssumeRole.'
    return denied(`User: ${shownName(asker)} is not authorized to perform: sts:GetFederationToken.${instead}`)
  }
  if (another !== undefined) {
    return invalid(`federationToken.account is needed: one of ${theirs.map((one) => one.account).join(', ')}.`)
  }
  return { entitlement, seconds }
}

const shownName = (asker: Asker) => {
  const { connector, login } = factsOf(asker)
  return `${connector}/${login}`
}

/** What the second factor that a row asks for lacks; `code`: it is given with a code that is not looked at yet. */
function factorLacks(asker: Asker, choice: Choice): ApiRefusal | 'code' | undefined {
  const wanted = wantedOf(choice)
  if (!wanted.multiFactor) return undefined
  if ('entitlement' in choice) {
    return denied(
      `GetFederationToken cannot carry a second factor, which the entitlements in account ${wanted.account} need. Ask for a role instead: AssumeRole can.`,
    )
  }
  if ('signIn' in asker) {
    if (asker.signIn.multiFactorAt !== undefined) return undefined
    return denied('The role needs a second factor, and the sign-in has none. Give it in the browser: hallpass login')
  }
  if (asker.person.multiFactor) return undefined
  if (asker.code === undefined) return denied('The role needs a second factor: send its code with the login.')
  return 'code'
}

export async function give(
  parts: BrokerApiParts,
  exchange: Exchange,
  asker: Asker,
  table: PeopleTable,
  choice: Choice,
  now: Date,
): Promise<Given | ApiRefusal> {
  const { sessionSeconds } = wantedOf(choice)
  const seconds = choice.seconds ?? sessionSeconds
  if (seconds > sessionSeconds) {
    return invalid(`The requested DurationSeconds exceeds the ${sessionSeconds} seconds that it is given for.`)
  }
  const lacks = factorLacks(asker, choice)
  if (typeof lacks === 'object') return lacks
  const signIn = await signInOf(parts, exchange, asker, { seconds, needsCode: lacks === 'code' }, now)
  if (typeof signIn === 'object') return signIn
  const wish = { signIn, table, seconds }
  const outcome =
    'role' in choice
      ? await giveRole(parts, exchange, { ...wish, wanted: choice.role.arn }, now)
      : await giveEntitlement(parts, exchange, { ...wish, wanted: choice.entitlement.account }, now)
  if ('given' in outcome) return outcome.given
  if ('person' in asker) await parts.people.signIns.end(signIn, 'nothing was given in it', now)
  if ('refused' in outcome) return outcome
  if ('denied' in outcome) return denied('It is no longer among what the person may have.')
  return outcome.ended === 'unavailable' ? notNow : notSignedIn
}

/** The id of the sign-in. An API's is as long as the credentials that it is for. */
async function signInOf(
  { people, factors, refused }: BrokerApiParts,
  exchange: Exchange,
  asker: Asker,
  { seconds, needsCode }: { readonly seconds: number; readonly needsCode: boolean },
  now: Date,
): Promise<string | ApiRefusal> {
  if ('signIn' in asker) return asker.signIn.id
  if (!(await asker.use())) {
    refused(exchange, 'the broker’s API: a proof that counts once came again', now)
    return notSignedIn
  }
  const signIn = await people.signIns.begin(
    { person: asker.person, origin: exchange, client: 'api', endsAt: now.getTime() + seconds * 1000 },
    now,
  )
  const { id } = signIn
  if (!needsCode || (await verifyFactor(factors, signIn, asker.code ?? '', exchange, now)) !== undefined) return id
  refused(exchange, `sign-in ${id}: the second factor is wrong, or locked`, now)
  await people.signIns.end(id, 'the second factor was wrong', now)
  return notSignedIn
}
