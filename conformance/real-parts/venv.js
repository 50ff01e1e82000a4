// Python programs as PyPI has them, each in a virtual environment of its own for what a requirements file pins.
import { join } from 'node:path'
import { install, run } from './debian.js'
import { folderOf, here, keep, sources } from './kept.js'

/** The AWS CLI and boto3. */
export const preparePythonClients = () => prepare('python-clients', 'python-clients.txt', 'the AWS CLI and boto3')

/** Ansible with its collections. */
export const prepareAnsible = () => prepare('ansible', 'ansible/requirements.txt', 'Ansible')

/** moto, whose server has tables as DynamoDB has them. */
export const prepareMoto = () => prepare('moto', 'moto.txt', 'moto')

/** A generator of clients, and what its clients need. */
export const prepareBrokerClient = () =>
  prepare('broker-client', 'broker-client/requirements.txt', 'openapi-python-client')

/** Makes an environment; `path` is where it has its programs. @throws Error that says what to install */
async function prepare(name, requirements, what) {
  await keep(name, sources(requirements), (folder) => {
    console.log(`installing ${what} from PyPI (once; about a quarter of a minute) ...`)
    const made =
      run('python3', ['-m', 'venv', folder]) ||
      (install('python3', 'python3-venv') && run('python3', ['-m', 'venv', '--clear', folder]))
    if (!made) throw new Error('this suite needs python3 with venv (Debian: apt-get install python3 python3-venv)')
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-compile', '-r', join(here, requirements)]
    if (!run(join(folder, 'bin', 'python3'), pip)) {
      throw new Error(`pip could not install what conformance/real-parts/${requirements} pins; see above`)
    }
  })
  return { path: join(folderOf(name), 'bin') }
}
