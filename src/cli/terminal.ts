// The person at this terminal: what they are asked, the pages that open for them, and the programs that run in this one's place.
import type { ChildProcess } from 'node:child_process'
import type { Environment } from './command.ts'

const childProcess = () => process.getBuiltinModule('node:child_process')

/** Asks on standard error: standard output is for scripts. */
export async function question(words: string): Promise<string | undefined> {
  const lines = process
    .getBuiltinModule('node:readline')
    .createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    lines.on('close', () => resolve(undefined))
    // With an interface, readline keeps Ctrl-C for itself.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    lines.question(words, (line) => {
      resolve(line.trim())
      lines.close()
    })
  })
}

/**
 * How this machine opens a page: a program and its first words. Undefined where whoever sits at the terminal would not see it: over
 * SSH, in WSL (whose loopback is not the browser's), or without a display.
 */
export function pageOpener(environment: Environment, platform: NodeJS.Platform): readonly string[] | undefined {
  if (environment.SSH_CONNECTION || environment.SSH_TTY) return undefined
  if (platform === 'darwin') return ['open']
  // `start` is no program, and the shell that knows it reads `&`.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  if (environment.WSL_DISTRO_NAME || environment.WSL_INTEROP) return undefined
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open'] : undefined
}

/** Opens pages, where this machine can. */
export function openerOf(environment: Environment, platform: NodeJS.Platform): ((url: string) => void) | undefined {
  const [program, ...words] = pageOpener(environment, platform) ?? []
  if (program === undefined) return undefined
  return (url) => {
    const child = childProcess().spawn(program, [...words, url], { stdio: 'ignore', detached: true })
    // Without the program the person opens the page that is printed.
    child.on('error', () => {})
    child.unref()
  }
}

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/** Runs a program; its exit code, or 128 and the signal that ended it, or a shell's 126 and 127 when it cannot be run. */
export function runProgram([program = '', ...words]: readonly string[], environment: Environment): Promise<number> {
  const { signals } = process.getBuiltinModule('node:os').constants
  // Not `process.stdin`: its first use makes the input non-blocking, for the program too, which then reads an error where it would wait.
  const isTerminal = process.getBuiltinModule('node:tty').isatty(0)
  return new Promise((resolve) => {
    let child: ChildProcess
    const fail = (error: NodeJS.ErrnoException) => {
      process.stderr.write(`hallpass: ${program} cannot be run: ${error.code ?? error.message}\n`)
      resolve(error.code === 'ENOENT' ? 127 : 126)
    }
    try {
      child = childProcess().spawn(program, words, { stdio: 'inherit', env: { ...environment } })
    } catch (error) {
      return fail(error as NodeJS.ErrnoException)
    }
    child.on('error', fail)
    const handlers = passedOn.map((signal) => {
      // A terminal sends its own signals to the program too: twice would be once too often.
      const isFromTerminal = isTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')
      const handler = () => void (isFromTerminal || child.kill(signal))
      process.on(signal, handler)
      return () => process.off(signal, handler)
    })
    child.on('exit', (code, signal) => {
      for (const remove of handlers) remove()
      resolve(code ?? 128 + (signal === null ? 0 : signals[signal]))
    })
  })
}
