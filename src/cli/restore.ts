// hallpass restore: a data folder from a backup.
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { holdFolder, masterKey } from '../app/engine.ts'
import { Failure } from '../app/failure.ts'
import { storeOf } from '../app/store.ts'
import { isThere } from '../client/folder.ts'
import type { Settings } from '../config/settings.ts'
import { openRing } from '../keys/ring.ts'
import { dropSigningKeys } from '../keys/signers.ts'
import { AUDIT_JOURNAL } from '../service/audit/journal.ts'
import { operatorEntry } from '../service/audit/operator.ts'
import { metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import { isoTime } from '../service/records.ts'
import { deactivateKeys, type Restored, whatIsRestored } from '../service/restored.ts'
import { revokeEverything } from '../service/session/revoke.ts'
import { type Backups, noBackups, type StoreSource } from '../store/kind.ts'
import { statusOf } from './ask.ts'
import { masterPlace } from './backup.ts'
import { type Command, storeSettings, type World } from './command.ts'
import { commandLine } from './hints.ts'
import { word } from './shell.ts'

export const restore: Command = {
  name: 'restore',
  says: 'Make a data folder from a backup. Every session issued before ends: what was revoked since is not known any more.',
  takes: 'FILE',
  options: {
    keys: {
      kind: 'text',
      value: 'active|inactive',
      says: 'Long-term access keys as the backup has them (`active`, unless told), or all of them inactive, root’s too.',
    },
  },
  settings: storeSettings,
  async run(given, world) {
    const { settings } = given
    const { keys = 'active' } = given.texts
    if (keys !== 'active' && keys !== 'inactive') throw new Failure(`--keys: ${keys} is neither active nor inactive`, 2)
    const file = resolve(given.rest[0] ?? '')
    const source = storeOf(world.stores, settings)
    const { backups } = source
    if ('instead' in backups) throw new Failure(noBackups(source))
    if (!isThere(file)) throw new Failure(`${file}: there is no such file`)
    if ((await statusOf(settings.data)) !== undefined) throw new Failure(`stop the server on ${settings.data} first`)
    // Held to the end: a server that began meanwhile would have its store replaced under it.
    const lock = await holdFolder(settings.data)
    try {
      await checked(file, { source, backups }, keys, settings, world)
    } finally {
      lock.release()
    }
    const master = settings['master-key-file']
    const reset = master === undefined ? 'root reset' : `root reset --master-key-file ${word(master)}`
    const line = commandLine(world, reset, settings)
    world.err(
      keys === 'inactive'
        ? `root's key is inactive as well; for a new one: ${line}`
        : `root's key is the one of the backup; if it is not known any more: ${line}`,
    )
    return 0
  },
}

type Keys = 'active' | 'inactive'

interface Target {
  readonly source: StoreSource
  readonly backups: Backups
}

async function checked(file: string, { source, backups }: Target, keys: Keys, settings: Settings, world: World) {
  if (await source.isThere()) {
    const instead = source.inDataFolder ? 'give --data a new folder' : 'give --store another'
    throw new Failure(`${source.name} exists, and a store is not overwritten: ${instead}, or move it away`)
  }
  if (settings['master-key'] === undefined && !isThere(masterPlace(settings))) {
    throw new Failure(`put the master key of the backup at ${masterPlace(settings)} (mode 0600) first`)
  }
  const { made, back } = await restored(file, { source, backups }, keys, settings, world)
  world.err(`restored ${file} to ${settings.data}; every session issued before has ended`)
  for (const line of warning(back, made, source.name, world.clock())) world.err(line)
}

/** No server can come up on the store before everything issued before was revoked in it: `restore` promises it. */
function restored(file: string, { source, backups }: Target, keys: Keys, settings: Settings, world: World) {
  return backups.restore({ file, collections, now: world.clock }, async (store) => {
    if ((await metaOf(store)) === undefined) {
      throw new Failure(`${file} is no backup of a store that was ever started`)
    }
    const now = world.clock()
    // Says whether the master key is this store's, before anything is named a store.
    const ring = await openRing({ store, master: await masterKey(settings, source), now })
    // A backup may bring keys back that were dropped as compromised since: who holds one could seal passes that were never
    // issued, dated after the revocation; who holds a signing key, OpenID tokens of identities that never logged in.
    const back = await whatIsRestored(store, now)
    const entryOf = operatorEntry(now, randomBytes)
    const until = new Date(now.getTime() + settings['audit-days'] * 86_400_000)
    let made: number | undefined
    await ring.rotate(now, {
      compromised: true,
      async along(tx) {
        await dropSigningKeys(tx)
        await revokeEverything(tx, now)
        made = keys === 'inactive' ? await deactivateKeys(tx) : undefined
        const asOf = back.asOf === undefined ? {} : { asOf: isoTime(back.asOf) }
        const parameters = { file, ...asOf, keys, activeKeys: keys === 'inactive' ? 0 : back.keys.length }
        tx.append(AUDIT_JOURNAL, until, [entryOf({ name: 'Restore', parameters })])
      },
    })
    await ring.close()
    return { made, back }
  })
}

/** Most keys that are named. */
const mostNamed = 50
const dayMs = 86_400_000

/** What the operator must know before the store is served: nothing that was done since the backup is in it. */
function warning({ asOf, held, keys }: Restored, inactive: number | undefined, target: string, now: Date): string[] {
  const days = asOf === undefined ? 0 : Math.floor((now.getTime() - asOf.getTime()) / dayMs)
  const since =
    asOf === undefined
      ? 'of a time that is not known'
      : `of ${isoTime(asOf)} (${days} ${days === 1 ? 'day' : 'days'} ago)`
  const lines = [
    `warning: everything is as ${since}: ${held.join(', ')}. Whatever was deleted or taken away since is there again, trust and permissions too: do that again before you serve it.`,
  ]
  if (inactive !== undefined) {
    return [
      ...lines,
      `${inactive} access keys that worked then are inactive now; make those active again whose owner still has them: aws iam update-access-key --status Active`,
    ]
  }
  if (keys.length === 0) return lines
  const named = keys.slice(0, mostNamed).map(({ id, account, of, createdAt, lastUsedAt }) => {
    const used = lastUsedAt === undefined ? 'never used' : `last used ${lastUsedAt}`
    return `  ${id}  ${of} of account ${account}, made ${createdAt}, ${used}`
  })
  const more = keys.length > mostNamed ? [`  and ${keys.length - mostNamed} more`] : []
  return [
    ...lines,
    `warning: ${keys.length} access keys work as they did then, those deleted or made inactive since among them:`,
    ...named,
    ...more,
    `to have them all inactive at first, delete ${target} and restore with --keys inactive`,
  ]
}
