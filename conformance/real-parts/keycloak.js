// Keycloak as Maven Central has it, made ready once in this repository's .venv/, which git ignores; and the Java that runs
// it. Fetched with the hash it must have, and prepared (`kc.sh build`) for a store in memory.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import http from 'node:http'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { install, run } from './debian.js'

const version = '26.7.3'
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47'
/** Set HALLPASS_MAVEN_REPOSITORY where Maven Central is reached by a mirror. */
const repository = process.env.HALLPASS_MAVEN_REPOSITORY ?? 'https://repo.maven.apache.org/maven2'
const name = `keycloak-quarkus-dist-${version}.tar.gz`
const url = `${repository}/org/keycloak/keycloak-quarkus-dist/${version}/${name}`

const here = dirname(fileURLToPath(import.meta.url))
const folder = join(dirname(dirname(here)), '.venv', 'keycloak')

/** Where Keycloak is, once `prepareKeycloak` has come back. */
export const keycloakHome = join(folder, `keycloak-${version}`)

const buildOptions = ['--db=dev-mem', '--metrics-enabled=false', '--health-enabled=false']

/**
 * Makes Keycloak ready unless it is already. Answers why it cannot be run here: there is no Java, and no way to install it.
 * @throws Error when what it needs cannot be fetched or is not what it should be
 */
export async function prepareKeycloak() {
  if (!hasJava() && !(install('default-jre-headless') && hasJava())) {
    return 'no Java 17 or newer, and apt-get cannot install one'
  }
  const stamp = join(folder, 'hallpass-prepared')
  const wanted = `${sha256} ${buildOptions.join(' ')}`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined
  console.log(`fetching Keycloak ${version}, 176 MB, and preparing it (once; about half a minute) ...`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, name)
  await download(archive)
  if (!run('tar', ['xzf', archive, '-C', folder])) throw new Error(`tar could not unpack ${archive}`)
  rmSync(archive)
  if (!run(join(keycloakHome, 'bin', 'kc.sh'), ['build', ...buildOptions], 'ignore')) {
    throw new Error('`kc.sh build` failed')
  }
  writeFileSync(stamp, wanted)
  return undefined
}

function hasJava() {
  const { stderr, status } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1]) >= 17
}

async function download(file) {
  // The proxy that npm, pip and apt-get go by.
  http.setGlobalProxyFromEnv?.()
  const answer = await fetch(url).catch((error) => {
    throw new Error(`${url} cannot be fetched: ${error.cause?.message ?? error.message}`)
  })
  if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`)
  await pipeline(answer.body, createWriteStream(file))
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  const found = hash.digest('hex')
  if (found !== sha256) throw new Error(`${url} has the SHA-256 ${found}, not ${sha256}`)
}
