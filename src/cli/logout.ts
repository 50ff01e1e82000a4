// hallpass logout: ends the sign-in at the server, and deletes what this machine keeps of it.
import { revoke, type ServerAnswer } from '../client/sign-in-server.ts'
import { printable } from '../core/printable.ts'
import type { Command } from './command.ts'
import { chosenSignIn, folderOf, serverOf, urlOption } from './signed-in.ts'

export const logout: Command = {
  name: 'logout',
  says: 'End your sign-in and every credential that came of it. Profiles stay, and work again after the next login.',
  options: { url: urlOption },
  settings: [],
  async run(input, world) {
    const signIn = chosenSignIn(input, world)
    const folder = folderOf(world)
    const release = await folder.lock(signIn.url, (problem) => world.err(`hallpass: ${problem}`))
    try {
      const tokens = await folder.tokensOf(signIn)
      const answer = tokens === undefined ? undefined : await revoke(serverOf(signIn), tokens.refreshToken)
      await folder.forget(signIn)
      const problem = answer === undefined ? 'its tokens could not be read' : problemOf(answer)
      if (problem === undefined) {
        world.err(`${printable(signIn.login)} is signed out of ${signIn.url}.`)
        return 0
      }
      world.err(`hallpass: this machine has forgotten the sign-in, but the server has not ended it: ${problem}`)
      world.err(`hallpass: it ends at ${signIn.endsAt}, or when you sign out on the pages of ${signIn.url}/signin`)
      return 1
    } finally {
      release()
    }
  },
}

const problemOf = (answer: ServerAnswer<object>): string | undefined =>
  'failed' in answer ? answer.failed : 'refused' in answer ? answer.message : undefined
