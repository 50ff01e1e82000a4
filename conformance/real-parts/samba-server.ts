// Samba as a company's Active Directory for one test file, with a certificate for localhost. Its ports are LDAP's own, on 127.0.0.1:
// one such test file runs at a time.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, copyFileSync, cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'ldapts'
import { authority } from '../../src/federation/testing/idp.ts'
import { stoppedAfterwards } from './stopped.ts'

export interface SambaCompany {
  /** Attributes of the domain: the rules of passwords. */
  readonly domain: Readonly<Record<string, string>>
  /** Organizational units below the domain; `People` is the one of people. */
  readonly units: readonly string[]
  readonly people: readonly {
    readonly name: string
    readonly password: string
    /** Attributes that are written over what a new person has. */
    readonly values: Readonly<Record<string, string>>
  }[]
  readonly groups: readonly { readonly name: string; readonly unit: string; readonly members: readonly string[] }[]
}

export interface Samba {
  readonly url: string
  /** For StartTLS. */
  readonly plainUrl: string
  /** PEM of the authority of its certificate. */
  readonly ca: string
  /** The domain's DN. */
  readonly domain: string
  /** Runs with a client that is bound as the domain's administrator. */
  asRoot<Result>(work: (client: Client) => Promise<Result>): Promise<Result>
  stop(): Promise<void>
}

const startMs = 30_000
const seedProgram = fileURLToPath(new URL('./samba-people.py', import.meta.url))
const vectors = fileURLToPath(new URL('../vectors/oidc-tls/', import.meta.url))

/** Starts it on a copy of `template` in `folder`. It is stopped after the suite that calls this, which is no hook. */
export async function startSamba(template: string, folder: string, company: SambaCompany): Promise<Samba> {
  cpSync(template, folder, { recursive: true })
  const at = (...names: string[]) => join(folder, ...names)
  for (const name of ['run', 'cache']) mkdirSync(at(name), { recursive: true })
  copyFileSync(`${vectors}server.key.pem`, at('server.key'))
  chmodSync(at('server.key'), 0o600)
  writeFileSync(
    at('etc', 'smb.conf'),
    `[global]
netbios name = DC1
realm = CORP.EXAMPLE
workgroup = CORP
server role = active directory domain controller
server services = ldap, kdc
interfaces = 127.0.0.1/8
bind interfaces only = yes
private dir = ${at('private')}
state directory = ${at('state')}
cache directory = ${at('cache')}
lock directory = ${folder}
pid directory = ${at('run')}
ncalrpc dir = ${at('run', 'ncalrpc')}
log file = ${at('samba.log')}
tls certfile = ${vectors}server.cert.pem
tls keyfile = ${at('server.key')}
tls cafile =
`,
  )
  const seed = spawnSync('/usr/bin/python3', [seedProgram, at('etc', 'smb.conf')], {
    input: JSON.stringify(company),
    encoding: 'utf8',
  })
  if (seed.status !== 0) throw new Error(`samba-people.py: ${seed.stderr}`)
  const output = openSync(at('output.log'), 'a')
  const child = spawn('samba', ['-F', '--no-process-group', '-M', 'single', '-s', at('etc', 'smb.conf')], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH ?? '' },
  })
  closeSync(output)
  stoppedAfterwards(child)
  const url = 'ldaps://localhost'
  const domain = 'DC=corp,DC=example'

  async function asRoot<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ url, tlsOptions: { ca: authority, servername: 'localhost' }, timeout: 10_000 })
    try {
      await client.bind('CORP\\Administrator', 'Root-of-0ne-test')
      return await work(client)
    } finally {
      await client.unbind()
    }
  }

  const late = Date.now() + startMs
  while (!(await asRoot(async () => true).catch(() => false))) {
    if (child.exitCode !== null || Date.now() > late)
      throw new Error(`samba did not start: ${readFileSync(at('output.log'), 'utf8').slice(-4000)}`)
    await delay(100)
  }
  return {
    ...{ url, domain, asRoot },
    plainUrl: 'ldap://localhost',
    ca: authority,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}
