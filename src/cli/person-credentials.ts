// Credentials of a signed-in person: for `credential-process --sign-in`, and for `exec`.
import { Failure } from '../app/failure.ts'
import { cached, cacheKey, type ProcessCredentials } from '../client/credential-cache.ts'
import type { KeptSignIn } from '../client/kept-sign-in.ts'
import { brokerPaths, type CredentialsAnswer } from '../wire/broker-api.ts'
import type { CommandInput, World } from './command.ts'
import { askAsPerson, folderOf, serverUrl, signInAt } from './signed-in.ts'

/** A role's ARN, or an account. */
export type Wanted = { readonly role: string } | { readonly account: string }

export function askForCredentials(
  signIn: KeptSignIn,
  world: World,
  wanted: Wanted,
  durationSeconds?: number,
): Promise<CredentialsAnswer> {
  const duration = durationSeconds === undefined ? {} : { durationSeconds }
  const wish =
    'role' in wanted ? { ...wanted, ...duration } : { federationToken: { account: wanted.account, ...duration } }
  return askAsPerson<CredentialsAnswer>(signIn, world, brokerPaths.credentials, wish)
}

const withSignIn = ['sign-in', 'role-arn', 'account', 'duration-seconds', 'no-cache']

/** What `credential-process --sign-in URL` prints. @throws Failure */
export async function signedInCredentials(input: CommandInput, world: World): Promise<ProcessCredentials> {
  const { texts, lists, switches } = input
  const other = Object.keys({ ...texts, ...lists, ...switches }).find((name) => !withSignIn.includes(name))
  if (other !== undefined) throw new Failure(`--${other} does not go with --sign-in`, 2)
  const { 'role-arn': role, account, 'duration-seconds': seconds } = texts
  if ((role === undefined) === (account === undefined))
    throw new Failure('--sign-in goes with --role-arn or --account', 2)
  if (seconds !== undefined && !/^\d{1,6}$/.test(seconds))
    throw new Failure('--duration-seconds: must be a whole number', 2)
  const signIn = signInAt(serverUrl(texts['sign-in'] ?? ''), world)
  const wanted: Wanted = role === undefined ? { account: account ?? '' } : { role }
  const ask = async (): Promise<ProcessCredentials> => {
    const { Credentials } = await askForCredentials(
      signIn,
      world,
      wanted,
      seconds === undefined ? undefined : Number(seconds),
    )
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials
    return { Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration }
  }
  if (switches['no-cache'] === true) return ask()
  const key = cacheKey([signIn.mark, wanted, seconds])
  const warn = (problem: string) => world.err(`hallpass: ${problem}`)
  return cached(folderOf(world).credentialsOf(signIn), key, { clock: world.clock, ask, warn })
}
