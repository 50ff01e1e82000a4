// What the processes of the server and of the metadata agent do alike: they free memory once they serve, and end at a signal.
import { setTimeout } from 'node:timers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage once: a server that waits for requests should not keep the source of its modules in memory. */
export function settled(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: object) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: 'last-resort' })
}

/** Resolves at SIGINT or SIGTERM; a second signal ends the process at once. */
export function ended(hangup: () => void): Promise<void> {
  process.on('SIGHUP', hangup)
  return new Promise((resolve) => {
    let signalled = false
    const end = () => {
      if (signalled) process.exit(130)
      signalled = true
      resolve()
      // A server that has not ended in half a minute never will.
      setTimeout(() => process.exit(1), 30_000).unref()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}
