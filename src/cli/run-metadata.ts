// Runs the metadata agent until a signal ends it. What it imports stays in memory beside the workloads.
import { randomBytes } from 'node:crypto'
import { roleSources } from '../agent/role-sources.ts'
import { startAgent } from '../agent/run-agent.ts'
import { privateFile } from '../app/private-file.ts'
import { textFile } from '../app/text-file.ts'
import type { AgentFile } from '../config/agent-file.ts'
import type { World } from './command.ts'

/** What the agent needs of the process. */
export type AgentWorld = Pick<World, 'clock' | 'err' | 'settled' | 'ended'>

/** Resolves to the exit code. @throws Failure, and the system's errors about ports and files */
export async function runMetadata(file: AgentFile, { clock, err, settled, ended }: AgentWorld): Promise<number> {
  const ca = file.ca === undefined ? undefined : textFile(file.ca, 'ca')
  const report = (says: string) => err(`hallpass: ${says}`)
  const server = { url: file.server, ...(ca === undefined ? {} : { ca }) }
  const agent = await startAgent({
    ...{ file, ca, report, clock, random: randomBytes, readToken: privateFile },
    sourceOf: roleSources({
      ...{ server, apiUrl: file.apiUrl, region: file.instance.region },
      ...{ clock, report, readSecret: privateFile },
    }),
  })
  err(`hallpass serves ${agent.serves.join(', ')}`)
  settled()
  await ended(() => {})
  err('hallpass is stopping')
  await agent.close()
  return 0
}
