// hallpass backup: a consistent copy of the store, taken while it is served.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { masterKeyFile } from '../app/engine.ts'
import type { Settings } from '../config/settings.ts'
import { ask } from './ask.ts'
import { type Command, storeSettings } from './command.ts'

export const backup: Command = {
  name: 'backup',
  says: 'Write a consistent copy of the store to a new file, while it is served. The master key is not in it.',
  takes: 'FILE',
  settings: storeSettings,
  async run(given, world) {
    const file = resolve(given.rest[0] ?? '')
    await ask(given, world, 'POST /backup', { file })
    world.err(`wrote ${file} (${statSync(file).size} bytes)`)
    world.err(`keep the master key (${masterPlace(given.settings)}) elsewhere: without it the copy opens nothing`)
    return 0
  },
}

/** Where the master key of a store is, in words. */
export const masterPlace = (settings: Settings) =>
  settings['master-key'] !== undefined ? 'HALLPASS_MASTER_KEY' : masterKeyFile(settings)
