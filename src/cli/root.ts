// hallpass root reset: makes new root credentials, when the old ones are lost or somebody else knows them.
import { rootFile } from '../app/operator/root-file.ts'
import { callRoute } from './call-route.ts'
import { type Command, storeSettings } from './command.ts'
import { rootOf } from './root-key.ts'

export const rootReset: Command = {
  name: 'root reset',
  says: "Replace the first account's root access keys with a new one. The old ones and root's sessions end at once.",
  settings: storeSettings,
  async run(input, world) {
    const { settings } = input
    const { account, accessKeyId } = await callRoute(input, world, 'POST /root/reset', {})
    world.err(`root of account ${account} has a new access key, ${accessKeyId}; it is in ${rootFile(settings.data)}`)
    // Only a person at a terminal sees the secret; it reaches no log.
    if (world.terminal) {
      world.out(`AWS_ACCESS_KEY_ID=${accessKeyId}`)
      world.out(`AWS_SECRET_ACCESS_KEY=${rootOf(settings, world).secret.reveal()}`)
    }
    return 0
  },
}
