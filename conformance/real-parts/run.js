// The real-parts suite: stock clients, providers and a browser that are not npm packages, against the server as it ships.
// It needs python3, Java and Chromium (root installs them on Debian), PyPI and Maven Central beside what `npm test` needs.
//   node scripts/setup.js conformance/real-parts/run.js [file ...]
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareChromium } from './chromium.js'
import { keycloakHome, prepareKeycloak } from './keycloak.js'
import { prepare, programs } from './venv.js'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
const asked = process.argv.slice(2).map((name) => basename(name))
const started = performance.now()

const parts = { HALLPASS_REAL_PARTS: programs }
try {
  prepare()
  const missing = await prepareKeycloak()
  Object.assign(parts, missing === undefined ? { HALLPASS_KEYCLOAK: keycloakHome } : { HALLPASS_NO_KEYCLOAK: missing })
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
const chromium = prepareChromium()
Object.assign(
  parts,
  chromium === undefined
    ? { HALLPASS_NO_CHROMIUM: 'no Chromium, and apt-get cannot install it' }
    : { HALLPASS_CHROMIUM: chromium },
)

const files = globSync('*.test.ts', { cwd: here })
  .filter((file) => asked.length === 0 || asked.includes(file))
  .sort()
  .map((file) => join(here, file))
if (files.length === 0) {
  console.error(`no test file is called ${asked.join(' or ')}`)
  process.exit(1)
}
for (const reason of [parts.HALLPASS_NO_KEYCLOAK, parts.HALLPASS_NO_CHROMIUM])
  if (reason) console.log(`skipped: ${reason}`)
console.log(`\n── real parts: ${files.length} files ──`)
const reporters = [
  ...['--test-reporter', join(here, 'progress.js'), '--test-reporter-destination', 'stderr'],
  ...['--test-reporter', join(root, 'scripts', 'reporter.js'), '--test-reporter-destination', 'stdout'],
]
const { status } = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', ...reporters, ...files],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...parts } },
)
console.log(`real parts: ${Math.round((performance.now() - started) / 1000)} s with what was installed`)
process.exit(status ?? 1)
