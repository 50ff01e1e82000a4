// Commands that messages advise. Each can be pasted into a shell unchanged, and works on the data folder in question.
import { storeOf } from '../app/store.ts'
import { type Settings, settings as table } from '../config/settings.ts'
import { type Mode, metaOf } from '../service/bootstrap.ts'
import { collections } from '../service/collections.ts'
import type { World } from './command.ts'
import { word } from './shell.ts'

/** A command of this executable on a data folder, as the user calls it. */
export function commandLine(world: Pick<World, 'invocation'>, command: string, { data, store }: StoreLocation): string {
  const flag = store === table.store.default ? '' : ` --store ${word(store)}`
  return `${world.invocation} ${command} --data ${word(data)}${flag}`
}

/** The settings that a command needs to work on the same store. */
export type StoreLocation = Pick<Settings, 'data' | 'store'>

/** The command that serves a data folder: `dev` for a development store, which `serve` refuses. */
export async function serveLine(world: World, settings: Settings): Promise<string> {
  return commandLine(world, (await modeOf(world, settings)) === 'development' ? 'dev' : 'serve', settings)
}

/** The mode in the store's records; undefined when there is no store, or it cannot be read. */
async function modeOf({ stores, clock }: World, settings: Settings): Promise<Mode | undefined> {
  try {
    const source = storeOf(stores, settings)
    if (!(await source.isThere())) return undefined
    const store = await source.open(collections, { clock })
    try {
      return (await metaOf(store))?.mode
    } finally {
      await store.close()
    }
  } catch {
    // The next command that opens the store reports what is wrong with it: advice must not fail.
    return undefined
  }
}
