// Applies a seed file to the engine's store. Access keys that it makes go to the data folder's credentials file, never
// over the socket.
import { addCredentials, profileNames, sectionOf } from '../../client/aws-files.ts'
import { BadSettings } from '../../config/load.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import type { Done } from '../../service/seed-shape.ts'
import type { Engine } from '../engine.ts'
import { readSeedFile } from './seed-file.ts'

export interface ApplyInput {
  /** The file's name, for messages. */
  readonly name: string
  readonly text: string
  readonly dryRun?: boolean
}

export interface ApplyOutput extends Done {
  /** New access keys, and the file that contains them. */
  readonly keys: readonly { account: string; user: string; accessKeyId: string; profile: string }[]
  readonly file?: string
}

/** Applies the file in one transaction. Rejects AdminRefusal with a line `file:line:column: …` for each mistake. */
export async function applyFile(engine: Engine, data: string, input: ApplyInput): Promise<ApplyOutput> {
  const { parts, clock, audit } = engine
  const { name, text, dryRun = false } = input
  const now = clock()
  const entry = operatorEntry(now, parts.random)
  try {
    const file = await readSeedFile(name, text)
    const { created, changed, keys } = await file.apply(parts, now, {
      dryRun,
      note: (tx, done) =>
        tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [
          entry({ name: 'ApplySeed', parameters: { file: name, ...done } }),
        ]),
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
    if (made.length === 0) return { created, changed, keys: shown }
    const sections = new Map(made.map((key) => [key.profile, sectionOf(key)]))
    return { created, changed, keys: shown, file: addCredentials(data, sections) }
  } catch (error) {
    throw error instanceof BadSettings ? new AdminRefusal(error.problems.join('\n')) : error
  }
}
