// hallpass root reset: new root credentials when the old ones are lost or known to others.

import { rootFile } from '../app/operator/root-file.ts'
import { ask } from './ask.ts'
import { type Command, storeSettings } from './command.ts'
import { rootOf } from './root-key.ts'

export const rootReset: Command = {
  name: 'root reset',
  says: "Replace the first account's root access keys by a new one. The old ones and root's sessions end at once.",
  settings: storeSettings,
  async run(given, world) {
    const { settings } = given
    const { account, accessKeyId } = await ask(given, world, 'POST /root/reset', {})
    world.err(`root of account ${account} has a new access key, ${accessKeyId}; it is in ${rootFile(settings.data)}`)
    // The secret is shown to a person at a terminal, and to no log.
    if (world.terminal) {
      world.out(`AWS_ACCESS_KEY_ID=${accessKeyId}`)
      world.out(`AWS_SECRET_ACCESS_KEY=${rootOf(settings, world).secret.reveal()}`)
    }
    return 0
  },
}
