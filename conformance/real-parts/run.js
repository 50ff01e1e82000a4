// The real-parts suite: stock clients, providers and a browser that are not npm packages, against the server as it ships.
// It needs python3, Java, Go, Chromium (root installs most of them on Debian), PyPI, Maven Central, the Go module proxy and
// Debian's archive beside what `npm test` needs.
//   node scripts/setup.js conformance/real-parts/run.js [file ...]
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { prepareAwsCliV2 } from './aws-cli-v2.js'
import { prepareChromium } from './chromium.js'
import { prepareDeployTools } from './deploy-tools.js'
import { prepareFaketime } from './faketime.js'
import { prepareGoProgram } from './go.js'
import { prepareJavaProgram } from './java.js'
import { here } from './kept.js'
import { prepareKeycloak } from './keycloak.js'
import { prepareManifests } from './manifests.js'
import { prepareNetwork } from './network.js'
import { prepareOpenLdap } from './openldap.js'
import { preparePostgres } from './postgres.js'
import { prepareRolesAnywhereHelper } from './roles-anywhere-helper.js'
import { prepareSamba } from './samba.js'
import { prepareSimpleSamlPhp } from './simplesamlphp.js'
import { prepareAnsible, prepareBrokerClient, prepareMoto, preparePythonClients } from './venv.js'

/** Tests read the path of a part from HALLPASS_REAL_name, or the reason why it is missing from HALLPASS_NO_name. */
const parts = {
  PYTHON_CLIENTS: preparePythonClients,
  AWS_CLI_V2: prepareAwsCliV2,
  ANSIBLE: prepareAnsible,
  MOTO: prepareMoto,
  BROKER_CLIENT: prepareBrokerClient,
  GO_PROGRAM: prepareGoProgram,
  JAVA_PROGRAM: prepareJavaProgram,
  ROLES_ANYWHERE_HELPER: prepareRolesAnywhereHelper,
  MANIFESTS: prepareManifests,
  DEPLOY_TOOLS: prepareDeployTools,
  KEYCLOAK: prepareKeycloak,
  CHROMIUM: prepareChromium,
  SIMPLESAMLPHP: prepareSimpleSamlPhp,
  OPENLDAP: prepareOpenLdap,
  SAMBA: prepareSamba,
  FAKETIME: prepareFaketime,
  POSTGRES: preparePostgres,
  NETWORK: prepareNetwork,
}

const longestFileMs = 400_000

const asked = process.argv.slice(2).map((name) => basename(name))
const started = performance.now()
const files = globSync('*.test.ts', { cwd: here })
  .filter((file) => asked.length === 0 || asked.includes(file))
  .sort()
  .map((file) => join(here, file))
if (files.length === 0) {
  console.error(`no test file is called ${asked.join(' or ')}`)
  process.exit(1)
}

const env = { ...process.env }
for (const [name, prepare] of Object.entries(parts)) {
  try {
    const { path, missing } = await prepare()
    if (missing === undefined) env[`HALLPASS_REAL_${name}`] = path
    else {
      env[`HALLPASS_NO_${name}`] = missing
      console.log(`skipped: ${missing}`)
    }
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

console.log(`\n── real parts: ${files.length} files ──`)
const root = dirname(dirname(here))
const reporters = [
  ...['--test-reporter', join(here, 'progress.js'), '--test-reporter-destination', 'stderr'],
  ...['--test-reporter', join(root, 'scripts', 'reporter.js'), '--test-reporter-destination', 'stdout'],
]

/** Those that are, and those that are not. */
function parted(list, is) {
  const { yes = [], no = [] } = Object.groupBy(list, (each) => (is(each) ? 'yes' : 'no'))
  return [yes, no]
}

/** Runs files one after another, and answers the status. What it prints comes when all are done, but for the progress. */
function runFiles(list) {
  if (list.length === 0) return { status: 0, text: '' }
  // A file that does not end is stopped, and has failed.
  const flags = ['--test', '--test-concurrency=1', `--test-timeout=${longestFileMs}`, ...reporters]
  const args = ['--disable-warning=ExperimentalWarning', ...flags, ...list]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env })
  const pieces = []
  child.stdout.on('data', (piece) => pieces.push(piece))
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status: status ?? 1, text: Buffer.concat(pieces).toString() }))
  })
}

// Those that start Samba, whose ports are fixed, in turn; they wait for the better part, so the others run beside them. Those whose
// programs give up after a second run when all others are done.
const has = (text) => (file) => readFileSync(file, 'utf8').includes(text)
const [alone, others] = parted(files, has('Runs alone:'))
const ran = await Promise.all(parted(others, has('startSamba')).map(runFiles))
ran.push(await runFiles(alone))
for (const { text } of ran) process.stdout.write(text)
console.log(`real parts: ${Math.round((performance.now() - started) / 1000)} s with what was installed`)
process.exit(ran.some(({ status }) => status !== 0) ? 1 : 0)
