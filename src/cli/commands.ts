// The table of commands, in the order of help.
import { apply } from './apply.ts'
import type { Command } from './command.ts'
import { dev } from './dev.ts'
import { env } from './env.ts'
import { keysList, keysRotate } from './keys.ts'
import { rootReset } from './root.ts'
import { serve } from './serve.ts'
import { why } from './why.ts'

export const commands: readonly Command[] = [serve, dev, env, apply, why, keysRotate, keysList, rootReset]
