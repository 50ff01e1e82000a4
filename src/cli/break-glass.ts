// hallpass console --break-glass: the operator's way into the console when no connector answers, by the admin socket alone.
import { Failure } from '../app/failure.ts'
import type { BreakGlassInput, BreakGlassOutput } from '../app/operator/break-glass.ts'
import { adminCall } from '../client/admin.ts'
import type { CommandInput, World } from './command.ts'
import { commandLine } from './hints.ts'

/** Asks the server of the data folder for a link that signs in once. Rejects Failure. */
export async function linkByBreakGlass({ texts, settings }: CommandInput, world: World): Promise<string> {
  const { role } = texts
  if (role === undefined) throw new Failure('--break-glass needs --role ARN', 2)
  const { SUDO_USER: sudoer, USER: user } = world.environment
  const as = texts.as ?? sudoer ?? user
  if (as === undefined) throw new Failure('say for whom it is: --as NAME', 2)
  const input: BreakGlassInput = { role, as }
  const answer = await adminCall(settings.data, 'POST', '/console/break-glass', input)
  if ('value' in answer) {
    const { url, arn } = answer.value as BreakGlassOutput
    world.err(`A console as ${arn}, recorded as BreakGlass. The link signs in whoever opens it first, within minutes.`)
    return url
  }
  if (answer.failed === 'absent')
    throw new Failure(`no server serves ${settings.data}; \`${commandLine(world, 'serve', settings)}\` starts one`)
  throw new Failure(answer.error)
}
