// Commands that are advised: each can be pasted into a shell as it stands, and is about the folder that was spoken of.

import { storeOf } from '../app/store.ts'
import { type Settings, settings as table } from '../config/settings.ts'
import { type Mode, metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import type { World } from './command.ts'
import { word } from './shell.ts'

/** A command of this executable on a data folder, as the user calls it. */
export function commandLine(world: Pick<World, 'invocation'>, command: string, { data, store }: Named): string {
  const flag = store === table.store.standard ? '' : ` --store ${word(store)}`
  return `${world.invocation} ${command} --data ${word(data)}${flag}`
}

/** What a command must be given to be about the same store. */
export type Named = Pick<Settings, 'data' | 'store'>

/** The command that serves a data folder: a development store is refused by `serve`. */
export async function serveLine(world: World, settings: Settings): Promise<string> {
  return commandLine(world, (await modeOf(world, settings)) === 'development' ? 'dev' : 'serve', settings)
}

/** What a store says of itself; undefined when there is none, or it cannot be read. */
async function modeOf({ stores, clock }: World, settings: Settings): Promise<Mode | undefined> {
  try {
    const source = storeOf(stores, settings)
    if (!(await source.isThere())) return undefined
    const store = await source.open(collections, { now: clock })
    try {
      return (await metaOf(store))?.mode
    } finally {
      await store.close()
    }
  } catch {
    // What is wrong with the store is for whoever opens it next to say: advice must not fail.
    return undefined
  }
}
