// Tries every connector of the people table, and says what makes the table weak or useless: for `hallpass doctor`.
import type { Connector } from '../../service/contracts/people-table.ts'
import { tableWarnings } from '../../service/people/table/table-warnings.ts'
import type { Engine } from '../engine.ts'

export interface PeopleFinding {
  readonly about: string
  readonly says: string
  /** What the operator should do; absent of what is well. */
  readonly remedy?: string
}

export interface CheckPeopleOutput {
  /** What works. */
  readonly good: readonly PeopleFinding[]
  /** What does not. */
  readonly bad: readonly PeopleFinding[]
  /** What should be known. */
  readonly notes: readonly PeopleFinding[]
}

export async function checkPeople(engine: Engine): Promise<CheckPeopleOutput> {
  const table = await engine.people.table()
  const tried = await Promise.all(table.connectors.map((connector) => tryConnector(engine, connector)))
  const findings = tried.flat()
  return {
    good: findings.filter(({ remedy }) => remedy === undefined),
    bad: findings.filter(({ remedy }) => remedy !== undefined),
    notes: await tableWarnings(engine.store, table),
  }
}

async function tryConnector({ people, parts, clock }: Engine, connector: Connector): Promise<readonly PeopleFinding[]> {
  const { kind, name } = connector
  const now = clock()
  if (kind === 'directory') {
    const servers = await people.connectors.check(name, now)
    return servers.map(({ server, problem }) =>
      findingOf(`${name}: ${server}`, 'answers, and lets itself be searched', problem),
    )
  }
  // A SAML provider is asked nothing: its record is among the warnings.
  if (kind === 'saml') return []
  const [state, verifier] = ['state', 'v'.repeat(43)]
  const flow = { redirectUri: 'http://localhost/', state, nonce: state, verifier }
  const begun = await parts.codeFlows.of(connector).begin(flow, now)
  const problem = 'unavailable' in begun ? begun.unavailable : undefined
  return [findingOf(`${name}: ${connector.issuer}`, 'its discovery document is there', problem)]
}

const findingOf = (where: string, works: string, problem: string | undefined): PeopleFinding =>
  problem === undefined
    ? { about: 'connector', says: `${where} ${works}` }
    : { about: 'connector', says: `${where}: ${problem}`, remedy: 'correct it: nobody signs in through it' }
