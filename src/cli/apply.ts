// hallpass apply: brings a store to what a file describes. Twice is as good as once; what the file does not name stays.
import { resolve } from 'node:path'
import { urlOf } from '../app/ports.ts'
import { textFile } from '../app/text-file.ts'
import { addConfig } from '../client/aws-files.ts'
import { endpointSettings, servicesSection } from '../client/endpoints.ts'
import type { Settings } from '../config/settings.ts'
import { ask, statusOf } from './ask.ts'
import { type Command, storeSettings } from './command.ts'
import { word } from './shell.ts'

export const apply: Command = {
  name: 'apply',
  says: 'Bring the store to a file of accounts, policies, users and roles. What it does not name is left alone.',
  takes: 'FILE',
  options: {
    'dry-run': { kind: 'switch', says: 'Only say what would change.' },
    json: { kind: 'switch', says: 'As JSON.' },
  },
  settings: storeSettings,
  async run(given, world) {
    const [name = ''] = given.rest
    const dryRun = given.switches['dry-run'] === true
    const done = await ask(given, world, 'POST /apply', { name, text: textFile(name), dryRun })
    const config = done.keys.length === 0 ? undefined : await addProfiles(given.settings, done.keys)
    if (given.switches.json === true) {
      world.out(JSON.stringify(config === undefined ? done : { ...done, config: config.file }, undefined, 2))
      return 0
    }
    const [create, change] = dryRun ? ['would create', 'would change'] : ['created', 'changed']
    for (const line of done.created) world.out(`${create}  ${line}`)
    for (const line of done.changed) world.out(`${change}  ${line}`)
    if (done.created.length + done.changed.length === 0) world.err(`nothing to change: the store is as ${name} says`)
    for (const { accessKeyId, user, account, profile } of done.keys) {
      world.err(`access key ${accessKeyId} of ${user} (${account}) is in ${done.file} as profile ${profile}`)
    }
    if (config !== undefined) {
      world.err(`the profiles' endpoint, ${config.url}, is in ${config.file}; to use both:`)
      world.err(
        `export AWS_CONFIG_FILE=${word(resolve(config.file))} AWS_SHARED_CREDENTIALS_FILE=${word(resolve(done.file ?? ''))}`,
      )
    }
    return 0
  },
}

/** Writes profiles of the keys that were made, with where the server is, or will be as far as the settings say. */
async function addProfiles(settings: Settings, keys: readonly { readonly profile: string }[]) {
  const status = await statusOf(settings.data)
  const tls = settings['tls-cert'] !== undefined
  const url = status?.url ?? urlOf(settings, tls, settings.listen.port)
  const profile = { ...endpointSettings(url), region: status?.region ?? 'us-east-1', output: 'json' }
  const sections = new Map([...keys.map((key) => [`profile ${key.profile}`, profile] as const), servicesSection(url)])
  return { url, file: addConfig(settings.data, sections) }
}
