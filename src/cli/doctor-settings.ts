// Doctor's checks of the settings: whether a server would start with them, and of the files that they name outside the data
// folder.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readBackends } from '../app/backends.ts'
import { Failure } from '../app/failure.ts'
import { readFederation } from '../app/federation.ts'
import { listeningOf } from '../app/listening.ts'
import { hostText } from '../app/ports.ts'
import type { Status } from '../app/status.ts'
import { storeOf } from '../app/store.ts'
import { BadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { tlsFromFiles } from '../server/tls.ts'
import type { World } from './command.ts'
import { bad, type Finding, good, note } from './finding.ts'
import { word } from './shell.ts'

/** Runs the checks of a start. A mistake in a single value has failed earlier, when the settings were read. */
export async function checkSettings(
  settings: Settings,
  status: Status | undefined,
  { stores, environment }: Pick<World, 'stores' | 'environment'>,
): Promise<readonly Finding[]> {
  const problems: string[] = []
  const warnings: string[] = []
  const checks = [
    () => storeOf(stores, settings),
    () => listeningOf(settings),
    () => readFederation({ settings, loopback: false }),
    async () => void warnings.push(...(await readBackends(settings, environment)).warnings),
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
  // A running server need not have these settings.
  return [
    good('settings', status === undefined ? `a server starts with them, on ${where}` : 'a server starts with them'),
    ...warnings.map((warning) => note('settings', warning)),
  ]
}

/** A certificate that expires sooner is reported as bad. */
const leastDays = 14

/** The certificate that a running server uses, and the one that the settings name. */
export async function checkCertificates(
  { 'tls-cert': certificate, 'tls-key': key }: Settings,
  status: Status | undefined,
  clock: () => Date,
): Promise<readonly Finding[]> {
  const expiry = (certificateName: string, until: Date, then: string) => {
    const days = Math.floor((until.getTime() - clock().getTime()) / 86_400_000)
    const says =
      days < 0 ? `${certificateName} expired ${-days} days ago` : `${certificateName} expires in ${days} days`
    return days < leastDays ? bad('certificate', says, then) : good('certificate', says)
  }
  const findings: Finding[] = []
  if (status?.certificateUntil !== undefined) {
    const then = 'renew it; the server reads the new file by itself'
    findings.push(expiry("the server's", new Date(status.certificateUntil), then))
  }
  if (certificate === undefined || key === undefined) return findings
  const source = await tlsFromFiles({ certificate, key }, clock, () => {})
  if ('problem' in source) {
    return [...findings, bad('certificate', source.problem, 'give a certificate and the key it belongs to')]
  }
  source.close()
  return [
    ...findings,
    expiry(certificate, source.validUntil, 'renew it; a running server reads the new file by itself'),
  ]
}

/** Whether the server can write records there. Does not make the folder: only the server does. */
export function checkAuditFolder({ 'audit-folder': folder }: Settings): readonly Finding[] {
  if (folder === undefined) return []
  const about = 'audit folder'
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    return [bad(about, `${folder} is not a folder`, 'set audit-folder to another')]
  }
  let nearest = resolve(folder)
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    if (!statSync(nearest).isDirectory()) {
      return [bad(about, `${folder} cannot be made: ${nearest} is not a folder`, 'set audit-folder to another')]
    }
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch (error) {
    const says = existsSync(folder) ? 'cannot be written to' : 'cannot be made'
    const then = `make ${word(nearest)} writable for the user who runs the server`
    return [bad(about, `${folder} ${says}: ${(error as Error).message}`, then)]
  }
  return [good(about, existsSync(folder) ? `${folder} can be written to` : `${folder} can be made`)]
}
