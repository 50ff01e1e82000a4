// The system's own store of secrets, through the program that comes with it: the Secret Service on Linux (`secret-tool`), the keychain
// on macOS (`security`).
// INVARIANT: a secret goes to a program by its standard input, never as an argument, which every user of the machine can read.
import type { ChildProcess } from 'node:child_process'

const { spawn } = process.getBuiltinModule('node:child_process')

export interface Keyring {
  readonly name: 'secret-tool' | 'security'
  /** False: it would not take it. */
  store(entry: string, secret: string): Promise<boolean>
  /** Undefined: it has none of that name, or is locked. */
  look(entry: string): Promise<string | undefined>
  remove(entry: string): Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Runs a program with the input; undefined when it fails, is not there, or asks a person something for too long. */
export type RunProgram = (program: string, words: readonly string[], input?: string) => Promise<string | undefined>

const service = 'hallpass'

const secretTool = (run: RunProgram): Keyring => ({
  name: 'secret-tool',
  async store(entry, secret) {
    const words = ['store', `--label=Hallpass sign-in at ${entry}`, 'service', service, 'account', entry]
    return (await run('secret-tool', words, secret)) !== undefined
  },
  look: (entry) => run('secret-tool', ['lookup', 'service', service, 'account', entry]),
  async remove(entry) {
    await run('secret-tool', ['clear', 'service', service, 'account', entry])
  },
})

const keychain = (run: RunProgram): Keyring => ({
  name: 'security',
  // `-i` reads the command, and with it the secret, from standard input. Neither text has a quote or a blank: see kept-sign-in.ts.
  async store(entry, secret) {
    const answer = await run('security', ['-i'], `add-generic-password -U -s ${service} -a ${entry} -w ${secret}\n`)
    // The interactive form always ends well: what it stored is looked up.
    return answer !== undefined && (await this.look(entry)) === secret
  },
  async look(entry) {
    return (await run('security', ['find-generic-password', '-s', service, '-a', entry, '-w']))?.replace(/\n$/, '')
  },
  async remove(entry) {
    await run('security', ['delete-generic-password', '-s', service, '-a', entry])
  },
})

/** The keyring of this session; undefined where there is none. HALLPASS_KEYRING=none: do not use it. */
export function systemKeyring(
  environment: Environment,
  platform: NodeJS.Platform,
  run: RunProgram = runProgram(environment),
): Keyring | undefined {
  if (environment.HALLPASS_KEYRING === 'none') return undefined
  if (platform === 'darwin') return keychain(run)
  // Without a session bus there is no Secret Service to ask.
  return platform === 'linux' && environment.DBUS_SESSION_BUS_ADDRESS ? secretTool(run) : undefined
}

const longestMs = 30_000

const runProgram =
  (environment: Environment): RunProgram =>
  (program, words, input = '') =>
    new Promise((done) => {
      let child: ChildProcess
      try {
        child = spawn(program, words, {
          stdio: ['pipe', 'pipe', 'ignore'],
          env: { ...environment },
          timeout: longestMs,
        })
      } catch {
        return done(undefined)
      }
      const printed: Buffer[] = []
      child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk))
      child.on('error', () => done(undefined))
      child.on('close', (code) => done(code === 0 ? Buffer.concat(printed).toString() : undefined))
      // That a program ended before it read is told by its exit code.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
