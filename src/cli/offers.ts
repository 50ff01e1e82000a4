// What a person may have, and the one of it that a command means.
import { Failure } from '../app/failure.ts'
import type { KeptSignIn } from '../client/kept-sign-in.ts'
import { printable } from '../core/printable.ts'
import { table } from '../core/table.ts'
import { brokerPaths, type OfferedEntitlement, type OfferedRole, type RolesAnswer } from '../wire/broker-api.ts'
import type { CommandInput, Option, World } from './command.ts'
import { askAsPerson } from './signed-in.ts'

/** A role, or what the person may have in an account without one. */
export type Offer = OfferedRole | (OfferedEntitlement & { readonly arn?: undefined; readonly name?: undefined })

export const offerOptions: Readonly<Record<string, Option>> = {
  role: { kind: 'text', value: 'ARN', says: 'The role, by its ARN or its name.' },
  account: {
    kind: 'text',
    value: 'ID',
    says: 'The account: where several have a role of that name, or without a role.',
  },
}

export const askForOffers = (signIn: KeptSignIn, world: World): Promise<RolesAnswer> =>
  askAsPerson<RolesAnswer>(signIn, world, brokerPaths.roles, {})

/**
 * The API of the installation itself.
 * INVARIANT: without it nothing is set up: clients would send AWS what is not AWS's.
 */
export function apiUrlOf({ apiUrl }: RolesAnswer, { url }: KeptSignIn): string {
  if (apiUrl === undefined) throw new Failure(`${url} does not say where its API is: its operator sets --api-url`)
  return apiUrl
}

/** Those that --role and --account leave. Names are compared without case, ARNs are not. */
function offersFor({ roles, entitlements }: RolesAnswer, { texts }: CommandInput): readonly Offer[] {
  const { role, account } = texts
  const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase()
  const isOfAccount = (offer: Offer) => account === undefined || offer.account === account
  const isNamed = (offer: Offer) => role === undefined || offer.arn === role || same(offer.name, role)
  return [...roles, ...(role === undefined ? entitlements : [])].filter((offer) => isOfAccount(offer) && isNamed(offer))
}

const head = ['ACCOUNT', 'ROLE', 'LASTS', 'SECOND FACTOR', 'AT']

export function offerLines(offers: readonly Offer[]): readonly string[] {
  const rows = offers.map(({ account, target, sessionSeconds, multiFactor, ...offer }) =>
    [account, offer.name ?? '(no role)', lasts(sessionSeconds), multiFactor ? 'needed' : '-', target ?? 'here'].map(
      printable,
    ),
  )
  return table([head, ...rows])
}

const lasts = (seconds: number) => (seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.floor(seconds / 60)} min`)

/**
 * The one that the command means; a person at a terminal is asked which.
 * @throws Failure where there is none, or several and nobody to ask
 */
export async function chosenOffer(answer: RolesAnswer, input: CommandInput, world: World): Promise<Offer> {
  const offers = offersFor(answer, input)
  const [first] = offers
  if (first === undefined) throw new Failure(noneSaid(answer, input, world))
  if (offers.length === 1) return first
  const [top = '', ...lines] = offerLines(offers)
  world.err(`      ${top}`)
  for (const [at, line] of lines.entries()) world.err(`${String(at + 1).padStart(4)}  ${line}`)
  const typed = await world.question('Which one? Its number: ')
  const offer = typed !== undefined && /^\d+$/.test(typed) ? offers[Number(typed) - 1] : undefined
  if (offer === undefined) throw new Failure('which one? give --role, and --account where several have it', 2)
  return offer
}

function noneSaid({ login, roles, entitlements }: RolesAnswer, { texts }: CommandInput, world: World): string {
  if (roles.length + entitlements.length === 0) return `${login} may have nothing here: no group of theirs gives a role`
  const { role, account } = texts
  const wanted = [
    ...(role === undefined ? [] : [`role ${role}`]),
    ...(account === undefined ? [] : [`account ${account}`]),
  ]
  return `${login} has no ${wanted.join(' in ')}: \`${world.invocation} roles\` lists what there is`
}
