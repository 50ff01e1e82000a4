// The executable, with the clock of a test: it runs a command as if it were the time that stands in a file.
import { readFileSync } from 'node:fs'
import { run } from '../../src/cli/run.ts'

const [, , file = '', ...words] = process.argv
process.exitCode = await run(words, {
  ...{ stores: [], environment: process.env, clock: () => new Date(readFileSync(file, 'utf8')) },
  ...{ out: (line) => process.stdout.write(`${line}\n`), err: (line) => process.stderr.write(`${line}\n`) },
  ...{ terminal: false, invocation: 'hallpass', executable: 'hallpass', settled: () => {}, ended: async () => {} },
  ...{ question: async () => undefined, openPage: undefined, runProgram: async () => 1 },
})
