// Doctor's check of backends: each is asked something small, by the running server, or by this command where none runs.
import type { Probed } from '../server/gateway/probe.ts'
import { callServer } from './call-route.ts'
import type { CommandInput, World } from './command.ts'
import { bad, type Finding, good, note } from './finding.ts'

export async function checkBackends({ settings }: CommandInput, world: World): Promise<readonly Finding[]> {
  try {
    const answer = await callServer(settings.data, 'POST /backends/check', {})
    const probed = answer?.backends ?? (await probeHere(settings, world))
    return probed.map(findingOf)
  } catch (error) {
    return [bad('backend', (error as Error).message, 'see above')]
  }
}

async function probeHere(settings: CommandInput['settings'], world: World): Promise<readonly Probed[]> {
  const { openGateway } = await import('../app/gateway.ts')
  const { environment, clock } = world
  // Mistakes in the settings are reported with the others.
  const gateway = await openGateway({ settings, environment, clock, report: () => {} }).catch(() => undefined)
  try {
    return (await gateway?.probe()) ?? []
  } finally {
    gateway?.close()
  }
}

function findingOf({ name, endpoint, problem, remedy, serves }: Probed): Finding {
  const where = `${name} at ${endpoint}`
  if (problem === undefined) return good('backend', `${where} answers`)
  return serves ? note('backend', `${where}: ${problem}`, remedy) : bad('backend', `${where}: ${problem}`, remedy ?? '')
}
