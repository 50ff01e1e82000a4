// hallpass serve: the server for production. It seeds nothing; its first start makes the first account and its root key.
import { rootFile } from '../app/operator/root-file.ts'
import { settingNames } from '../config/settings.ts'
import type { RootKey } from '../service/bootstrap.ts'
import type { Command, World } from './command.ts'

export const serve: Command = {
  name: 'serve',
  says: 'Run the server on a data folder.',
  settings: settingNames,
  async run({ settings }, world) {
    // Whatever serves is loaded by this command alone.
    const { start } = await import('../app/start.ts')
    const { running } = await start(settings, 'production', world, {
      onRootMade: (root) => printRoot(root, settings.data, world),
    })
    world.err(`hallpass serves ${settings.data} at ${running.url}`)
    world.settled()
    await world.ended(() => void running.reload())
    world.err('hallpass is stopping')
    await running.close()
    return 0
  },
}

function printRoot({ account, accessKeyId, secret }: RootKey, data: string, world: World) {
  world.err(`first start: made account ${account}; its root credentials are in ${rootFile(data)}`)
  // Only a person at a terminal sees the secret; it reaches no log.
  if (world.terminal) {
    world.out(`AWS_ACCESS_KEY_ID=${accessKeyId}`)
    world.out(`AWS_SECRET_ACCESS_KEY=${secret.reveal()}`)
  }
}
