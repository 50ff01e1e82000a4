// `npm run check`: the checks that must pass before a commit lands. Format and lint, types, the published package, generated files,
// tests (two of which check the rule of imports, and that the wire contract is up to date). `--no-tests` leaves out the last.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules', '.bin', name)
const withTests = !process.argv.includes('--no-tests')
const steps = [
  ['format and lint', bin('biome'), ['check', '--error-on-warnings']],
  ['types', bin('tsc'), ['-p', '.']],
  [
    'published package',
    bin('tsc'),
    ['-p', 'tsconfig.build.json', '--outDir', join(root, 'node_modules', '.cache', 'build')],
  ],
  ['generated files', process.execPath, [join(root, 'scripts', 'docs.ts'), '--check']],
  ...(withTests ? [['tests', process.execPath, [join(root, 'scripts', 'test.js')]]] : []),
]
for (const [name, command, args] of steps) {
  console.log(`\n── ${name} ──`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error(`\ncheck: ${name} failed`)
    process.exit(1)
  }
}
console.log('\ncheck: all good')
