// Programs that run for long: each line that they read is a question, which they answer with a line of JSON.
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Talking<T> {
  /** Rejects with what the program said on standard error where it has ended instead. */
  ask(): Promise<T>
  /** Its exit code, once it has read to the end. */
  end(): Promise<number | null>
}

export function talking<T>(child: ChildProcessWithoutNullStreams): Talking<T> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let problem = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  // It may have ended: then it answers nothing.
  child.stdin.on('error', () => {})
  return {
    async ask() {
      child.stdin.write('who\n')
      const { value, done } = await lines.next()
      if (done !== true) return JSON.parse(value) as T
      await closed
      throw new Error(problem)
    },
    end() {
      child.stdin.end()
      return closed
    },
  }
}
