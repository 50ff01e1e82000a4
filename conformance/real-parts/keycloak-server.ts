// Keycloak for one test file: a process over a store in memory, with TLS of an authority that is made for it, its admin
// API, and what its clients ask of it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { freePort } from '../clients/free-port.ts'
import { ended, withUs } from './served.ts'

export interface Keycloak {
  readonly url: string
  /** PEM of the authority behind its certificate. */
  readonly ca: string
  readonly issuer: (realm: string) => string
  /** Makes a realm from its representation. */
  addRealm(representation: { readonly realm: string } & Readonly<Record<string, unknown>>): Promise<void>
  /** Adds clients, roles and people to a realm. */
  addTo(realm: string, representation: object): Promise<void>
  /** Makes a new key the one that signs. The ones before it stay published. */
  rotate(realm: string): Promise<void>
  /** Lets a person sign in no more. */
  disable(realm: string, username: string): Promise<void>
  /** The access token that a client with a secret gets for itself (RFC 6749, 4.4). */
  clientCredentials(realm: string, client: string, secret: string): Promise<string>
  stop(): Promise<void>
}

const startMs = 120_000
/** Little memory, and a compiler that does not optimize what runs for a minute. */
const javaOptions = { JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx384m', JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1' }
const password = 'only-of-this-run'

/**
 * Starts it; its files are in `folder`. From then on this process believes its authority. It is stopped after the suite that
 * calls this, which is no hook.
 */
export async function startKeycloak(home: string, folder: string): Promise<Keycloak> {
  const store = join(folder, 'keycloak.p12')
  const ca = makeCertificates(store)
  setDefaultCACertificates([...getCACertificates('default'), ca])
  const port = await freePort()
  const url = `https://localhost:${port}`
  const admin = randomBytes(18).toString('base64url')
  const child = spawn(
    join(home, 'bin', 'kc.sh'),
    [
      ...['start', '--optimized', '--cache=local', '--http-host=127.0.0.1', '--http-enabled=false'],
      ...[`--https-port=${port}`, `--hostname=${url}`],
      ...[`--https-key-store-file=${store}`, `--https-key-store-password=${password}`],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env.PATH ?? '', HOME: folder, ...javaOptions },
        ...{ KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: admin },
      },
    },
  )
  withUs(child)
  after(() => ended(child))
  const log = join(folder, 'keycloak.log')
  const file = createWriteStream(log)
  child.stdout.pipe(file, { end: false })
  child.stderr.pipe(file, { end: false })
  await listening(child, `${url}/realms/master`, log)

  const issuer = (realm: string) => `${url}/realms/${realm}`
  const tokenOf = async (realm: string, form: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams(form)
    const answer = await fetch(`${issuer(realm)}/protocol/openid-connect/token`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`Keycloak answered ${answer.status}: ${await answer.text()}`)
    return ((await answer.json()) as { access_token: string }).access_token
  }
  /** The admin's token lives for a minute: one a call. */
  const call = async (method: string, path: string, content?: object) => {
    const form = { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: admin }
    const headers = { authorization: `Bearer ${await tokenOf('master', form)}`, 'content-type': 'application/json' }
    const body = content === undefined ? null : JSON.stringify(content)
    const answer = await fetch(`${url}/admin/realms${path}`, { method, headers, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to ${method} ${path}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  let priority = 1000
  return {
    ...{ url, ca, issuer },
    addRealm: (representation) => call('POST', '', { enabled: true, ...representation }),
    addTo: (realm, representation) =>
      call('POST', `/${realm}/partialImport`, { ifResourceExists: 'FAIL', ...representation }),
    async rotate(realm) {
      const { id } = await call('GET', `/${realm}`)
      await call('POST', `/${realm}/components`, {
        ...{ name: `key-${++priority}`, parentId: id, providerId: 'rsa-generated' },
        providerType: 'org.keycloak.keys.KeyProvider',
        config: { priority: [String(priority)], enabled: ['true'], active: ['true'], algorithm: ['RS256'] },
      })
    },
    async disable(realm, username) {
      const [found] = await call('GET', `/${realm}/users?exact=true&username=${username}`)
      await call('PUT', `/${realm}/users/${found.id}`, { ...found, enabled: false })
    },
    clientCredentials: (realm, client_id, client_secret) =>
      tokenOf(realm, { grant_type: 'client_credentials', client_id, client_secret }),
    stop: () => ended(child),
  }
}

/** An authority, and a certificate of its for localhost, by Java's own tool. Answers the authority. */
function makeCertificates(store: string): string {
  const keytool = (...args: string[]) =>
    execFileSync('keytool', [...args, '-keystore', store, '-storetype', 'PKCS12', '-storepass', password], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const pair = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2']
  keytool(...pair, '-alias', 'authority', '-dname', 'CN=Root of one test', '-ext', 'bc:c', '-ext', 'ku:c=keyCertSign')
  keytool(...pair, '-alias', 'server', '-signer', 'authority', '-dname', 'CN=localhost', '-ext', 'san=dns:localhost')
  const ca = keytool('-exportcert', '-rfc', '-alias', 'authority')
  // Keycloak takes the store's one key.
  keytool('-delete', '-alias', 'authority')
  return ca
}

async function listening(child: ChildProcess, url: string, log: string) {
  const late = Date.now() + startMs
  while (child.exitCode === null && Date.now() < late) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await delay(200)
  }
  throw new Error(`Keycloak did not start: ${readFileSync(log, 'utf8').slice(-4000)}`)
}
