// Keycloak as Maven Central has it, prepared once (`kc.sh build`) for a store in memory.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './debian.js'
import { download, mavenRepository } from './download.js'
import { hasJava } from './java.js'
import { folderOf, keep } from './kept.js'

const version = '26.7.3'
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47'
const name = `keycloak-quarkus-dist-${version}.tar.gz`
const url = `${mavenRepository}/org/keycloak/keycloak-quarkus-dist/${version}/${name}`
const home = join(folderOf('keycloak'), `keycloak-${version}`)
const buildOptions = ['--db=dev-mem', '--metrics-enabled=false', '--health-enabled=false']

/** Makes Keycloak ready. @throws Error when what it needs cannot be fetched or is not what it should be */
export async function prepareKeycloak() {
  if (!hasJava()) return { missing: 'no Java 17 or newer, and apt-get cannot install one' }
  await keep('keycloak', `${sha256} ${buildOptions.join(' ')}`, async (folder) => {
    console.log(`fetching Keycloak ${version}, 176 MB, and preparing it (once; about half a minute) ...`)
    const archive = join(folder, name)
    await download(url, sha256, archive)
    if (!run('tar', ['xzf', archive, '-C', folder])) throw new Error(`tar could not unpack ${archive}`)
    rmSync(archive)
    if (!run(join(home, 'bin', 'kc.sh'), ['build', ...buildOptions], 'ignore')) throw new Error('`kc.sh build` failed')
  })
  return { path: home }
}
