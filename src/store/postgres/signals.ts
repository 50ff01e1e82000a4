// Notifications that make polls sooner. They are sent after commits, outside them, many as one: a transaction with NOTIFY
// holds one lock of the whole cluster until it has committed. Nothing rests on them: an engine without them polls.
import { delayAfter } from './backoff.ts'
import { quoted } from './names.ts'
import { isNotOffered, type Primary } from './primary.ts'

export interface Signals {
  /** Tells other processes, soon, that there are changes. */
  send(): void
  close(): void
}

const TOGETHER_MS = 10
const FIRST_MS = 500
const LONGEST_MS = 30_000

interface Opening {
  readonly primary: Primary
  readonly schema: string
  /** This process's own name: it does not hear itself. */
  readonly writer: string
  readonly hear: () => void
}

export function openSignals({ primary, schema, writer, hear }: Opening): Signals {
  const channel = `hallpass_feed_${schema}`
  // Its own commit need not reach the disk.
  const notify = `BEGIN; SET LOCAL synchronous_commit = off; NOTIFY ${quoted(channel)}, '${writer}'; COMMIT`
  let offered = true
  let closed = false
  let failures = 0
  let sending: NodeJS.Timeout | undefined
  let retrying: NodeJS.Timeout | undefined

  async function notifyNow(): Promise<void> {
    sending = undefined
    try {
      await primary.use((session) => session.script(notify))
    } catch (error) {
      if (isNotOffered(error)) offered = false
    }
  }

  async function listen(): Promise<void> {
    try {
      await primary.listen(
        channel,
        (from) => {
          if (from !== writer) hear()
        },
        again,
      )
      failures = 0
      // What was said before it listened was not heard.
      hear()
    } catch (error) {
      if (isNotOffered(error)) offered = false
      else again()
    }
  }

  function again(): void {
    if (closed || retrying !== undefined) return
    const delay = delayAfter(++failures, FIRST_MS, LONGEST_MS, Math.random())
    retrying = setTimeout(() => {
      retrying = undefined
      void listen()
    }, delay).unref()
  }

  void listen()
  return {
    send() {
      if (offered && !closed) sending ??= setTimeout(notifyNow, TOGETHER_MS).unref()
    },
    close() {
      closed = true
      clearTimeout(sending)
      clearTimeout(retrying)
    },
  }
}
