// Commands that are advised: each can be pasted into a shell as it stands, and is about the folder that was spoken of.

import { storeFile } from '../app/engine.ts'
import { isThere } from '../client/folder.ts'
import { type Mode, metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import type { World } from './command.ts'
import { word } from './shell.ts'

/** A command of this executable on a data folder, as the user calls it. */
export const commandLine = ({ invocation }: Pick<World, 'invocation'>, command: string, data: string) =>
  `${invocation} ${command} --data ${word(data)}`

/** The command that serves a data folder: a development store is refused by `serve`. */
export async function serveLine(world: World, data: string): Promise<string> {
  return commandLine(world, (await modeOf(world, data)) === 'development' ? 'dev' : 'serve', data)
}

/** What a folder's store says of itself; undefined when there is none, or it cannot be read. */
async function modeOf({ openStore, clock }: World, data: string): Promise<Mode | undefined> {
  const file = storeFile(data)
  try {
    if (!isThere(file)) return undefined
    const store = await openStore(file, collections, { now: clock })
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
