// The AWS CLI and boto3, as PyPI has them, in a virtual environment of this repository: made once for what
// requirements.txt pins, in .venv/, which git ignores.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, run } from './debian.js'

const here = dirname(fileURLToPath(import.meta.url))
const folder = join(dirname(dirname(here)), '.venv', 'real-parts')

/** Where the environment has its programs: `aws`, `python3`. */
export const programs = join(folder, 'bin')

/** Makes the environment unless it is there already. @throws Error that says what to install */
export function prepare() {
  const requirements = join(here, 'requirements.txt')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  const stamp = join(folder, 'hallpass-requirements')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('installing the AWS CLI and boto3 that requirements.txt pins (once; about a quarter of a minute) ...')
  rmSync(folder, { recursive: true, force: true })
  if (
    !run('python3', ['-m', 'venv', folder]) &&
    !(install('python3', 'python3-venv') && run('python3', ['-m', 'venv', '--clear', folder]))
  ) {
    throw new Error('the real-parts suite needs python3 with venv (Debian: apt-get install python3 python3-venv)')
  }
  if (!run(join(programs, 'python3'), ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', requirements])) {
    throw new Error('pip could not install what conformance/real-parts/requirements.txt pins; see above')
  }
  writeFileSync(stamp, wanted)
}
