// hallpass backup: writes a consistent copy of the store, also while a server runs.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { masterKeyFile } from '../app/data-folder.ts'
import type { Settings } from '../config/settings.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'

export const backup: Command = {
  name: 'backup',
  says: 'Write a consistent copy of the store to a new file, also while a server runs. The copy does not contain the master key.',
  takes: 'FILE',
  settings: storeSettings,
  async run(input, world) {
    const file = resolve(input.rest[0] ?? '')
    await callRoute(input, world, 'POST /backup', { file })
    world.err(`wrote ${file} (${statSync(file).size} bytes)`)
    world.err(
      `keep the master key (${masterPlace(input.settings)}) elsewhere: without it nothing in the copy can be opened`,
    )
    return 0
  },
}

/** The name of the variable or file that gives the store's master key. */
export const masterPlace = (settings: Settings) =>
  settings['master-key'] !== undefined ? 'HALLPASS_MASTER_KEY' : masterKeyFile(settings)
