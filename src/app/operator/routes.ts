// What operators' commands do, each a function over the engine. A running server offers them on its admin socket; without
// a running server the command calls them itself. Every route that changes something writes a record in the audit.
import type { Settings } from '../../config/settings.ts'
import type { KeyInfo } from '../../keys/ring.ts'
import { dropSigningKeys } from '../../keys/signers.ts'
import { AdminRefusal } from '../../server/admin.ts'
import type { Probed } from '../../server/gateway/probe.ts'
import { answerJson, explainForOperator } from '../../service/audit/explain-text.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { lastRefusal } from '../../service/audit/last-refusal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { OPERATORS_PATIENCE_MS, why } from '../../service/audit/why.ts'
import { BootstrapRefused, resetRoot } from '../../service/bootstrap.ts'
import type { AppliedTable } from '../../service/people/table/apply-table.ts'
import type { Revocation } from '../../service/session/revocations.ts'
import { revoke } from '../../service/session/revoke.ts'
import type { ServiceApi } from '../../service/workloads/records.ts'
import type { NewProof } from '../../service/workloads/services.ts'
import { noBackups } from '../../store/kind.ts'
import { Unavailable } from '../../store/store.ts'
import type { Engine } from '../engine.ts'
import { fileProblem, isSystemError } from '../file-problem.ts'
import { type ApplyInput, type ApplyOutput, applyFile } from './apply.ts'
import { type CheckPeopleOutput, checkPeople } from './check-people.ts'
import {
  type AddClusterInput,
  type ClusterChoice,
  type ClusterRow,
  forgetCluster,
  listClusters,
  newCluster,
} from './clusters.ts'
import { type EnrolInput, type EnrolOutput, enrolPerson } from './enrol.ts'
import { type ExplainInput, type ExplainOutput, explainPerson } from './explain-person.ts'
import { type IssuerOutput, issuerDocuments } from './issuer.ts'
import {
  type AddMachineInput,
  forgetMachine,
  type Joining,
  listMachines,
  type MachineChoice,
  type MachineRow,
  newMachine,
  newMachineToken,
  setMachine,
  setMachineTask,
} from './machines.ts'
import { type PeopleVersion, peopleVersions, revertPeople } from './people-versions.ts'
import { keepRoot, refreshRootProfile, stageRoot } from './root-file.ts'
import {
  type AddServiceInput,
  addServiceProof,
  forgetService,
  listServices,
  newService,
  removeServiceProof,
  type ServiceChoice,
  type ServiceRow,
  setService,
  setServiceApi,
} from './services.ts'
import {
  listLive,
  type RevokeInput,
  type RevokeOutput,
  revokeSessions,
  type SessionsInput,
  type SessionsOutput,
} from './sessions.ts'
import { type EndedPerson, endPerson, listSignIns, type PersonChoice, type SignInRow } from './sign-ins.ts'

/** The input and output of each route, as JSON. */
export interface RouteTypes {
  'POST /why': { input: { id?: string; last?: boolean }; output: { text?: string; json?: string } }
  'POST /keys': { input: object; output: { keys: readonly KeyInfo[] } }
  'POST /keys/rotate': {
    input: { compromised?: boolean }
    output: { made: readonly string[]; keys: readonly KeyInfo[] }
  }
  'POST /sessions': { input: SessionsInput; output: SessionsOutput }
  'POST /sessions/revoke': { input: RevokeInput; output: RevokeOutput }
  'POST /people': { input: object; output: { signIns: readonly SignInRow[] } }
  'POST /people/end': { input: PersonChoice; output: EndedPerson }
  'POST /people/enrol': { input: EnrolInput; output: EnrolOutput }
  'POST /issuer': { input: object; output: IssuerOutput }
  'POST /root/reset': { input: object; output: { account: string; accessKeyId: string } }
  'POST /backup': { input: { file: string }; output: object }
  'POST /apply': { input: ApplyInput; output: ApplyOutput }
  'POST /people/explain': { input: ExplainInput; output: ExplainOutput }
  'POST /people/check': { input: object; output: CheckPeopleOutput }
  'POST /backends/check': { input: object; output: { backends: readonly Probed[] } }
  'POST /people/versions': { input: object; output: { versions: readonly PeopleVersion[] } }
  'POST /people/revert': { input: { version: number }; output: AppliedTable }
  'POST /machines': { input: object; output: { machines: readonly MachineRow[] } }
  'POST /machines/add': { input: AddMachineInput; output: MachineRow & Joining }
  'POST /machines/token': { input: MachineChoice & { minutes?: number }; output: MachineRow & Joining }
  'POST /machines/set': { input: MachineChoice & { isEnabled: boolean }; output: MachineRow }
  'POST /machines/task': { input: MachineChoice & { task: string; role?: string }; output: MachineRow }
  'POST /machines/remove': { input: MachineChoice; output: MachineRow }
  'POST /clusters': { input: object; output: { clusters: readonly ClusterRow[] } }
  'POST /clusters/add': { input: AddClusterInput; output: ClusterRow }
  'POST /clusters/remove': { input: ClusterChoice; output: ClusterRow }
  'POST /services': { input: object; output: { services: readonly ServiceRow[] } }
  'POST /services/add': { input: AddServiceInput; output: ServiceRow }
  'POST /services/prove': { input: ServiceChoice & { proof: NewProof }; output: ServiceRow }
  'POST /services/withdraw': { input: ServiceChoice & { id: string }; output: ServiceRow }
  'POST /services/api': { input: ServiceChoice & ServiceApi; output: ServiceRow }
  'POST /services/set': { input: ServiceChoice & { isEnabled: boolean }; output: ServiceRow }
  'POST /services/remove': { input: ServiceChoice; output: ServiceRow }
}
export type RouteName = keyof RouteTypes
export type OperatorRoutes = {
  readonly [K in RouteName]: (input: RouteTypes[K]['input']) => Promise<RouteTypes[K]['output']>
}

/** The routes. They reject AdminRefusal with a sentence for the operator; any other error is a fault of ours. */
export function operatorRoutes(engine: Engine, settings: Pick<Settings, 'data'>): OperatorRoutes {
  const routes = Object.entries(rawRoutes(engine, settings)).map(([name, route]) => {
    const withRefusals = async (input: never) => {
      try {
        return await (route as (input: never) => Promise<unknown>)(input)
      } catch (error) {
        if (error instanceof BootstrapRefused) throw new AdminRefusal(error.message)
        const problem = fileProblem(error)
        if (problem !== undefined) throw new AdminRefusal(problem, 503)
        throw error instanceof Unavailable ? new AdminRefusal(error.message, 503) : error
      }
    }
    return [name, withRefusals]
  })
  return Object.fromEntries(routes) as OperatorRoutes
}

function rawRoutes(engine: Engine, { data }: Pick<Settings, 'data'>): OperatorRoutes {
  const { source, store, ring, signers, parts, clock, audit } = engine
  return {
    async 'POST /why'({ id, last }) {
      const now = clock()
      const answer = last === true ? await lastRefusal(store, now) : await why(store, id ?? '', OPERATORS_PATIENCE_MS)
      return answer === undefined ? {} : { text: explainForOperator(answer), json: answerJson(answer) }
    },
    async 'POST /keys'() {
      return { keys: await ring.list() }
    },
    async 'POST /keys/rotate'({ compromised = false }) {
      const now = clock()
      const entry = operatorEntry(now, parts.random)
      const storeSuccessors = compromised ? undefined : await signers.rotation(now)
      const made = await ring.rotate(now, {
        compromised,
        async along(tx, made) {
          if (storeSuccessors === undefined) await dropSigningKeys(tx)
          const signing = (await storeSuccessors?.(tx)) ?? []
          const act = { name: 'RotateKeys', parameters: { compromised, made, signing } }
          tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry(act)])
        },
      })
      // Every live node learns of the new keys at its next beat. If this is the only one, they take over now.
      await ring.beat(clock())
      return { made, keys: await ring.list() }
    },
    'POST /sessions': (input) => listLive(engine, input),
    'POST /sessions/revoke': (input) => revokeSessions(engine, input),
    'POST /issuer': () => issuerDocuments(engine),
    'POST /people': () => listSignIns(engine),
    'POST /people/end': (input) => endPerson(engine, input),
    'POST /people/enrol': (input) => enrolPerson(engine, input),
    async 'POST /root/reset'() {
      const now = clock()
      const entry = operatorEntry(now, parts.random)
      let revocation: Revocation | undefined
      const { account, accessKeyId } = await resetRoot(
        parts,
        now,
        (root) => stageRoot(data, root),
        async (tx, { account, accessKeyId }) => {
          // Whoever had the old key may hold sessions that outlive it.
          revocation = await revoke(tx, account, { kind: 'principal', id: account }, now)
          const act = { name: 'ResetRoot', parameters: { accessKeyId }, account }
          tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry(act)])
        },
      )
      if (revocation !== undefined) engine.revocations.learn(revocation)
      keepRoot(data)
      refreshRootProfile(data)
      return { account, accessKeyId }
    },
    async 'POST /backup'({ file }) {
      if (typeof file !== 'string' || file === '') throw new AdminRefusal('name the file to write the backup to')
      if (store.backup === undefined) throw new AdminRefusal(noBackups(source))
      const entry = operatorEntry(clock(), parts.random)
      // Last uses reach the store with a delay: the backup should contain them.
      await engine.lastUses.flush().catch(() => undefined)
      await audit.write([entry({ name: 'Backup', parameters: { file } })])
      try {
        await store.backup(file)
      } catch (error) {
        // The cause names the store's partial file and the system call on that: the operator knows only `file`.
        const { cause } = error as { cause?: unknown }
        const problem = isSystemError(cause)
          ? fileProblem(Object.assign(cause, { path: file, syscall: 'write' }))
          : undefined
        throw problem === undefined ? error : new AdminRefusal(problem)
      }
      return {}
    },
    'POST /apply': (input) => applyFile(engine, data, input),
    'POST /people/explain': (input) => explainPerson(engine, input),
    'POST /people/check': () => checkPeople(engine),
    'POST /backends/check': async () => ({ backends: (await engine.gateway?.probe()) ?? [] }),
    'POST /people/versions': () => peopleVersions(engine),
    'POST /people/revert': (input) => revertPeople(engine, input),
    'POST /machines': () => listMachines(engine),
    'POST /machines/add': (input) => newMachine(engine, input),
    'POST /machines/token': (input) => newMachineToken(engine, input),
    'POST /machines/set': (input) => setMachine(engine, input),
    'POST /machines/task': (input) => setMachineTask(engine, input),
    'POST /machines/remove': (input) => forgetMachine(engine, input),
    'POST /clusters': () => listClusters(engine),
    'POST /clusters/add': (input) => newCluster(engine, input),
    'POST /clusters/remove': (input) => forgetCluster(engine, input),
    'POST /services': () => listServices(engine),
    'POST /services/add': (input) => newService(engine, input),
    'POST /services/prove': (input) => addServiceProof(engine, input),
    'POST /services/withdraw': (input) => removeServiceProof(engine, input),
    'POST /services/api': (input) => setServiceApi(engine, input),
    'POST /services/set': (input) => setService(engine, input),
    'POST /services/remove': (input) => forgetService(engine, input),
  }
}
