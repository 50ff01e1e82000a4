// hallpass doctor: checks a data folder and its settings, and says how to correct what is wrong.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { masterKey, masterKeyFile } from '../app/data-folder.ts'
import { leastBytes } from '../app/disk-space.ts'
import { fileProblem } from '../app/file-problem.ts'
import { rootFile } from '../app/operator/root-file.ts'
import type { Status } from '../app/status.ts'
import { storeOf } from '../app/store.ts'
import type { Settings } from '../config/settings.ts'
import { settingNames } from '../config/settings.ts'
import { table } from '../core/table.ts'
import { ringKeys } from '../keys/records.ts'
import { openRing } from '../keys/ring.ts'
import { metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import { recordInForce } from '../service/people/table/table.ts'
import { everything } from '../store/everything.ts'
import { noBackups, type StoreSource } from '../store/kind.ts'
import type { Store } from '../store/store.ts'
import { statusOf } from './call-route.ts'
import type { Command, CommandInput, World } from './command.ts'
import { checkBackends } from './doctor-backends.ts'
import { checkDeputies } from './doctor-deputies.ts'
import { checkPeopleTable } from './doctor-people.ts'
import { checkTrustPolicies } from './doctor-trust.ts'
import { bad, type Finding, good, note } from './finding.ts'
import { commandLine, serveLine } from './hints.ts'
import { word } from './shell.ts'

export const doctor: Command = {
  name: 'doctor',
  says: 'Check the data folder, its keys, the certificate, the disk and the running server.',
  options: { json: { kind: 'switch', says: 'Print JSON.' } },
  settings: settingNames,
  async run(input, world) {
    const findings = await examine(input, world)
    if (input.switches.json === true) world.out(JSON.stringify({ findings }, undefined, 2))
    else {
      const marks = { good: '✓', note: '·', bad: '✗' }
      const rows = findings.map(({ about, state, says, then }) => [
        `${marks[state]} ${about}`,
        then === undefined ? says : `${says} -> ${then}`,
      ])
      for (const line of table(rows)) world.out(line)
    }
    return findings.some(({ state }) => state === 'bad') ? 1 : 0
  },
}

async function examine(input: CommandInput, world: World): Promise<readonly Finding[]> {
  const { settings } = input
  // They read the settings with whatever serves: loaded by this command alone.
  const { checkAuditFolder, checkCertificates, checkSettings } = await import('./doctor-settings.ts')
  const [status, running] = await checkServer(settings, world)
  const source = sourceOf(settings, world)
  return [
    checkNode(),
    ...checkFolder(settings, world),
    ...(source === undefined ? [] : await checkStore(source, input, world)),
    ...(await checkSettings(settings, status, world)),
    ...(await checkCertificates(settings, status, world.clock)),
    ...checkAuditFolder(settings),
    running,
    ...(await checkBackends(input, world)),
    ...(source?.inDataFolder === false ? [] : [checkDisk(settings)]),
  ]
}

/** The store that the settings name; undefined when they name an unknown kind, which `checkSettings` reports. */
function sourceOf(settings: Settings, world: World): StoreSource | undefined {
  try {
    return storeOf(world.stores, settings)
  } catch {
    return undefined
  }
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? good('node', `version ${process.versions.node}`)
    : bad('node', `version ${process.versions.node} is too old`, 'install Node 24 or newer')
}

/** The modes of the folder and of the secrets in it. */
function checkFolder(settings: Settings, world: World): readonly Finding[] {
  const { data } = settings
  if (!existsSync(data)) {
    return [bad('data folder', `${data} does not exist`, `\`${commandLine(world, 'serve', settings)}\` makes it`)]
  }
  const problem = accessProblem(data)
  if (problem !== undefined) return [bad('data folder', problem, 'run as the user who runs the server')]
  const findings: Finding[] = [checkMode('data folder', data, '700')]
  const master = masterKeyFile(settings)
  if (settings['master-key'] !== undefined) findings.push(good('master key', 'given in HALLPASS_MASTER_KEY'))
  else if (existsSync(master)) findings.push(checkMode('master key', master, '600'))
  else
    findings.push(
      bad('master key', `${master} does not exist`, 'put it back: without it nothing in the store can be opened'),
    )
  const root = rootFile(data)
  if (existsSync(root)) findings.push(checkMode('root key', root, '600'))
  return findings
}

/** Why this user cannot work in a folder; undefined when it can. */
function accessProblem(folder: string): string | undefined {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return fileProblem(error) ?? (error as Error).message
  }
}

/** Whether only its owner may use a file or folder, and this process runs as the owner. */
function checkMode(about: string, path: string, mode: '600' | '700'): Finding {
  if (process.platform === 'win32') return good(about, path)
  const { mode: bits, uid } = statSync(path)
  const permissions = (bits & 0o777).toString(8)
  if ((bits & 0o077) !== 0)
    return bad(about, `${path} has mode ${permissions}: other users may use it`, `chmod ${mode} ${word(path)}`)
  if (uid !== process.geteuid?.() && uid !== 0) return bad(about, `${path} belongs to another user`, 'run as its owner')
  return good(about, `${path}, mode ${permissions}`)
}

/** Opens the store, also while a server runs; does not make one that does not exist. */
async function checkStore(source: StoreSource, input: CommandInput, world: World): Promise<readonly Finding[]> {
  const { settings } = input
  // `checkFolder` reports this; what is in the folder cannot be read.
  if (existsSync(settings.data) && accessProblem(settings.data) !== undefined) return []
  const { name, backups } = source
  const findings: Finding[] = []
  let opened: Store | undefined
  try {
    if (!(await source.isThere())) return [note('store', `${name} does not exist: the first start makes it`)]
    opened = await source.open(collections, { clock: world.clock })
    const meta = await metaOf(opened)
    const sizeText = source.bytes === undefined ? '' : `, ${size(await source.bytes())}`
    findings.push(
      meta === undefined
        ? bad('store', `no server has ever started on ${name}`, `\`${world.invocation} serve\` completes it`)
        : good('store', `${name}, ${meta.mode}, first account ${meta.rootAccount}${sizeText}`),
    )
    if ('instead' in backups) findings.push(note('backups', noBackups(source)))
    const age = world.clock().getTime() - opened.heardAt().getTime()
    findings.push(
      Math.abs(age) < 10_000
        ? good('change feed', `confirmed ${Math.max(0, Math.round(age / 1000))} s ago`)
        : bad('change feed', `is ${Math.round(age / 1000)} s behind the clock`, 'set the clock; check the disk'),
    )
    const account = settings['root-account-id'] ?? meta?.rootAccount
    if (meta !== undefined && account !== meta.rootAccount) {
      const says = `root-account-id is ${account}, and this store's first account is ${meta.rootAccount}`
      findings.push(bad('first account', says, 'leave root-account-id out, or give --data the right folder'))
    }
    // `checkFolder` reports a missing master key: without it the ring cannot be opened.
    const hasMaster = settings['master-key'] !== undefined || existsSync(masterKeyFile(settings))
    if (meta !== undefined && hasMaster) findings.push(await checkRing(opened, source, settings, world))
    // Loads an XML parser: here alone.
    const { checkSamlMetadata } = await import('./doctor-saml.ts')
    findings.push(...(await checkTrustPolicies(opened)), ...(await checkDeputies(opened)))
    findings.push(...(await checkSamlMetadata(opened, world.clock())))
    const { checkCertificates } = await import('./doctor-certificates.ts')
    findings.push(...(await checkCertificates(opened, world.clock())))
    const hasPeople = (await recordInForce(opened)) !== undefined
    if (meta !== undefined && hasMaster && hasPeople) findings.push(...(await checkPeopleTable(input, world)))
  } catch (error) {
    const repair = 'instead' in backups ? '' : '; restore a backup if it is damaged'
    findings.push(bad('store', (error as Error).message, `see above${repair}`))
  } finally {
    await opened?.close()
  }
  return findings
}

async function checkRing(opened: Store, source: StoreSource, settings: Settings, world: World): Promise<Finding> {
  try {
    const records = await everything(opened, ringKeys)
    if (records.length === 0) return bad('key ring', 'has no keys', `\`${world.invocation} serve\` makes them`)
    const ring = await openRing({ store: opened, master: await masterKey(settings, source), now: world.clock() })
    await ring.close()
    const oldest = Math.min(...records.filter(({ state }) => state === 'active').map(({ createdAt }) => createdAt))
    const days = Math.floor((world.clock().getTime() - oldest) / 86_400_000)
    return days > 365
      ? note('key ring', `its sealing keys are ${days} days old`, `\`${world.invocation} keys rotate\``)
      : good('key ring', `can be opened; its sealing keys are ${days} days old`)
  } catch (error) {
    return bad('key ring', (error as Error).message, 'give the master key that the store was made with')
  }
}

/** The running server's status, if one runs. */
async function checkServer(settings: Settings, world: World): Promise<[Status | undefined, Finding]> {
  const { data } = settings
  try {
    const status = await statusOf(data)
    if (status === undefined) {
      return [status, note('server', `none runs on ${data}`, `\`${await serveLine(world, settings)}\``)]
    }
    const { pid, url = 'not listening yet', ready, residentBytes } = status
    const says = `pid ${pid} at ${url}, ${size(residentBytes)} of memory`
    return [status, ready ? good('server', says) : bad('server', `${says}, is not ready`, 'read its standard error')]
  } catch (error) {
    return [undefined, bad('server', (error as Error).message, 'run as the user who runs the server')]
  }
}

function checkDisk({ data }: Settings): Finding {
  const place = existsSync(data) ? data : '.'
  try {
    accessSync(place, constants.W_OK)
    const { bavail, bsize } = statfsSync(place)
    const free = bavail * bsize
    return free < leastBytes
      ? bad(
          'disk',
          `${size(free)} free`,
          'make room: guests are throttled already, and a full disk stops every request for credentials',
        )
      : good('disk', `${size(free)} free`)
  } catch (error) {
    return bad('disk', (error as Error).message, `make ${place} writable`)
  }
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, bytes === 0 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
