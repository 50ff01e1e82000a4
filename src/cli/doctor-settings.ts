// What doctor says of settings: whether a server would start with them, and of what they name outside the data folder.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Failure } from '../app/failure.ts'
import { readFederation } from '../app/federation.ts'
import { hostText } from '../app/ports.ts'
import { listeningOf } from '../app/run-server.ts'
import type { Status } from '../app/status.ts'
import { storeOf } from '../app/store.ts'
import { BadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { tlsFromFiles } from '../server/tls.ts'
import type { World } from './command.ts'
import { bad, type Finding, good } from './finding.ts'
import { word } from './shell.ts'

/** By the very checks of a start. What is wrong with a single value is said before, as the settings are read. */
export async function together(
  settings: Settings,
  status: Status | undefined,
  { stores }: Pick<World, 'stores'>,
): Promise<readonly Finding[]> {
  const problems: string[] = []
  const checks = [
    () => storeOf(stores, settings),
    () => listeningOf(settings),
    () => readFederation({ settings, loopback: false }),
  ]
  for (const check of checks) {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof Failure || error instanceof BadSettings)) throw error
      problems.push(...error.message.split('\n'))
    }
  }
  if (problems.length > 0) {
    return problems.map((problem) => bad('settings', problem, 'change them: no server starts with these'))
  }
  const { host, port } = settings.listen
  const where = `${hostText(host)}:${port}${settings['tls-cert'] === undefined ? '' : ' with TLS'}`
  // Beside a running server these need not be its settings.
  return [
    good('settings', status === undefined ? `a server starts with them, on ${where}` : 'a server starts with them'),
  ]
}

/** Below this a certificate is to be renewed. */
const leastDays = 14

/** The one in use, of which a running server tells, and the one that the settings name. */
export async function certificates(
  { 'tls-cert': certificate, 'tls-key': key }: Settings,
  status: Status | undefined,
  now: () => Date,
): Promise<readonly Finding[]> {
  const ending = (whose: string, until: Date, then: string) => {
    const days = Math.floor((until.getTime() - now().getTime()) / 86_400_000)
    const says = days < 0 ? `${whose} ended ${-days} days ago` : `${whose} ends in ${days} days`
    return days < leastDays ? bad('certificate', says, then) : good('certificate', says)
  }
  const found: Finding[] = []
  if (status?.certificateUntil !== undefined) {
    const then = 'renew it; the server takes the new file up'
    found.push(ending("the server's", new Date(status.certificateUntil), then))
  }
  if (certificate === undefined || key === undefined) return found
  const source = await tlsFromFiles({ certificate, key }, now, () => {})
  if ('problem' in source) {
    return [...found, bad('certificate', source.problem, 'give a certificate and the key it belongs to')]
  }
  source.close()
  return [...found, ending(certificate, source.validUntil, 'renew it; a running server takes the new file up')]
}

/** Whether records can be written there; the folder is made by the server alone. */
export function auditFolder({ 'audit-folder': folder }: Settings): readonly Finding[] {
  if (folder === undefined) return []
  const about = 'audit folder'
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    return [bad(about, `${folder} is not a folder`, 'give audit-folder another')]
  }
  let nearest = resolve(folder)
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    if (!statSync(nearest).isDirectory()) {
      return [bad(about, `${folder} cannot be made: ${nearest} is not a folder`, 'give audit-folder another')]
    }
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch (error) {
    const says = existsSync(folder) ? 'cannot be written to' : 'cannot be made'
    const then = `make ${word(nearest)} writable for who runs the server`
    return [bad(about, `${folder} ${says}: ${(error as Error).message}`, then)]
  }
  return [good(about, existsSync(folder) ? `${folder} can be written to` : `${folder} can be made`)]
}
