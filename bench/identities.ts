// npm run bench -- --identities N: whether GetId stays as fast with N identities in a pool as with a thousand. Measures two
// servers in turn in one run, which differ only in the size of their pool, and prints the growth. Subjects are stored in the
// order they were made, and requested at random.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity'
import { SignJWT } from 'jose'
import { pooledRandom } from '../src/keys/random.ts'
import { newId } from '../src/service/cognito-identity/identities/ids.ts'
import { identities, loginLinks } from '../src/service/cognito-identity/records.ts'
import { collections } from '../src/service/collections.ts'
import { isoTime } from '../src/service/records.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'
import { makeFederation, makeProvider, type Provider } from './federation.ts'
import { median, spread, table } from './print.ts'
import { Child, type Hallpass, json, measureRoute, plain } from './servers.ts'

const account = '111122223333'
const host = 'idp.bench.example'
const few = 1_000
/** Identities written in one transaction. */
const batch = 400
/** Identities that are requested, from all over the pool: more pages than SQLite keeps in memory. */
const mostSamples = 4_096
const random = pooledRandom()
const fileOf = (data: string) => join(data, 'hallpass.sqlite')

interface Sample {
  readonly id: string
  readonly subject: string
}

interface Sized {
  readonly size: number
  readonly server: Child
  readonly port: number
  readonly pool: string
  readonly store: Store
  readonly samples: readonly Sample[]
  readonly provider: Provider
  readonly data: string
}

export async function measureIdentities(many: number, rounds: number, say: (line: string) => void): Promise<void> {
  const [load] = await Child.start('load.ts')
  const both: Sized[] = []
  for (const size of [few, many]) both.push(await sized(size, say))
  const routes: readonly (readonly [name: string, requests: (at: Sized) => Promise<readonly string[]>])[] = [
    ['GetId, a known login', (at) => Promise.all(at.samples.map((one) => getId(at, one)))],
    ['GetId, a new guest', async (at) => [plain(at.port, json('GetId'), JSON.stringify({ IdentityPoolId: at.pool }))]],
    ['GetCredentialsForIdentity, signed in', (at) => Promise.all(at.samples.map((one) => getCredentials(at, one)))],
  ]
  const costs = new Map<string, number[]>()
  const note = (name: string, size: number, cost: number) => {
    const key = `${name} ${size}`
    costs.set(key, [...(costs.get(key) ?? []), cost])
  }
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up …' : `round ${round} of ${rounds} …`)
    for (const at of both) {
      for (const [name, requests] of routes) {
        const sent = await requests(at)
        const route = { name, child: at.server, port: at.port, requests: () => sent }
        const { cpu } = await measureRoute(route, load, { connections: 32, ms: 1500 })
        if (round > 0) note(name, at.size, cpu)
      }
      const read = await readCost(at)
      if (round > 0) note(oneRead, at.size, read)
    }
  }
  const rows = [oneRead, ...routes.map(([name]) => name)].map((name) => {
    const [small, large] = [few, many].map((size) => costs.get(`${name} ${size}`) ?? [])
    const growth = median(large ?? []) / median(small ?? [])
    const figures = [small, large].map((cost = []) => `${median(cost).toFixed(1)} (${spread(cost)})`)
    return [name, ...figures, growth.toFixed(2)]
  })
  say(`\nIdentities in a pool: processor time in µs, ${rounds} rounds, the median with the spread`)
  say(table(['', `${few.toLocaleString('en')} identities`, `${many.toLocaleString('en')} identities`, 'growth'], rows))
  for (const { size, server, store, data } of both) {
    const bytes = statSync(fileOf(data)).size
    say(
      `${size.toLocaleString('en')} identities: ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / size).toFixed(0)} bytes each`,
    )
    await store.close()
    server.process.kill()
    rmSync(data, { recursive: true, force: true })
  }
  load.process.kill()
}

const oneRead = 'the indexed read alone'

/** A server whose pool has `size` identities, with one login each. */
async function sized(size: number, say: (line: string) => void): Promise<Sized> {
  const data = mkdtempSync(join(tmpdir(), 'hallpass-identities-'))
  const folder = join(data, 'bench')
  mkdirSync(folder)
  const provider = makeProvider(folder, account)
  const start = () => Child.start<Hallpass>('targets/hallpass.ts', [data, provider.providersFile])
  const [first, hallpass] = await start()
  const { root } = hallpass
  const admin = { url: `http://127.0.0.1:${hallpass.port}`, account, ...root }
  await makeFederation(admin, provider)
  const cognito = new CognitoIdentityClient({ endpoint: admin.url, region: 'us-east-1', credentials: root })
  const made = await cognito.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'many',
      AllowUnauthenticatedIdentities: true,
      OpenIdConnectProviderARNs: [`arn:aws:iam::${account}:oidc-provider/${host}`],
    }),
  )
  const pool = made.IdentityPoolId ?? ''
  const role = await poolRole(admin, pool)
  await cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: pool, Roles: { authenticated: role } }))
  // Filled while no server runs: a running one would read every new record from the change feed.
  const stopped = new Promise((resolve) => first.process.once('exit', resolve))
  first.process.send({ ask: 'stop' })
  await stopped
  const store = await openSqlite(fileOf(data), collections, { clock: () => new Date(), choreMs: 86_400_000 })
  const samples = await fill(store, pool, size, say)
  const [server, { port }] = await start()
  return { size, server, port, pool, store, samples, provider, data }
}

async function poolRole(
  admin: { readonly url: string; readonly accessKeyId: string; readonly secretAccessKey: string },
  pool: string,
): Promise<string> {
  const { CreateRoleCommand, IAMClient } = await import('@aws-sdk/client-iam')
  const iam = new IAMClient({ endpoint: admin.url, region: 'us-east-1', credentials: admin })
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: 'cognito-identity.amazonaws.com' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': pool } },
  }
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'People', AssumeRolePolicyDocument: trust }))
  return Role?.Arn ?? ''
}

/** Fills a pool through the store, as GetId would, and returns some of the identities. */
async function fill(store: Store, pool: string, size: number, say: (line: string) => void): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const every = Math.max(1, Math.floor(size / mostSamples))
  const started = performance.now()
  for (let from = 0; from < size; from += batch) {
    const now = new Date()
    const made = Array.from({ length: Math.min(batch, size - from) }, (_, at) => {
      const subject = `user-${String(from + at).padStart(10, '0')}`
      return { id: newId('us-east-1', now, random), subject }
    })
    await store.transact(async (tx) => {
      for (const { id, subject } of made) {
        const login = { provider: host, subject }
        const times = { createdAt: isoTime(now), modifiedAt: isoTime(now) }
        await tx.create(identities, { account, pool, id, ...times, logins: [login], authenticated: true, epoch: 1 })
        await tx.create(loginLinks, { account, pool, ...login, identity: id })
      }
    })
    made.forEach((one, at) => {
      if ((from + at) % every === 0 && samples.length < mostSamples) samples.push(one)
    })
    if ((from + batch) % 1_000_000 === 0) say(`${from + batch} of ${size} identities …`)
  }
  const seconds = (performance.now() - started) / 1000
  say(`${size.toLocaleString('en')} identities made in ${seconds.toFixed(0)} s`)
  return samples
}

/** Microseconds to read which identity a login belongs to, at random places of the pool, in this process. */
async function readCost({ store, pool, size }: Sized): Promise<number> {
  const reads = 4_000
  const subjects = Array.from({ length: reads }, () => Math.floor(Math.random() * size))
  const before = process.cpuUsage()
  for (const at of subjects) {
    const link = await store.get(loginLinks, [account, pool, host, `user-${String(at).padStart(10, '0')}`])
    if (link === undefined) throw new Error(`user ${at} is not there`)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / reads
}

const tokens = new Map<string, Promise<string>>()

/** A token of the user, valid for the whole run. */
function tokenOf({ provider, data }: Sized, subject: string): Promise<string> {
  const name = `${data} ${subject}`
  const memoized = tokens.get(name)
  if (memoized !== undefined) return memoized
  const token = new SignJWT({})
    .setProtectedHeader({ alg: 'RS256', kid: 'RS256' })
    .setIssuer(`https://${host}`)
    .setAudience('bench')
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('4h')
    .sign(provider.keys.RS256)
  tokens.set(name, token)
  return token
}

async function getId(at: Sized, { subject }: Sample): Promise<string> {
  const body = { IdentityPoolId: at.pool, Logins: { [host]: await tokenOf(at, subject) } }
  return plain(at.port, json('GetId'), JSON.stringify(body))
}

async function getCredentials(at: Sized, { id, subject }: Sample): Promise<string> {
  const body = { IdentityId: id, Logins: { [host]: await tokenOf(at, subject) } }
  return plain(at.port, json('GetCredentialsForIdentity'), JSON.stringify(body))
}
