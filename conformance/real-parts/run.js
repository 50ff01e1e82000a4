// The real-parts suite: stock clients that are not npm packages, against the server as it ships. It needs python3 and the
// PyPI registry beside what `npm test` needs.
//   node scripts/setup.js conformance/real-parts/run.js
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare, programs } from './venv.js'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

try {
  prepare()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

const files = globSync('*.test.ts', { cwd: here })
  .sort()
  .map((file) => join(here, file))
console.log(`\n── real parts: ${files.length} files ──`)
const reporter = ['--test-reporter', join(root, 'scripts', 'reporter.js'), '--test-reporter-destination', 'stdout']
const { status } = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', ...reporter, ...files],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, HALLPASS_REAL_PARTS: programs } },
)
process.exit(status ?? 1)
