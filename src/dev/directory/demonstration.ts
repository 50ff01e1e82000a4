// The demonstration's company directory, running: with passwords of this start alone.
import { directoryEntries } from './people.ts'
import { startDirectory } from './server.ts'

export interface DemonstrationDirectory {
  readonly url: string
  /** Of all people: the start page shows it. */
  readonly password: string
  /** Of the account that searches. */
  readonly searcherPassword: string
  close(): Promise<void>
}

export async function startDemonstrationDirectory(random: (bytes: number) => Buffer): Promise<DemonstrationDirectory> {
  const [password, searcherPassword] = [random(6).toString('hex'), random(16).toString('hex')]
  const server = await startDirectory({ entries: directoryEntries({ people: password, searcher: searcherPassword }) })
  return { url: server.url, password, searcherPassword, close: server.close }
}
