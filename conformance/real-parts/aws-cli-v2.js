// The newest AWS CLI 2, which no registry but Debian's unstable suite has as a program: its packages are unpacked in a
// folder, with the libraries and the Python that they were built for, and run from there. Nothing is installed.
import { spawnSync } from 'node:child_process'
import { chmodSync, globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './debian.js'
import { folderOf, keep } from './kept.js'

/** Set HALLPASS_DEBIAN_REPOSITORY to use a mirror of Debian's archive. */
const repository = process.env.HALLPASS_DEBIAN_REPOSITORY ?? 'http://deb.debian.org/debian'
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const unpacked = 'root'

/** Makes it ready; `path` is the program. It stays at the version of the day it was fetched: `rm -r .venv/aws-cli-v2` renews it. */
export async function prepareAwsCliV2() {
  const missing = await keep('aws-cli-v2', repository, (folder) => {
    if (!run('apt-get', ['--version'], 'ignore')) return 'no apt-get to fetch the AWS CLI 2 with'
    console.log('fetching the AWS CLI 2 from Debian unstable, 58 MB (once; about a quarter of a minute) ...')
    const packages = join(folder, 'packages')
    if (!fetchPackages(packages)) return 'the AWS CLI 2 cannot be fetched from Debian unstable; see above'
    unpack(packages, join(folder, unpacked))
    rmSync(packages, { recursive: true })
    writeProgram(folder)
    return undefined
  })
  return missing === undefined ? { path: join(folderOf('aws-cli-v2'), 'aws') } : { missing }
}

/** Fetches the packages of the CLI with all their dependencies, by an apt with a folder of its own. */
function fetchPackages(root) {
  for (const path of [
    'etc/apt/preferences.d',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/lib/dpkg',
    'var/log/apt',
  ])
    mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, 'var/lib/dpkg/status'), '')
  writeFileSync(join(root, 'etc/apt/sources.list'), `deb [signed-by=${keyring}] ${repository} sid main\n`)
  const own = [`Dir=${root}`, `Dir::State::status=${root}/var/lib/dpkg/status`, 'APT::Sandbox::User=root']
  const options = [...own, 'APT::Install-Recommends=false', 'Acquire::Languages=none'].flatMap((option) => [
    '-o',
    option,
  ])
  return (
    run('apt-get', [...options, '-qq', 'update']) &&
    run('apt-get', [...options, '-qq', '-y', '--download-only', 'install', 'awscli', 'base-files'])
  )
}

function unpack(packages, root) {
  // The suite has /bin and its like as links into /usr.
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    mkdirSync(join(root, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, join(root, name))
  }
  for (const file of globSync('var/cache/apt/archives/*.deb', { cwd: packages })) {
    const { stdout, status } = spawnSync('dpkg-deb', ['--fsys-tarfile', join(packages, file)], { maxBuffer: 1 << 30 })
    const tar = ['-x', '-C', root, '--keep-directory-symlink', '--no-same-owner', '-f', '-']
    if (status !== 0 || spawnSync('tar', tar, { input: stdout }).status !== 0)
      throw new Error(`${file} cannot be unpacked`)
  }
}

/** A program that runs the CLI by its own loader, libraries and Python. */
function writeProgram(folder) {
  const root = join(folder, unpacked)
  const only = (pattern) => {
    const [found, ...more] = globSync(pattern, { cwd: root })
    if (found === undefined || more.length > 0) throw new Error(`${pattern} of the AWS CLI 2 is not there once`)
    return join(root, found)
  }
  const loader = only('usr/lib/*-linux-*/ld-linux*')
  const python = only('usr/bin/python3.[0-9]*')
  const libraries = join(loader, '..')
  const program = join(folder, 'aws')
  writeFileSync(
    program,
    `#!/bin/sh
# Written by conformance/real-parts/aws-cli-v2.js.
PYTHONHOME='${root}/usr' PYTHONDONTWRITEBYTECODE=1 exec '${loader}' --library-path '${libraries}' '${python}' '${root}/usr/bin/aws' "$@"
`,
  )
  chmodSync(program, 0o755)
  if (!run(program, ['--version'], 'ignore')) throw new Error(`${program} does not run`)
}
