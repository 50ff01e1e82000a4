// The process of the metadata agent, which stays beside the workloads of a machine and is to be small: it runs without the code of the
// other commands, without the reader of its file, and without V8's compilers, which need more memory than all the rest of it.
import { spawnSync } from 'node:child_process'
import { fileProblem } from './app/file-problem.ts'
import type { AgentFile } from './config/agent-file.ts'
import { ended, settled } from './process.ts'

// It answers programs that ask a few times an hour.
const frugal = ['--lite-mode', '--max-semi-space-size=1']

/** Runs `hallpass metadata` with its arguments; resolves to the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const { execPath, execArgv, argv, env, platform } = process
  const [, self = ''] = argv
  // V8 takes these only as it starts: the same process begins anew with them. Without WebAssembly, which they leave out, Node runs no
  // TypeScript: only the built package is small.
  const isBuilt = import.meta.url.endsWith('.js')
  if (isBuilt && platform !== 'win32' && !frugal.every((flag) => execArgv.includes(flag)))
    process.execve?.(execPath, [execPath, ...execArgv, ...frugal, self, 'metadata', ...words], env)
  const err = (line: string) => process.stderr.write(`${line}\n`)
  // Another process reads the command line and the file, and says what is wrong with them.
  const program = [...execArgv.filter((flag) => !frugal.includes(flag)), self, 'metadata', ...words, '--check']
  const read = spawnSync(execPath, program, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (read.status !== 0) return read.status ?? 1
  try {
    const { runMetadata } = await import('./cli/run-metadata.ts')
    return await runMetadata(JSON.parse(read.stdout) as AgentFile, { clock: () => new Date(), err, settled, ended })
  } catch (error) {
    err(`hallpass: ${fileProblem(error) ?? (error as Error).message}`)
    return 1
  }
}
