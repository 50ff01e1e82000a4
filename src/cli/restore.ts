// hallpass restore: a data folder from a backup.
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { openRing } from '../keys/ring.ts'
import { dropSigningKeys } from '../keys/signers.ts'
import { AUDIT_JOURNAL } from '../service/audit/journal.ts'
import { operatorEntry } from '../service/audit/operator.ts'
import { metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import { revokeEverything } from '../service/session/revoke.ts'
import { type Store, Unavailable } from '../store/store.ts'
import { statusOf } from './ask.ts'
import { masterPlace } from './backup.ts'
import { type Command, storeSettings, type World } from './command.ts'
import { holdFolder, masterKey, storeFile } from './engine.ts'
import { Failure } from './failure.ts'
import { commandLine } from './hints.ts'
import { word } from './shell.ts'

export const restore: Command = {
  name: 'restore',
  says: 'Make a data folder from a backup. Every session issued before ends: what was revoked since is not known any more.',
  takes: 'FILE',
  settings: storeSettings,
  async run(given, world) {
    const { settings } = given
    const file = resolve(given.rest[0] ?? '')
    const target = storeFile(settings.data)
    if (!existsSync(file)) throw new Failure(`${file}: there is no such file`)
    if ((await statusOf(settings.data)) !== undefined) throw new Failure(`stop the server on ${settings.data} first`)
    // Held to the end: a server that began meanwhile would have its store replaced under it.
    const lock = await holdFolder(settings.data)
    try {
      await checked(file, target, settings, world)
    } finally {
      lock.release()
    }
    const master = settings['master-key-file']
    const reset = master === undefined ? 'root reset' : `root reset --master-key-file ${word(master)}`
    world.err(
      `root's key is the one of the backup; if it is not known any more: ${commandLine(world, reset, settings.data)}`,
    )
    return 0
  },
}

async function checked(file: string, target: string, settings: Settings, world: World) {
  if (existsSync(target)) {
    throw new Failure(`${target} exists, and a store is not overwritten: give --data a new folder, or move it away`)
  }
  if (settings['master-key'] === undefined && !existsSync(masterPlace(settings))) {
    throw new Failure(`put the master key of the backup at ${masterPlace(settings)} (mode 0600) first`)
  }
  await restored(file, target, settings, world)
  world.err(`restored ${file} to ${settings.data}; every session issued before has ended`)
}

/**
 * INVARIANT: the store appears under its name only after everything issued before was revoked in it, so that no server
 * can come up on it in between.
 */
async function restored(file: string, target: string, settings: Settings, world: World) {
  const partial = `${target}.restoring`
  const remove = () => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${partial}${end}`, { force: true })
  }
  remove()
  try {
    copyFileSync(file, partial)
    chmodSync(partial, 0o600)
    const store = await openCopy(file, partial, world)
    try {
      if ((await metaOf(store)) === undefined) {
        throw new Failure(`${file} is no backup of a store that was ever started`)
      }
      const now = world.clock()
      // Says whether the master key is this store's, before anything is named a store.
      const ring = await openRing({ store, master: masterKey(settings), now })
      // A backup may bring keys back that were dropped as compromised since: who holds one could seal passes that were never
      // issued, dated after the revocation; who holds a signing key, OpenID tokens of identities that never logged in.
      const entry = operatorEntry(now, randomBytes)({ name: 'Restore', parameters: { file } })
      const until = new Date(now.getTime() + settings['audit-days'] * 86_400_000)
      await ring.rotate(now, {
        compromised: true,
        async along(tx) {
          await dropSigningKeys(tx)
          await revokeEverything(tx, now)
          tx.append(AUDIT_JOURNAL, until, [entry])
        },
      })
      await ring.close()
    } finally {
      await store.close()
    }
    renameSync(partial, target)
  } finally {
    remove()
  }
}

/** Opens the copy of a backup. What is wrong with it is wrong with the backup, which is the file that was named. */
async function openCopy(file: string, partial: string, { openStore, clock }: World): Promise<Store> {
  try {
    return await openStore(partial, collections, { now: clock })
  } catch (error) {
    throw error instanceof Unavailable ? new Failure(error.message.replaceAll(partial, file)) : error
  }
}
