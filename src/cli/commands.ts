// The table of commands, in the order of help.
import { apply } from './apply.ts'
import { backup, restore } from './backup.ts'
import type { Command } from './command.ts'
import { credentialProcess } from './credential-process.ts'
import { dev } from './dev.ts'
import { doctor } from './doctor.ts'
import { env } from './env.ts'
import { keysList, keysRotate } from './keys.ts'
import { rootReset } from './root.ts'
import { serve } from './serve.ts'
import { sessionsList, sessionsRevoke } from './sessions.ts'
import { why } from './why.ts'

export const commands: readonly Command[] = [
  serve,
  dev,
  env,
  apply,
  why,
  sessionsList,
  sessionsRevoke,
  keysRotate,
  keysList,
  rootReset,
  backup,
  restore,
  doctor,
  credentialProcess,
]
