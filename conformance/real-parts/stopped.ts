// Programs that a test file starts end with it, also when it is interrupted.
import type { ChildProcess } from 'node:child_process'
import { after } from 'node:test'

/** Stops it after the suite that calls this, which is no hook. One that leads a group is stopped with its group. */
export function stoppedAfterwards({ pid }: ChildProcess, leadsGroup = false) {
  const stop = () => {
    try {
      if (pid !== undefined) process.kill(leadsGroup ? -pid : pid)
    } catch {
      // It is gone already.
    }
  }
  after(stop)
  process.once('exit', stop)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
}
