// hallpass apply: brings a store to what a file describes. Twice is as good as once; what the file does not name stays.
import { ask } from './ask.ts'
import { type Command, storeSettings } from './command.ts'
import { textFile } from './text-file.ts'

export const apply: Command = {
  name: 'apply',
  says: 'Bring the store to a file of accounts, policies, users and roles. What it does not name is left alone.',
  takes: 'FILE',
  options: {
    'dry-run': { kind: 'switch', says: 'Only say what would change.' },
    json: { kind: 'switch', says: 'As JSON.' },
  },
  settings: storeSettings,
  async run(given, world) {
    const [name = ''] = given.rest
    const dryRun = given.switches['dry-run'] === true
    const done = await ask(given, world, 'POST /apply', { name, text: textFile(name), dryRun })
    if (given.switches.json === true) {
      world.out(JSON.stringify(done, undefined, 2))
      return 0
    }
    for (const line of done.changed) world.out(`${dryRun ? 'would change' : 'changed'}  ${line}`)
    if (done.changed.length === 0) world.err(`nothing to change: the store is as ${name} says`)
    for (const { accessKeyId, user, account, profile } of done.keys) {
      world.err(`access key ${accessKeyId} of ${user} (${account}) is in ${done.file} as profile ${profile}`)
    }
    return 0
  },
}
