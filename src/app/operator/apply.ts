// Applies a seed file to the engine's store, in one transaction with what it says of people. Access keys that it makes go to the data
// folder's credentials file, never over the socket.
import { addCredentials, profileNames, sectionOf } from '../../client/aws-files.ts'
import { BadSettings } from '../../config/load.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { metaOf } from '../../service/bootstrap.ts'
import { type AppliedTable, tableToApply } from '../../service/people/table/apply-table.ts'
import type { Done } from '../../service/seed-shape.ts'
import type { Transaction } from '../../store/store.ts'
import type { Engine } from '../engine.ts'
import { readSeedFile } from './seed-file.ts'

export interface ApplyInput {
  /** The file's name, for messages. */
  readonly name: string
  readonly text: string
  readonly dryRun?: boolean
  /** Text of the files, and values of the variables, that the file's section about people names. */
  readonly files?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
}

export interface ApplyOutput extends Done {
  /** New access keys, and the file that contains them. */
  readonly keys: readonly { account: string; user: string; accessKeyId: string; profile: string }[]
  readonly file?: string
}

const nothingApplied: AppliedTable = { version: 0, isNew: false, created: [], changed: [], removed: [] }

/** Applies the file in one transaction. Rejects AdminRefusal with a line `file:line:column: …` for each mistake. */
export async function applyFile(engine: Engine, data: string, input: ApplyInput): Promise<ApplyOutput> {
  const { parts, clock, audit } = engine
  const { name, text, dryRun = false, files = {}, variables = {} } = input
  const now = clock()
  const record = (entry: ReturnType<typeof operatorEntry>, act: string) => (tx: Transaction, done: object) =>
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name: act, parameters: { file: name, ...done } })])
  const noteSeed = record(operatorEntry(now, parts.random), 'ApplySeed')
  const notePeople = record(operatorEntry(now, parts.random), 'ApplyPeople')
  try {
    const development = (await metaOf(engine.store))?.mode === 'development'
    const given = { files: new Map(Object.entries(files)), environment: new Map(Object.entries(variables)) }
    const file = await readSeedFile(name, text, { given, development })
    const putInForce = file.people && tableToApply(parts, name, file.people, now)
    const { created, changed, removed, keys } = await file.apply(parts, now, {
      dryRun,
      note: (tx, { created, changed }) => noteSeed(tx, { created, changed }),
      along: async (tx) => {
        const { isNew, version, ...done } = (await putInForce?.(tx)) ?? nothingApplied
        if (isNew) notePeople(tx, { version, ...done })
        return done
      },
    })
    const profiles = profileNames(
      file.seed.accounts.flatMap(({ id, users }) => users.map((user) => ({ account: id, user: user.name }))),
    )
    const all = file.seed.accounts.flatMap(({ id, users }) => users.map((user) => `${id}/${user.name}`))
    const made = keys.map((key) => ({
      ...key,
      profile: profiles[all.indexOf(`${key.account}/${key.user}`)] ?? key.user,
    }))
    const shown = made.map(({ account, user, accessKeyId, profile }) => ({ account, user, accessKeyId, profile }))
    if (made.length === 0) return { created, changed, removed, keys: shown }
    const sections = new Map(made.map((key) => [key.profile, sectionOf(key)]))
    return { created, changed, removed, keys: shown, file: addCredentials(data, sections) }
  } catch (error) {
    throw error instanceof BadSettings ? new AdminRefusal(error.problems.join('\n')) : error
  }
}
