// Servers that a test file starts end with it, also when it is interrupted.
import type { ChildProcess } from 'node:child_process'
import { after } from 'node:test'

/** Stops it after the suite that calls this, which is no hook. */
export function stoppedAfterwards(child: ChildProcess) {
  const stop = () => void child.kill('SIGKILL')
  after(stop)
  process.once('exit', stop)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
}
