// hallpass env: prints the variables that a shell needs to use the running server: `eval "$(hallpass env)"`.
import { Failure } from '../app/failure.ts'
import { awsFiles, type Credentials, credentialsOf, readSections } from '../client/aws-files.ts'
import { endpointVariables, otherEndpoints } from '../client/endpoints.ts'
import { statusOf } from './call-route.ts'
import { type Command, dataSettings, type World } from './command.ts'
import { type StoreLocation, serveLine } from './hints.ts'
import { rootOf } from './root-key.ts'
import { word } from './shell.ts'

/** Variables that would override, or mix with, those that are set. */
const unset = [
  ...['AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CREDENTIAL_EXPIRATION'],
  ...otherEndpoints,
]

export const env: Command = {
  name: 'env',
  says: 'Print shell exports for the running server: eval "$(hallpass env)". Root\'s credentials by default.',
  options: {
    profile: { kind: 'text', value: 'NAME', says: "A profile of the data folder's aws/credentials instead of root." },
    json: { kind: 'switch', says: 'Print a JSON object of the variables.' },
  },
  settings: dataSettings,
  async run({ settings, texts, switches }, world) {
    const { data } = settings
    const status = await statusOf(data)
    if (status?.url === undefined) {
      const start = status === undefined ? `start one with \`${await serveLine(world, settings)}\`` : 'wait'
      throw new Failure(`no hallpass is running on ${data} yet: ${start}, then try again`)
    }
    const { accessKeyId, secret, token } = credentialsFor(settings, world, texts.profile)
    const variables: readonly (readonly [string, string])[] = [
      ['AWS_ACCESS_KEY_ID', accessKeyId],
      ['AWS_SECRET_ACCESS_KEY', secret.reveal()],
      ...(token === undefined ? [] : [['AWS_SESSION_TOKEN', token] as const]),
      ...endpointVariables(status.url),
      ['AWS_REGION', status.region],
      ['AWS_DEFAULT_REGION', status.region],
    ]
    if (switches.json === true) world.out(JSON.stringify(Object.fromEntries(variables), undefined, 2))
    else {
      const toUnset = [...new Set([...unset, ...serviceEndpoints(world)])].filter(
        (name) => !variables.some(([set]) => set === name),
      )
      world.out(`unset ${toUnset.join(' ')}`)
      for (const [name, value] of variables) world.out(`export ${name}=${word(value)}`)
    }
    return 0
  },
}

/** An endpoint for one service would override the endpoint for all. */
const serviceEndpoints = ({ environment }: World) =>
  Object.keys(environment).filter((name) => /^AWS_ENDPOINT_URL_[A-Z0-9_]+$/.test(name))

/** The credentials of a profile of the data folder, or root's. @throws Failure when there are none */
function credentialsFor(settings: StoreLocation, world: World, profile: string | undefined): Credentials {
  if (profile === undefined) return rootOf(settings, world)
  const { credentials } = awsFiles(settings.data)
  const keys = credentialsOf(credentials, profile)
  if (keys !== undefined) return keys
  const profiles = [...readSections(credentials).keys()]
  throw new Failure(
    profiles.length === 0
      ? `${credentials} has no profiles; without --profile, env prints root's credentials`
      : `there is no profile ${profile} in ${credentials}; there are ${profiles.join(', ')}`,
  )
}
