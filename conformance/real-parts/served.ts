// `hallpass serve` as a process of its own, as it ships, and AWS's clients for it: what proofs of other providers are tried against.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandOutput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { authority } from '../../src/federation/testing/idp.ts'
import { folder } from '../clients/folder.ts'
import { freePort } from '../clients/free-port.ts'
import { keysOf } from '../clients/people.ts'
import { type Clients, type Keys, nobody } from '../clients/server.ts'

const program = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))

export const account = '111122223333'

const vector = (name: string) => fileURLToPath(new URL(`../vectors/oidc-tls/${name}`, import.meta.url))

export interface Provider {
  readonly issuer: string
  /** Claims that are condition keys of trust policies. */
  readonly claims?: readonly string[]
}

export interface ServeOptions {
  readonly providers?: readonly Provider[]
  /** PEM of the authority behind the providers' certificates. */
  readonly ca?: string
  /** Serves its pages too: all of it under TLS, by a certificate of the tests' own authority, which this process then believes. */
  readonly pages?: boolean
  /** More settings, by name. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Served {
  readonly url: string
  /** Where its pages are, without a slash at the end; empty when it has none. */
  readonly publicUrl: string
  /** A file with the authority behind its certificate. */
  readonly ca: string
  readonly root: Keys
  /** `hallpass apply` with this file; other files stand beside it, by name. */
  apply(text: string, beside?: Readonly<Record<string, string>>): string
  /** A command of the operator's, and what it prints. */
  operate(...words: string[]): string
  /** Clients of one identity, which try once. */
  as(keys: Keys): Clients
  /** AssumeRoleWithWebIdentity, unsigned. */
  assumeWith(RoleArn: string, WebIdentityToken: string): Promise<AssumeRoleWithWebIdentityCommandOutput>
  /** Assumes the role and returns the ARN in GetCallerIdentity's answer. */
  whoIs(RoleArn: string, WebIdentityToken: string): Promise<string>
}

/**
 * Starts a server that trusts providers of this machine, and stops it after the file or the suite that calls this. Not for
 * hooks: it would be stopped after the hook.
 */
export async function serve({
  providers = [],
  ca = authority,
  pages = false,
  settings = {},
}: ServeOptions = {}): Promise<Served> {
  const data = folder()
  writeFileSync(join(data, 'ca.pem'), ca)
  const file = join(data, 'providers.yaml')
  const entries = providers.map((one) => ({ ...one, account, ca: 'ca.pem', allow: ['127.0.0.0/8'] }))
  writeFileSync(file, JSON.stringify({ providers: entries }))
  const port = pages ? await freePort() : 0
  const publicUrl = pages ? `https://localhost:${port}` : ''
  // No leeway for clocks: it is the same one, and an expired token is expired at once.
  const flags = { data: join(data, 'data'), listen: `127.0.0.1:${port}`, 'root-account-id': account, 'clock-skew': '0' }
  const certificate = { 'tls-cert': vector('server.cert.pem'), 'tls-key': vector('server.key.pem') }
  if (pages) setDefaultCACertificates([...getCACertificates('default'), authority])
  const { child, url } = await start({
    ...{ ...flags, 'providers-file': file, ...settings },
    ...(pages ? { ...certificate, 'public-url': publicUrl, 'api-url': `https://127.0.0.1:${port}` } : {}),
  })
  const { AccessKeyId, SecretAccessKey } = JSON.parse(readFileSync(join(flags.data, 'root-credentials.json'), 'utf8'))
  const opened: { destroy(): void }[] = []
  const as = (credentials: Keys): Clients => {
    const common = { region: 'us-east-1', endpoint: url, maxAttempts: 1, credentials }
    const clients = {
      sts: new STSClient(common),
      iam: new IAMClient(common),
      organizations: new OrganizationsClient(common),
      cognito: new CognitoIdentityClient(common),
      dynamodb: new DynamoDBClient(common),
      eks: new EKSClient(common),
    }
    opened.push(...Object.values(clients))
    return { keys: credentials, ...clients }
  }
  after(async () => {
    for (const client of opened) client.destroy()
    await ended(child)
  })
  const anyone = as(nobody)
  const assumeWith = (RoleArn: string, WebIdentityToken: string) =>
    anyone.sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'session', WebIdentityToken }))
  return {
    ...{ url, publicUrl, ca: vector('ca.cert.pem') },
    apply(text, beside = {}) {
      const applied = folder()
      for (const [name, content] of Object.entries({ ...beside, 'apply.yaml': text }))
        writeFileSync(join(applied, name), content)
      return hallpass('apply', join(applied, 'apply.yaml'), '--data', flags.data)
    },
    operate: (...words) => hallpass(...words, '--data', flags.data),
    root: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey },
    as,
    assumeWith,
    async whoIs(role, token) {
      const { Credentials } = await assumeWith(role, token)
      return (await as(keysOf(Credentials)).sts.send(new GetCallerIdentityCommand({}))).Arn ?? ''
    },
  }
}

const ownEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HALLPASS_')))

function start(
  flags: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const env = ownEnvironment()
  const child = spawn(execPath, [program, 'serve', ...args], { stdio: ['ignore', 'ignore', 'pipe'], env })
  withUs(child)
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const url = /at (https?:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1]
      if (url !== undefined) resolve({ child, url })
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`hallpass ended with ${code}: ${said}`)))
  })
}

/** A command, without settings of this machine. Answers what it printed. */
const hallpass = (...args: string[]) =>
  execFileSync(execPath, [program, ...args], { encoding: 'utf8', env: ownEnvironment() })

/** Stops a process; resolves when it is gone. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Kills the child however this process ends. */
export function withUs(child: ChildProcess) {
  process.once('exit', () => child.kill('SIGTERM'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
}
