// The executable as a person runs it in a shell without a browser: `hallpass login` prints a page, and reads the code that it shows.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stoppedAfterwards } from './stopped.ts'

/** Program and first arguments. */
export const hallpass = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url)),
] as const

/**
 * Signs in as over SSH. `codeOf`: allows it on the page at the address, and answers the code. Answers everything that was printed beside
 * the output.
 */
export async function logInOverSsh(
  options: readonly string[],
  env: Readonly<Record<string, string>>,
  codeOf: (address: string) => Promise<string>,
): Promise<string> {
  const [program, ...first] = hallpass
  const child = spawn(program, [...first, 'login', ...options], { env: { ...env, SSH_TTY: '/dev/pts/0' } })
  stoppedAfterwards(child)
  const printed: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    printed.push(line)
    const address = /^ {2}(https:\S+authorize\S+)$/.exec(line)?.[1]
    if (address !== undefined) child.stdin.end(`${await codeOf(address)}\n`)
  }
  return printed.join('\n')
}
