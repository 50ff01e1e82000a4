// hallpass restore: makes a data folder from a backup.
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { holdFolder, masterKey } from '../app/data-folder.ts'
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
import { endRestored } from '../service/people/sign-ins/sign-in-end.ts'
import { isoTime } from '../service/records.ts'
import { deactivateKeys, type Restored, whatIsRestored } from '../service/restored.ts'
import { revokeEverything } from '../service/session/revoke.ts'
import { endJoinTokens } from '../service/workloads/restored.ts'
import { type Backups, noBackups, type StoreSource } from '../store/kind.ts'
import { masterPlace } from './backup.ts'
import { statusOf } from './call-route.ts'
import { type Command, storeSettings, type World } from './command.ts'
import { commandLine } from './hints.ts'
import { word } from './shell.ts'

export const restore: Command = {
  name: 'restore',
  says: 'Make a data folder from a backup. Every session issued before ends, for the backup lacks later revocations.',
  takes: 'FILE',
  options: {
    keys: {
      kind: 'text',
      value: 'active|inactive',
      says: 'Long-term access keys: `active`, the default, keeps those active that were; `inactive` makes all inactive, root’s too, and disables machines and services.',
    },
  },
  settings: storeSettings,
  async run(input, world) {
    const { settings } = input
    const { keys = 'active' } = input.texts
    if (keys !== 'active' && keys !== 'inactive') throw new Failure(`--keys: ${keys} is neither active nor inactive`, 2)
    const file = resolve(input.rest[0] ?? '')
    const source = storeOf(world.stores, settings)
    const { backups } = source
    if ('instead' in backups) throw new Failure(noBackups(source))
    if (!isThere(file)) throw new Failure(`${file}: there is no such file`)
    if ((await statusOf(settings.data)) !== undefined) throw new Failure(`stop the server on ${settings.data} first`)
    // Held to the end: a server that started meanwhile would lose its store under it.
    const lock = await holdFolder(settings.data)
    try {
      await checkAndRestore(file, { source, backups }, keys, settings, world)
    } finally {
      lock.release()
    }
    const master = settings['master-key-file']
    const reset = master === undefined ? 'root reset' : `root reset --master-key-file ${word(master)}`
    const line = commandLine(world, reset, settings)
    world.err(
      keys === 'inactive'
        ? `root's key is inactive as well; for a new one: ${line}`
        : `root's key is the one in the backup; if nobody has it any more: ${line}`,
    )
    return 0
  },
}

type Keys = 'active' | 'inactive'

interface Target {
  readonly source: StoreSource
  readonly backups: Backups
}

async function checkAndRestore(
  file: string,
  { source, backups }: Target,
  keys: Keys,
  settings: Settings,
  world: World,
) {
  if (await source.isThere()) {
    const instead = source.inDataFolder ? 'give --data a new folder' : 'give --store another'
    throw new Failure(`${source.name} exists, and restore never overwrites a store: ${instead}, or move it away`)
  }
  if (settings['master-key'] === undefined && !isThere(masterPlace(settings))) {
    throw new Failure(`put the master key of the backup at ${masterPlace(settings)} (mode 0600) first`)
  }
  const { deactivated, restored } = await restoreRevoked(file, { source, backups }, keys, settings, world)
  world.err(`restored ${file} to ${settings.data}; every session issued before has ended`)
  for (const line of warning(restored, deactivated, source.name, world.clock())) world.err(line)
}

/** Restores the store and revokes everything issued before: `Backups.restore` promises that no server opens it earlier. */
function restoreRevoked(file: string, { source, backups }: Target, keys: Keys, settings: Settings, world: World) {
  return backups.restore({ file, collections, clock: world.clock }, async (store) => {
    if ((await metaOf(store)) === undefined) {
      throw new Failure(`${file} is not a backup of a store that a server has ever started on`)
    }
    const now = world.clock()
    // Fails if the master key is not this store's, before the file becomes the store.
    const ring = await openRing({ store, master: await masterKey(settings, source), now })
    // A backup may bring back keys that were dropped as compromised since. Whoever holds a sealing key could seal passes that
    // were never issued, dated after the revocation; whoever holds a signing key could sign OpenID tokens of identities that
    // never logged in.
    const restored = await whatIsRestored(store, now)
    const entryOf = operatorEntry(now, randomBytes)
    const until = new Date(now.getTime() + settings['audit-days'] * 86_400_000)
    let deactivated: number | undefined
    await ring.rotate(now, {
      compromised: true,
      async along(tx) {
        await dropSigningKeys(tx)
        await revokeEverything(tx, now)
        await endRestored(tx)
        await endJoinTokens(tx)
        deactivated = keys === 'inactive' ? await deactivateKeys(tx) : undefined
        const asOf = restored.asOf === undefined ? {} : { asOf: isoTime(restored.asOf) }
        const parameters = { file, ...asOf, keys, activeKeys: keys === 'inactive' ? 0 : restored.keys.length }
        tx.append(AUDIT_JOURNAL, until, [entryOf({ name: 'Restore', parameters })])
      },
    })
    await ring.close()
    return { deactivated, restored }
  })
}

/** How many keys the warning lists at most. */
const maxListed = 50
const dayMs = 86_400_000

/** What the operator must know before a server starts on the store: it has nothing that was done since the backup. */
function warning(
  { asOf, held, keys, workloads }: Restored,
  deactivated: number | undefined,
  target: string,
  now: Date,
): string[] {
  const days = asOf === undefined ? 0 : Math.floor((now.getTime() - asOf.getTime()) / dayMs)
  const since =
    asOf === undefined ? 'at an unknown time' : `at ${isoTime(asOf)} (${days} ${days === 1 ? 'day' : 'days'} ago)`
  const lines = [
    `warning: everything is as it was ${since}: ${held.join(', ')}. What was deleted or withdrawn since, trust and permissions too, is back: delete or withdraw it again before you serve it.`,
  ]
  if (deactivated !== undefined) {
    return [
      ...lines,
      `${deactivated} access keys that worked then are inactive now; make active again those whose owners still have them: aws iam update-access-key --status Active`,
      ...(workloads === undefined
        ? []
        : [`${workloads} are disabled: hallpass machines enable, hallpass services enable`]),
    ]
  }
  if (workloads !== undefined)
    lines.push(
      `warning: ${workloads} prove themselves as they did then, also those disabled or removed since: hallpass machines list, hallpass services list`,
    )
  if (keys.length === 0) return lines
  const listed = keys.slice(0, maxListed).map(({ id, account, of, createdAt, lastUsedAt }) => {
    const used = lastUsedAt === undefined ? 'never used' : `last used ${lastUsedAt}`
    return `  ${id}  ${of} of account ${account}, made ${createdAt}, ${used}`
  })
  const more = keys.length > maxListed ? [`  and ${keys.length - maxListed} more`] : []
  return [
    ...lines,
    `warning: ${keys.length} access keys work as they did then, also those deleted or made inactive since:`,
    ...listed,
    ...more,
    `to make them all inactive, delete ${target} and restore with --keys inactive`,
  ]
}
