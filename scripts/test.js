// The test suite: all tests that need only Node and npm packages. With arguments, the files whose path begins with one.
//   npm test                     all
//   npm test src/core/policy     one folder
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const prefixes = process.argv.slice(2)
const option = prefixes.find((prefix) => prefix.startsWith('-'))
if (option !== undefined) {
  console.error(`npm test takes the beginnings of paths of test files, and no options: ${option}`)
  process.exit(1)
}
const isSelected = (file) =>
  prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix.split('/').join(sep)))
const files = globSync(['src/**/*.test.ts', 'scripts/**/*.test.ts', 'conformance/**/*.test.ts'], { cwd: root })
  .filter((file) => !file.startsWith(join('conformance', 'real-parts')))
  .filter(isSelected)
  .sort()

// Tests of the pure floors share one process: a process for each file would cost more than the tests in it.
const pure = files.filter((file) => /^src.(core|wire)/.test(file))
const rest = files.filter((file) => !pure.includes(file))

// The machine's proxy or CA bundle, or a developer's AWS settings, must not reach clients under test.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(AWS_|HALLPASS_|NODE_TEST_CONTEXT)/.test(name)),
)

/** A file that does not end by then is stopped, and has failed. The longest takes half of that. */
const longestMs = 480_000

const run = (name, flags, list) => {
  if (list.length === 0) return 0
  console.log(`\n── ${name}: ${list.length} files ──`)
  const reporter = ['--test-reporter', join(root, 'scripts', 'reporter.js'), '--test-reporter-destination', 'stdout']
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--test', `--test-timeout=${longestMs}`, ...flags, ...reporter, ...list],
    {
      cwd: root,
      stdio: 'inherit',
      env,
    },
  )
  return status ?? 1
}

if (files.length === 0) {
  console.error(`no path of a test file begins with ${prefixes.join(' or ')}`)
  process.exit(1)
}
const failed = [run('pure floors', ['--test-isolation=none'], pure), run('the rest', [], rest)].some(
  (status) => status !== 0,
)
process.exit(failed ? 1 : 0)
