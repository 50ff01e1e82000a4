// hallpass serve: production. It seeds nothing well-known; at first start it makes the first account and its root key.
import { settingNames } from '../config/settings.ts'
import type { Command } from './command.ts'
import { start } from './start.ts'

export const serve: Command = {
  name: 'serve',
  says: 'Serve a data folder.',
  settings: settingNames,
  async run({ settings }, world) {
    const { running, made } = await start(settings, 'production', world)
    world.err(`hallpass serves ${settings.data} at ${running.url}`)
    if (made !== undefined) {
      world.err(
        `first start: made account ${made.account}; its root credentials are in ${settings.data}/root-credentials.json`,
      )
      // The secret is shown to a person at a terminal, and to no log.
      if (world.terminal) {
        world.out(`AWS_ACCESS_KEY_ID=${made.accessKeyId}`)
        world.out(`AWS_SECRET_ACCESS_KEY=${made.secret.reveal()}`)
      }
    }
    world.settled()
    await world.ended(() => void running.reload())
    world.err('hallpass is stopping')
    await running.close()
    return 0
  },
}
