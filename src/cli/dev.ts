// hallpass dev: a server to try things out. It listens on loopback only, has a store of its own, seeds a demonstration once,
// makes random keys for each folder, and prints commands to paste.
import { join, relative, resolve } from 'node:path'
import type { Engine } from '../app/engine.ts'
import { Failure } from '../app/failure.ts'
import { type ApplyInput, applyFile } from '../app/operator/apply.ts'
import { readSeedFile } from '../app/operator/seed-file.ts'
import { start } from '../app/start.ts'
import {
  awsFiles,
  profileNames,
  readSections,
  type Section,
  sectionOf,
  writeCredentials,
  writeSections,
  writeToken,
} from '../client/aws-files.ts'
import { endpointSettings, servicesSection } from '../client/endpoints.ts'
import type { Settings } from '../config/settings.ts'
import { Secret } from '../core/secret.ts'
import {
  bindVariable,
  demonstration,
  demonstrationPeople,
  engineering,
  externalId,
  production,
} from '../dev/demonstration.ts'
import { demonstrationPages, issuerOf } from '../dev/demonstration-pages.ts'
import { type DemonstrationDirectory, startDemonstrationDirectory } from '../dev/directory/demonstration.ts'
import { startDemonstrationBackend } from '../dev/dynamodb/backend.ts'
import { asPerson, firstMinutes, scriptRole } from '../dev/first-minutes.ts'
import { peopleOf } from '../dev/people.ts'
import { guestPool, register } from '../dev/registration.ts'
import { registerSaml } from '../dev/saml-registration.ts'
import { newSamlSigner, type SamlSigner } from '../dev/saml-signer.ts'
import { pooledRandom } from '../keys/random.ts'
import { AdminRefusal } from '../server/admin.ts'
import type { Page } from '../server/pages/page.ts'
import { isLoopback } from '../server/tls.ts'
import { AUDIT_JOURNAL } from '../service/audit/journal.ts'
import { operatorEntry } from '../service/audit/operator.ts'
import { recordInForce } from '../service/people/table/table.ts'
import { accessKeys, accounts, roles, samlProviders, users } from '../service/records.ts'
import type { Transaction } from '../store/store.ts'
import type { CommandInput, World } from './command.ts'
import { rootOf } from './root-key.ts'
import { word } from './shell.ts'

/** Serves the demonstration until the process is asked to end. */
export async function runDev(input: CommandInput, world: World): Promise<number> {
  const settings = developmentSettings(input.settings)
  const { data } = settings
  let roleMade = false
  let url = ''
  let signer: SamlSigner | undefined
  let directory: DemonstrationDirectory | undefined
  const tables = await startDemonstrationBackend({ clock: world.clock, random: pooledRandom(), report: world.err })
  const { running, engine } = await start(settings, 'development', world, {
    account: engineering,
    backends: [tables.settings],
    async prepare(engine) {
      await seed(engine, data)
      signer = await registerProviders(engine)
      directory = await openDirectory(engine, data)
      roleMade = (await engine.store.get(roles, [engineering, scriptRole])) !== undefined
    },
    pages: (engine) => pagesOf(engine, settings, world, { signer, directory }, () => url),
  }).catch(async (error) => {
    await directory?.close()
    await tables.close()
    throw error
  })
  url = running.url
  try {
    await writeProfiles(engine, world, settings, running.url)
    for (const line of welcome(settings, world, running.url, { roleMade, directory })) world.out(line)
    await world.ended(() => void running.reload())
    world.err('hallpass is stopping')
  } finally {
    await running.close()
    await directory?.close()
    await tables.close()
  }
  return 0
}

/** The settings with development's defaults. @throws Failure for an address that is not loopback */
function developmentSettings(settings: Settings): Settings {
  const { host, port } = settings.listen
  if (!isLoopback(host)) {
    throw new Failure(`dev listens on loopback only, and ${host} is not; use \`hallpass serve\` for everything else`, 2)
  }
  const here = host === 'localhost' ? '127.0.0.1' : host
  // Pages answer on `localhost`, the APIs on 127.0.0.1: with two names, no object that an API serves is in the pages' origin.
  const scheme = settings['tls-cert'] === undefined ? 'http' : 'https'
  const pages = settings['public-url'] ?? (port === 0 ? undefined : `${scheme}://localhost:${port}`)
  return { ...settings, listen: { host: here, port }, 'public-url': pages }
}

/** Seeds a store once: it does not undo what the user changes or deletes afterwards. */
async function seed(engine: Engine, data: string) {
  if ((await engine.store.get(accounts, [production])) !== undefined) return
  await applyDemonstration(engine, data, demonstration())
}

async function applyDemonstration(engine: Engine, data: string, input: ApplyInput) {
  try {
    await applyFile(engine, data, input)
  } catch (error) {
    throw error instanceof AdminRefusal ? new Failure(error.message) : error
  }
}

/** Registers the development identity providers in the demonstration, if browsers can reach their pages. Answers the SAML provider's key. */
async function registerProviders({ parts, clock, audit }: Engine): Promise<SamlSigner | undefined> {
  const { publicUrl } = parts
  if (publicUrl === undefined) return undefined
  const now = clock()
  const issuer = issuerOf(publicUrl)
  const entry = operatorEntry(now, parts.random)
  const recordOf = (name: string, parameters: Readonly<Record<string, string>>) => {
    const auditEntry = entry({ name, parameters, account: engineering })
    return (tx: Transaction) => tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [auditEntry])
  }
  await register(parts, { issuer, now, record: recordOf('RegisterDevelopmentProvider', { issuer }) })
  const signer = await newSamlSigner(now, parts.random)
  const record = recordOf('RegisterDevelopmentSAMLProvider', { publicUrl })
  await registerSaml(parts, { publicUrl, certificate: signer.certificate, now, record })
  return signer
}

/** Starts the company directory, if browsers can reach the pages on which its people sign in, and says who of it may have what. */
async function openDirectory(engine: Engine, data: string): Promise<DemonstrationDirectory | undefined> {
  if (engine.parts.publicUrl === undefined) return undefined
  const directory = await startDemonstrationDirectory(engine.parts.random)
  const file = demonstrationPeople(directory.url)
  const inForce = await recordInForce(engine.store)
  // What the user has applied stays.
  if (inForce !== undefined && inForce.file !== file.name) return directory
  await applyDemonstration(engine, data, { ...file, variables: { [bindVariable]: directory.searcherPassword } })
  return directory
}

/** The pages that only development has. */
async function pagesOf(
  engine: Engine,
  settings: Settings,
  world: World,
  {
    signer,
    directory,
  }: { readonly signer?: SamlSigner | undefined; readonly directory?: DemonstrationDirectory | undefined },
  url: () => string,
): Promise<readonly Page[]> {
  const { parts, clock } = engine
  if (parts.publicUrl === undefined || signer === undefined || directory === undefined) return []
  const { name, text } = demonstration()
  const { seed } = await readSeedFile(name, text)
  const { hallpass, proxied } = shellOf(settings, world)
  return demonstrationPages({
    publicUrl: parts.publicUrl,
    people: peopleOf(seed.accounts.find(({ id }) => id === engineering)?.users ?? []),
    pool: () => guestPool(parts),
    signer,
    directoryPassword: directory.password,
    uuidOnRecord: async (uuid) => (await parts.store.find(samlProviders, 'uuid', [uuid]))?.record.uuid,
    shell: {
      get url() {
        return url()
      },
      folder: word(process.cwd()),
      hallpass,
      proxied,
      word,
    },
    keepToken: (name, token) => writeToken(settings.data, name, token),
    clock,
    random: parts.random,
    fail: (error) => world.err(`the development identity provider failed: ${error}`),
  })
}

/** How to write commands for another shell in this folder. */
function shellOf(settings: Settings, world: World) {
  const inside = relative(process.cwd(), resolve(settings.data))
  const data = inside === '' || inside.startsWith('..') ? resolve(settings.data) : inside
  const flag = data === '.hallpass' ? '' : ` --data ${word(data)}`
  const hallpass = (command: string) => `${world.invocation} ${command}${flag}`
  const proxied = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => world.environment[name])
  return { data, hallpass, proxied }
}

/** AWS's credentials and config files in the data folder, with a profile for root, for each user and for two roles. */
async function writeProfiles({ store, parts }: Engine, world: World, settings: Settings, url: string) {
  const { data } = settings
  const { name, text } = demonstration()
  const { seed } = await readSeedFile(name, text)
  const people = seed.accounts.flatMap(({ id, users }) => users.map(({ name }) => ({ account: id, user: name })))
  const profiles = profileNames(people)
  const credentials = new Map<string, Section>([['root', sectionOf(rootOf(settings, world))]])
  for (const [at, { account, user }] of people.entries()) {
    const record = await store.get(users, [account, user.toLowerCase()])
    if (record === undefined) continue
    const { items } = await store.list(accessKeys, 'principal', { prefix: [account, record.id], limit: 2 })
    const key = items.find(({ status }) => status === 'Active')
    if (key === undefined) continue
    const secret = new Secret(parts.vault.open(account, key.id, 'secret', key.secret))
    credentials.set(profiles[at] ?? user, sectionOf({ accessKeyId: key.id, secret }))
  }
  // Profiles that `hallpass apply` wrote for other users must stay: their secrets are nowhere else.
  const ours = new Set(['root', ...profiles])
  const files = awsFiles(data)
  const others = [...readSections(files.credentials)].filter(([name]) => !ours.has(name))
  writeCredentials(data, new Map([...credentials, ...others]))
  const common = { ...endpointSettings(url), region: 'us-east-1', output: 'json', cli_pager: '' }
  // The AWS CLI caches assumed credentials in the home folder, by role and session name: it must not find those of another
  // data folder.
  const session = `alice-${credentials.get('alice')?.aws_access_key_id?.slice(-6) ?? 'gone'}`
  const assumed = { ...common, source_profile: 'alice', role_session_name: session }
  const profileList = [...credentials.keys(), ...others.map(([name]) => name)]
  const config = new Map<string, Section>(profileList.map((profile) => [`profile ${profile}`, common]))
  config.set(`profile ${scriptRole}`, { ...assumed, role_arn: `arn:aws:iam::${engineering}:role/${scriptRole}` })
  const deployer = { role_arn: `arn:aws:iam::${production}:role/deployer`, external_id: externalId }
  config.set('profile deployer', { ...assumed, ...deployer })
  config.set(...servicesSection(url))
  // Those of `hallpass login` too: in the shell of the printed script it writes here.
  const written = new Set([...ours, scriptRole, 'deployer'].map((profile) => `profile ${profile}`))
  for (const [name, section] of readSections(files.config)) {
    if (!config.has(name) && !written.has(name)) config.set(name, section)
  }
  writeSections(files.config, 'Written by `hallpass dev` at each start.', config)
}

interface FirstMinutes {
  readonly roleMade: boolean
  readonly directory: DemonstrationDirectory | undefined
}

function welcome(
  settings: Settings,
  world: World,
  url: string,
  { roleMade, directory }: FirstMinutes,
): readonly string[] {
  const folder = process.cwd()
  const { data, hallpass, proxied } = shellOf(settings, world)
  const pagesUrl = settings['public-url']?.replace(/\/+$/, '')
  const zsh = world.environment.SHELL?.endsWith('/zsh') === true
  const pages =
    pagesUrl === undefined || directory === undefined
      ? undefined
      : { url: pagesUrl, directoryPassword: directory.password }
  const script = firstMinutes({ folder: word(folder), ...{ data, hallpass, roleMade, proxied, zsh, pages } })
  const person = pages === undefined ? [] : asPerson(pages, { hallpass, invocation: world.invocation })
  return [
    `Hallpass is running at ${url} for this machine, with a demonstration in ${data}.`,
    '',
    ...(pagesUrl === undefined ? [] : [`  In a browser     ${pagesUrl}`]),
    `  Root and users   profiles root, alice, bob, carol in ${join(data, 'aws', 'credentials')}`,
    `  Root in a shell  eval "$(${hallpass('env')})"`,
    `  Why refused      ${hallpass('why REQUEST-ID')}    (or --last)`,
    `  All commands     ${world.invocation} help`,
    '',
    'Paste this into another shell; it needs only the AWS CLI and curl:',
    '',
    ...script,
    '',
    ...(pages === undefined
      ? []
      : [
          `Then as a person, without any key: open ${pages.url} and sign in with your company. These one by one:`,
          '',
          ...person,
          '',
        ]),
    `Ctrl-C stops it. Everything stays in ${data}; delete that folder to start over.`,
  ]
}
