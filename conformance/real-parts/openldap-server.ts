// OpenLDAP as a company's directory for one test file: LDAPS, and StartTLS on LDAP, with a certificate for localhost.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'ldapts'
import { authority } from '../../src/federation/testing/idp.ts'
import { freePort } from '../clients/free-port.ts'
import { stoppedAfterwards } from './stopped.ts'

/** An entry's attributes by name. */
export type Attributes = Readonly<Record<string, string | readonly string[]>>

export interface OpenLdapOptions {
  readonly suffix: string
  /** In order: parents first. `userPassword` is stored as it is given. */
  readonly entries: readonly (readonly [dn: string, attributes: Attributes])[]
  /** The overlay that keeps `memberOf`; true where it is not said. */
  readonly memberOf?: boolean
  /** Lines of its configuration before the database: more of a schema. */
  readonly schema?: string
  /** Lines of its configuration behind the database's own: limits, more overlays. */
  readonly database?: string
}

export interface OpenLdap {
  /** `ldaps://localhost:…` */
  readonly url: string
  /** `ldap://localhost:…`, for StartTLS. */
  readonly plainUrl: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** Who may do everything. */
  readonly root: { readonly name: string; readonly password: string }
  /** Runs with a client that is bound as the root. */
  asRoot<Result>(work: (client: Client) => Promise<Result>): Promise<Result>
  /** Ends it as a power cut does. */
  kill(): Promise<void>
  /** Starts it again on the same addresses, with what it had. */
  start(): Promise<void>
}

const startMs = 20_000
const vectors = fileURLToPath(new URL('../vectors/oidc-tls/', import.meta.url))
const rootPassword = 'root-of-one-test'

/** Starts it; its files are in `folder`, which it makes. It is stopped after the suite that calls this, which is no hook. */
export async function startOpenLdap(program: string, folder: string, options: OpenLdapOptions): Promise<OpenLdap> {
  const { suffix, entries, memberOf = true, schema = '', database = '' } = options
  mkdirSync(join(folder, 'db'), { recursive: true })
  const [port, tlsPort] = [await freePort(), await freePort()]
  const root = { name: `cn=root,${suffix}`, password: rootPassword }
  const configuration = join(folder, 'slapd.conf')
  writeFileSync(
    configuration,
    `${['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath /usr/lib/ldap
moduleload back_mdb
${memberOf ? 'moduleload memberof' : ''}
${schema}
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${vectors}ca.cert.pem
TLSCertificateFile ${vectors}server.cert.pem
TLSCertificateKeyFile ${vectors}server.key.pem
database mdb
maxsize 268435456
dbnosync
suffix ${suffix}
rootdn ${root.name}
rootpw ${rootPassword}
directory ${folder}/db
index objectClass,uid,entryUUID,member,uniqueMember,memberUid eq
${memberOf ? 'index memberOf eq' : ''}
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous auth
${database}
${memberOf ? 'overlay memberof\nmemberof-refint TRUE' : ''}
`,
  )
  const url = `ldaps://localhost:${tlsPort}`
  const plainUrl = `ldap://localhost:${port}`
  const log = join(folder, 'slapd.log')
  let child: ChildProcess | undefined

  async function start() {
    const output = openSync(log, 'a')
    const addresses = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
    const started = spawn(program, ['-f', configuration, '-h', addresses, '-d', 'none'], {
      stdio: ['ignore', output, output],
      env: { PATH: process.env.PATH ?? '' },
    })
    closeSync(output)
    child = started
    stoppedAfterwards(started)
    const late = Date.now() + startMs
    while (started.exitCode === null && Date.now() < late) {
      if (await answers()) return
      await delay(50)
    }
    throw new Error(`slapd did not start: ${readFileSync(log, 'utf8').slice(-4000)}`)
  }

  const answers = () => asRoot(async () => true).catch(() => false)

  async function asRoot<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ url, tlsOptions: { ca: authority, servername: 'localhost' }, timeout: 10_000 })
    try {
      await client.bind(root.name, root.password)
      return await work(client)
    } finally {
      await client.unbind()
    }
  }

  await start()
  await asRoot(async (client) => {
    for (const [dn, attributes] of entries)
      await client.add(
        dn,
        Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
        ),
      )
  })
  return {
    ...{ url, plainUrl, root, asRoot, start },
    ca: authority,
    async kill() {
      const gone = child
      if (gone === undefined || gone.exitCode !== null || gone.signalCode !== null) return
      const ended = new Promise((resolve) => gone.once('exit', resolve))
      gone.kill('SIGKILL')
      await ended
    },
  }
}
