// Runs a script or an installed command under the pinned Node 24, after installing the packages of package-lock.json.
// Plain JavaScript for Node >= 20.19, because `npm start` and `npm test` launch it on a fresh clone.
//
//   node scripts/setup.js bin/hallpass.js dev        a script of this repository
//   node scripts/setup.js biome check                a command of node_modules/.bin
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary } from '../bin/node-binary.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.hallpass-setup')

install()
run(process.argv.slice(2))

/** Installs once per lock file; a later call costs one hash. */
function install() {
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash) return
  console.error('hallpass: installing the packages of package-lock.json (once; about half a minute) ...')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('hallpass: `npm ci` failed; see above. It needs the npm registry.')
    process.exit(1)
  }
  mkdirSync(modules, { recursive: true })
  writeFileSync(stamp, lockHash)
}

/** Replaces this process, as far as Node can: same standard streams, signals passed on, same exit code. */
function run([target, ...args]) {
  const node = nodeBinary(root)
  if (node === undefined) {
    console.error('hallpass: needs Node 24 or newer, and no packaged one exists for this platform. Install Node 24.')
    process.exit(1)
  }
  const command = existsSync(join(root, target)) ? join(root, target) : undefined
  const env = { ...process.env, PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` }
  const child = command
    ? spawn(node, ['--disable-warning=ExperimentalWarning', command, ...args], { stdio: 'inherit', env, cwd: root })
    : spawn(join(modules, '.bin', target), args, { stdio: 'inherit', env, cwd: root })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`hallpass: cannot run ${target}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}
