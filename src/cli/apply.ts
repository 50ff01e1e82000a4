// hallpass apply: creates and changes what a file describes. Applying it twice changes nothing more; what the file does not
// name stays, but what it says of people replaces all that was said of them before.
import { dirname, resolve } from 'node:path'
import { urlOf } from '../app/ports.ts'
import { textFile } from '../app/text-file.ts'
import { addConfig } from '../client/aws-files.ts'
import { endpointSettings, servicesSection } from '../client/endpoints.ts'
import { namedInPeople } from '../config/people-files.ts'
import type { Settings } from '../config/settings.ts'
import { readYaml } from '../config/yaml-file.ts'
import type { Done } from '../service/seed-shape.ts'
import { callRoute, statusOf } from './call-route.ts'
import { type Command, storeSettings, type World } from './command.ts'
import { word } from './shell.ts'

export const apply: Command = {
  name: 'apply',
  says: 'Create or change the accounts, policies, users and roles that a file describes; all others stay unchanged. Its section about people replaces the one before.',
  takes: 'FILE',
  options: {
    'dry-run': { kind: 'switch', says: 'Print what would change, and change nothing.' },
    json: { kind: 'switch', says: 'Print JSON.' },
  },
  settings: storeSettings,
  async run(input, world) {
    const [name = ''] = input.rest
    const dryRun = input.switches['dry-run'] === true
    const text = textFile(name)
    const named = await contentsNamed(name, text, world)
    const outcome = await callRoute(input, world, 'POST /apply', { name, text, dryRun, ...named })
    const config = outcome.keys.length === 0 ? undefined : await addProfiles(input.settings, outcome.keys)
    if (input.switches.json === true) {
      world.out(JSON.stringify(config === undefined ? outcome : { ...outcome, config: config.file }, undefined, 2))
      return 0
    }
    const lines = doneLines(outcome, dryRun)
    for (const line of lines) world.out(line)
    if (lines.length === 0) world.err(`nothing to change: the store matches ${name}`)
    for (const { accessKeyId, user, account, profile } of outcome.keys) {
      world.err(`access key ${accessKeyId} of ${user} (${account}) is in ${outcome.file} as profile ${profile}`)
    }
    if (config !== undefined) {
      world.err(`the profiles' endpoint, ${config.url}, is in ${config.file}; to use both:`)
      world.err(
        `export AWS_CONFIG_FILE=${word(resolve(config.file))} AWS_SHARED_CREDENTIALS_FILE=${word(resolve(outcome.file ?? ''))}`,
      )
    }
    return 0
  },
}

/** What was done, or would be, a line each. */
export function doneLines({ created, changed, removed }: Done, dryRun = false): readonly string[] {
  const [create, change, remove] = dryRun
    ? ['would create', 'would change', 'would remove']
    : ['created', 'changed', 'removed']
  return [
    ...created.map((line) => `${create}  ${line}`),
    ...changed.map((line) => `${change}  ${line}`),
    ...removed.map((line) => `${remove}  ${line}`),
  ]
}

/** What the file's section about people names: files beside it, and variables. A server opens no file that a section names. */
async function contentsNamed(name: string, text: string, { environment }: Pick<World, 'environment'>) {
  const { files, variables } = namedInPeople((await readYaml(name, text)).contents)
  const beside = (file: string) => resolve(dirname(name), file)
  return {
    files: Object.fromEntries(files.map((file) => [file.name, textFile(beside(file.name), file.at)])),
    variables: Object.fromEntries(
      variables.flatMap(({ name }) => {
        const value = environment[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

/** Writes a profile for each new key, with the running server's endpoint, or the one that the settings imply. */
async function addProfiles(settings: Settings, keys: readonly { readonly profile: string }[]) {
  const status = await statusOf(settings.data)
  const tls = settings['tls-cert'] !== undefined
  const url = status?.url ?? urlOf(settings, tls, settings.listen.port)
  const profile = { ...endpointSettings(url), region: status?.region ?? 'us-east-1', output: 'json' }
  const sections = new Map([...keys.map((key) => [`profile ${key.profile}`, profile] as const), servicesSection(url)])
  return { url, file: addConfig(settings.data, sections) }
}
