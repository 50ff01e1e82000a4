// How a measured server talks to its parent process: it reports its processor time and memory.

export interface Ask {
  readonly ask?: 'usage' | 'stop'
  /** For the bare server: microseconds to spin. */
  readonly spin?: number
}

export interface Usage {
  /** Processor time of this process so far, in µs. */
  readonly cpu: number
  /** Resident memory, in bytes. */
  readonly rss: number
}

/** Tells the parent that this process is ready, then answers its messages. */
export function serveParent(ready: object, hear: (message: Ask) => void = () => {}) {
  process.on('message', (message: Ask) => {
    hear(message)
    if (message.ask === 'stop') process.exit(0)
    if (message.ask === 'usage') {
      const { user, system } = process.cpuUsage()
      process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() } satisfies Usage)
    } else process.send?.({})
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.(ready)
}
