// Runs commands in the tests' own process: captures their output, and provides temporary folders and servers on any port.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { StoreKind } from '../../store/kind.ts'
import { sqlite } from '../../store/sqlite/kind.ts'
import type { World } from '../command.ts'
import { run } from '../run.ts'

export interface Outcome {
  readonly code: number
  /** The printed lines, joined by line ends. */
  readonly out: string
  readonly err: string
}

export interface Circumstances {
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly terminal?: boolean
  readonly clock?: () => Date
  readonly stores?: readonly StoreKind[]
  readonly executable?: string
  /** Is shown each line as it is printed. */
  readonly onLine?: (line: string) => void
  readonly question?: World['question']
  readonly openPage?: World['openPage']
  readonly runProgram?: World['runProgram']
}

const base = mkdtempSync(join(tmpdir(), 'hallpass-cli-'))
let made = 0
/** A path where nothing exists yet, in a folder that is removed after the tests. */
export const newPath = () => join(base, String(++made))

const running = new Set<() => Promise<Outcome>>()
after(async () => {
  for (const stop of running) await stop()
  rmSync(base, { recursive: true, force: true })
})

function capture(how: Circumstances, ended: World['ended'], onLine: (line: string) => void = () => {}) {
  const printed = { out: [] as string[], err: [] as string[] }
  const take = (list: string[]) => (line: string) => {
    list.push(line)
    onLine(line)
  }
  const world: World = {
    stores: how.stores ?? [sqlite],
    environment: how.environment ?? {},
    clock: how.clock ?? (() => new Date()),
    out: take(printed.out),
    err: take(printed.err),
    terminal: how.terminal ?? false,
    invocation: 'hallpass',
    executable: how.executable ?? 'hallpass',
    settled: () => {},
    ended,
    question: how.question ?? (async () => undefined),
    openPage: how.openPage,
    runProgram: how.runProgram ?? (async () => 0),
  }
  const outcome = (code: number): Outcome => ({ code, out: printed.out.join('\n'), err: printed.err.join('\n') })
  return { world, outcome }
}

/** Runs a command to its end. A command that serves ends as soon as it serves. */
export async function invoke(words: readonly string[], how: Circumstances = {}): Promise<Outcome> {
  const { world, outcome } = capture(how, () => Promise.resolve(), how.onLine)
  return outcome(await run(words, world))
}

export interface Served {
  readonly data: string
  readonly url: string
  readonly stop: () => Promise<Outcome>
}

/** Starts `serve` or `dev` on a folder and any port, unless `more` names one. Rejects with its output if it ends instead. */
export async function serving(
  command: 'serve' | 'dev',
  data: string,
  how: Circumstances = {},
  more: readonly string[] = [],
): Promise<Served> {
  const listen = more.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
  const words = [command, '--data', data, ...listen, ...more]
  return { data, ...(await started(words, /(?:at|running at) (https?:\/\/[\w.:[\]]+\d)/, how)) }
}

/** Starts a command that serves until it is stopped; `says` finds its URL in what it prints. Rejects with its output if it ends instead. */
export async function started(
  words: readonly string[],
  says: RegExp,
  how: Circumstances = {},
): Promise<Omit<Served, 'data'>> {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  let onUrl: (url: string) => void = () => {}
  const up = new Promise<string>((resolve) => {
    onUrl = resolve
  })
  const { world, outcome } = capture(
    how,
    () => ended,
    (line) => {
      const url = says.exec(line)?.[1]
      if (url !== undefined) onUrl(url)
    },
  )
  const done = run(words, world).then(outcome)
  const stop = () => {
    end()
    running.delete(stop)
    return done
  }
  running.add(stop)
  const first = await Promise.race([up, done])
  if (typeof first !== 'string') throw new Error(`it ended (${first.code}): ${first.err}`)
  return { url: first, stop }
}
