// The AWS profile that `hallpass login` writes.
import { Failure } from '../app/failure.ts'
import { endpointSettings, servicesSection } from '../client/endpoints.ts'
import type { KeptSignIn } from '../client/kept-sign-in.ts'
import { type Edit, editSections, isOurs, otherCredentials, profileHead } from '../client/profile-file.ts'
import { type Wanted, wishOf } from '../client/sources/sign-in.ts'
import { brokerPaths, type CredentialsAnswer, type RolesAnswer } from '../wire/broker-api.ts'
import type { CommandInput, World } from './command.ts'
import { apiUrlOf, type Offer } from './offers.ts'
import { word } from './shell.ts'
import { askAsPerson, serverUrl } from './signed-in.ts'
import { userProfile } from './user-profile.ts'

export interface LoginProfile {
  readonly name: string
  readonly files: { readonly config: string; readonly credentials: string }
  /** What one of ours is for already. */
  readonly url?: string
  readonly wanted?: { readonly role: string } | { readonly account: string }
}

export function profileOf({ texts }: CommandInput, { environment }: World): LoginProfile {
  const name = texts.profile ?? 'hallpass'
  if (!/^[\w.@+=,-]{1,128}$/.test(name)) throw new Failure(`--profile: ${name} is not a name for a profile`, 2)
  const { settings = {}, files } = userProfile(environment, name)
  if (!isOurs(settings)) return { name, files }
  const words = settings.credential_process ?? ''
  const value = (option: string) => new RegExp(` --${option} (\\S+)`).exec(words)?.[1]
  const [url, role, account] = [value('sign-in'), value('role-arn'), value('account')]
  return {
    ...{ name, files },
    ...(url === undefined ? {} : { url: serverUrl(url) }),
    ...(role !== undefined ? { wanted: { role } } : account !== undefined ? { wanted: { account } } : {}),
  }
}

/** @throws Failure for a profile that gets its credentials in another way: it is left alone */
export function checkProfile({ name, files }: LoginProfile): void {
  const other = otherCredentials(files, name)
  if (other === undefined) return
  throw new Failure(
    `the profile ${name} in ${other.file} has ${other.setting}, and is left as it is: choose another with --profile`,
    2,
  )
}

/**
 * INVARIANT: a value is one line. What a server answers is no further setting: one of them names a program that AWS's tools run.
 */
function checkValues({ url }: KeptSignIn, section: Edit): void {
  for (const [key, value] of Object.entries(section))
    if (value !== undefined && /[\p{Cc}\u2028\u2029]/u.test(value))
      throw new Failure(`${url} answers a value for ${key} that no profile can have`)
}

export async function writeProfile(
  profile: LoginProfile,
  signIn: KeptSignIn,
  answer: RolesAnswer,
  offer: Offer,
  world: World,
): Promise<void> {
  // A person may have made it meanwhile.
  checkProfile(profile)
  const { name, files } = profile
  const wanted: Wanted = offer.arn === undefined ? { account: offer.account } : { role: offer.arn }
  const [option, value] = 'role' in wanted ? ['--role-arn', wanted.role] : ['--account', wanted.account]
  const process = `${world.executable} credential-process --sign-in ${word(signIn.url)} ${option} ${word(value)}`
  const isHere = offer.target === undefined
  // Elsewhere has a region of its own, which comes with its credentials.
  const region = isHere
    ? answer.region
    : (await askAsPerson<CredentialsAnswer>(signIn, world, brokerPaths.credentials, wishOf(wanted))).region
  const services = `hallpass-${new URL(signIn.url).host.replace(/[^\w.-]/g, '-')}`
  const edit: Edit = {
    ...{ credential_process: process, region },
    ...{ endpoint_url: undefined, services: undefined, ca_bundle: undefined },
    ...(isHere ? endpointSettings(apiUrlOf(answer, signIn), services) : {}),
    ...(isHere && signIn.caBundle !== undefined ? { ca_bundle: signIn.caBundle } : {}),
  }
  const sections = new Map<string, Edit>([[profileHead(name), edit]])
  if (isHere) sections.set(...servicesSection(apiUrlOf(answer, signIn), services))
  for (const section of sections.values()) checkValues(signIn, section)
  editSections(files.config, sections)
  world.err(
    `The profile ${name} in ${files.config} has ${offer.arn ?? `what you may have in account ${offer.account}`}. Try:`,
  )
  world.err(`  aws sts get-caller-identity --profile ${word(name)}`)
}
