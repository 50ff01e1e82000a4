// What operators' commands do, each a function over the engine: the running server offers them on its admin socket, and a
// command calls them itself when none runs. Whatever changes something leaves its record in the audit.
import type { Settings } from '../../config/settings.ts'
import type { KeyInfo } from '../../keys/ring.ts'
import { dropSigningKeys } from '../../keys/signers.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { answerJson, explainForOperator } from '../../service/audit/explain-text.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { lastRefusal } from '../../service/audit/last-refusal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { OPERATORS_PATIENCE_MS, why } from '../../service/audit/why.ts'
import { BootstrapRefused, resetRoot } from '../../service/bootstrap.ts'
import type { Revocation } from '../../service/session/revocations.ts'
import { revoke } from '../../service/session/revoke.ts'
import { noBackups } from '../../store/kind.ts'
import { Unavailable } from '../../store/store.ts'
import type { Engine } from '../engine.ts'
import { fileProblem, isSystemError } from '../file-problem.ts'
import { type ApplyInput, type ApplyOutput, applyFile } from './apply.ts'
import { keepRoot, refreshRootProfile, stageRoot } from './root-file.ts'
import {
  listLive,
  type RevokeInput,
  type RevokeOutput,
  revokeSessions,
  type SessionsInput,
  type SessionsOutput,
} from './sessions.ts'

/** What each route takes and gives, as JSON. */
export interface Asked {
  'POST /why': { input: { id?: string; last?: boolean }; output: { text?: string; json?: string } }
  'POST /keys': { input: object; output: { keys: readonly KeyInfo[] } }
  'POST /keys/rotate': {
    input: { compromised?: boolean }
    output: { made: readonly string[]; keys: readonly KeyInfo[] }
  }
  'POST /sessions': { input: SessionsInput; output: SessionsOutput }
  'POST /sessions/revoke': { input: RevokeInput; output: RevokeOutput }
  'POST /root/reset': { input: object; output: { account: string; accessKeyId: string } }
  'POST /backup': { input: { file: string }; output: object }
  'POST /apply': { input: ApplyInput; output: ApplyOutput }
}
export type RouteName = keyof Asked
export type OperatorRoutes = {
  readonly [K in RouteName]: (input: Asked[K]['input']) => Promise<Asked[K]['output']>
}

/** The routes. They reject AdminRefusal in words for the operator; anything else is a failure of ours. */
export function operatorRoutes(engine: Engine, settings: Pick<Settings, 'data'>): OperatorRoutes {
  const routes = Object.entries(acts(engine, settings)).map(([name, act]) => {
    const told = async (input: never) => {
      try {
        return await (act as (input: never) => Promise<unknown>)(input)
      } catch (error) {
        if (error instanceof BootstrapRefused) throw new AdminRefusal(error.message)
        const problem = fileProblem(error)
        if (problem !== undefined) throw new AdminRefusal(problem, 503)
        throw error instanceof Unavailable ? new AdminRefusal(error.message, 503) : error
      }
    }
    return [name, told]
  })
  return Object.fromEntries(routes) as OperatorRoutes
}

function acts(engine: Engine, { data }: Pick<Settings, 'data'>): OperatorRoutes {
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
      const succeed = compromised ? undefined : await signers.rotation(now)
      const made = await ring.rotate(now, {
        compromised,
        async along(tx, made) {
          if (succeed === undefined) await dropSigningKeys(tx)
          const signing = (await succeed?.(tx)) ?? []
          const act = { name: 'RotateKeys', parameters: { compromised, made, signing } }
          tx.append(AUDIT_JOURNAL, audit.until(now), [entry(act)])
        },
      })
      // Every node that lives knows the new keys after its next beat; alone, this one does now.
      await ring.beat(clock())
      return { made, keys: await ring.list() }
    },
    'POST /sessions': (input) => listLive(engine, input),
    'POST /sessions/revoke': (input) => revokeSessions(engine, input),
    async 'POST /root/reset'() {
      const now = clock()
      const entry = operatorEntry(now, parts.random)
      let ended: Revocation | undefined
      const { account, accessKeyId } = await resetRoot(
        parts,
        now,
        (root) => stageRoot(data, root),
        async (tx, { account, accessKeyId }) => {
          // Whoever had the old key may hold sessions that outlive it.
          ended = await revoke(tx, account, { kind: 'principal', id: account }, now)
          const act = { name: 'ResetRoot', parameters: { accessKeyId }, account }
          tx.append(AUDIT_JOURNAL, audit.until(now), [entry(act)])
        },
      )
      if (ended !== undefined) engine.revocations.learn(ended)
      keepRoot(data)
      refreshRootProfile(data)
      return { account, accessKeyId }
    },
    async 'POST /backup'({ file }) {
      if (typeof file !== 'string' || file === '') throw new AdminRefusal('a file to write the backup to')
      if (store.backup === undefined) throw new AdminRefusal(noBackups(source))
      const entry = operatorEntry(clock(), parts.random)
      // What was used is noted now and then: a backup should not say of a key that it never was.
      await engine.lastUses.flush().catch(() => undefined)
      await audit.write([entry({ name: 'Backup', parameters: { file } })])
      try {
        await store.backup(file)
      } catch (error) {
        // The store names its partial file, and the system's call on it.
        const { cause } = error as { cause?: unknown }
        const problem = isSystemError(cause)
          ? fileProblem(Object.assign(cause, { path: file, syscall: 'write' }))
          : undefined
        throw problem === undefined ? error : new AdminRefusal(problem)
      }
      return {}
    },
    'POST /apply': (input) => applyFile(engine, data, input),
  }
}
