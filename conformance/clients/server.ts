// The whole server in this process: the pipeline behind a real socket on any free port, over a store in memory, with a
// clock that stands still until a test moves it; and AWS's own clients that sign by that clock.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { after } from 'node:test'
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { STSClient } from '@aws-sdk/client-sts'
import { type Engine, type EngineOptions, openEngine } from '../../src/app/engine.ts'
import { openServer } from '../../src/app/run-server.ts'
import { loadSettings } from '../../src/config/load.ts'
import { authority } from '../../src/federation/testing/idp.ts'
import type { Services } from '../../src/server/aws.ts'
import { bootstrap } from '../../src/service/bootstrap.ts'
import type { StoreSource } from '../../src/store/kind.ts'
import { readAddress } from '../../src/store/postgres/address.ts'
import { postgresDatabase } from '../../src/store/postgres/kind.ts'
import { sqliteFile } from '../../src/store/sqlite/kind.ts'
import type { Store } from '../../src/store/store.ts'
import { folder } from './folder.ts'

/** What a client signs with, as the SDKs name it. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Clients {
  readonly keys: Keys
  readonly sts: STSClient
  readonly iam: IAMClient
  readonly organizations: OrganizationsClient
  readonly cognito: CognitoIdentityClient
  readonly dynamodb: DynamoDBClient
  readonly eks: EKSClient
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly engine: Engine
  /** The data folder. */
  readonly data: string
  /** The first account. `root` is its root's key, for the node that made the store. */
  readonly account: string
  readonly root: Keys
  /** What the server told its operator: failures that are ours. */
  readonly reported: readonly string[]
  now(): Date
  /** Moves the clock, and lets the node hear of its feed at the new time as a poll would. */
  move(ms: number): Promise<void>
  /** Clients of one identity. They try once: a refusal is seen, not tried again. */
  as(keys: Keys): Clients
}

export interface ServerOptions {
  /** A data folder with its master key; made for this server when absent. */
  readonly data?: string
  /** Its first account, unless it is the usual one. */
  readonly account?: string
  /** What stands in the data folder before the server starts, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** What the providers file says; `ca.pem` beside it is the authority of the tests' own providers. */
  readonly providers?: ProvidersFile
  /** Puts something between the server and its store. */
  readonly over?: (store: Store) => Store
  /** Shared by the nodes of one store. */
  readonly clock?: { now: Date }
  /** The store's file, in the data folder unless its path is absolute; the store is in memory when absent. */
  readonly file?: string
  /** The size the file may grow to. */
  readonly maxBytes?: number
  readonly node?: string
  readonly bounds?: EngineOptions['bounds']
  readonly people?: EngineOptions['people']
  readonly backends?: EngineOptions['backends']
  /** Operations in place of the server's own. */
  readonly operations?: Partial<Services>
  readonly settings?: Readonly<Record<string, string>>
}

export interface ProvidersFile {
  readonly providers: readonly object[]
  readonly [builtIn: string]: unknown
}

/** Not on the second: truncated to seconds, what clients sign is the second that the server sees. */
const start = Date.parse('2026-09-01T12:00:05.500Z')
const dayMs = 86_400_000

export const firstAccount = '111122223333'
/** Keys of nobody, for calls that clients do not sign. */
export const nobody: Keys = { accessKeyId: 'AKIAANYONE', secretAccessKey: 'unused' }

/** The machine's clock, for clients that sign by it as programs do. It cannot be moved. */
export const machineClock = () => ({
  get now() {
    return new Date()
  },
  set now(_: Date) {
    throw new TypeError('this clock is not moved')
  },
})

/**
 * Starts a server, and closes it after the file, the suite or the test that calls this. Not for hooks: it would be closed
 * after the hook.
 */
export async function testServer(options: ServerOptions = {}): Promise<TestServer> {
  const {
    data = folder(),
    over = (store) => store,
    clock = { now: new Date(start) },
    account = firstAccount,
    node = 'test',
    maxBytes,
  } = options
  const file = options.file === undefined ? ':memory:' : resolve(data, options.file)
  const reported: string[] = []
  const settings = await loadSettings({
    // The clock stands still: a rate by the second would never have room again.
    flags: {
      data,
      listen: '127.0.0.1:0',
      'rate-per-address': '1000000',
      'rate-per-key': '1000000',
      ...writeFiles(data, options),
      ...options.settings,
    },
    environment: {},
  })
  const source =
    inDatabase(file === ':memory:' ? data : dirname(file)) ??
    sqliteFile(file, maxBytes === undefined ? {} : { maxBytes })
  const engine = await openEngine({
    source: { ...source, open: async (collections, how) => over(await source.open(collections, how)) },
    settings,
    clock: () => clock.now,
    node,
    ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
    ...(options.people === undefined ? {} : { people: options.people }),
    ...(options.backends === undefined ? {} : { backends: options.backends }),
  })
  const root = await bootstrap(engine.parts, 'production', { account }, clock.now, () => {})
  const serving: Engine = { ...engine, services: { ...engine.services, ...options.operations } }
  const running = await (await openServer(serving, settings, (line) => void reported.push(line))).serve()
  const { url } = running
  const opened: { destroy(): void }[] = []
  const handler = new STSClient({ region: 'us-east-1' }).config.requestHandler

  function client<C extends { readonly config: object; destroy(): void }>(
    Client: new (config: { [name: string]: unknown }) => C,
    credentials: Keys,
  ): C {
    const made = new Client({
      region: 'us-east-1',
      endpoint: url,
      maxAttempts: 1,
      credentials,
      requestHandler: handler,
    })
    // What the SDK would find out from an answer's Date after a first request was refused.
    Object.defineProperty(made.config, 'systemClockOffset', {
      get: () => clock.now.getTime() - Date.now(),
      set: () => {},
    })
    opened.push(made)
    return made
  }

  after(async () => {
    for (const made of opened) made.destroy()
    handler.destroy?.()
    await running.close()
  })
  return {
    url,
    port: Number(new URL(url).port),
    engine,
    data,
    account,
    root: { accessKeyId: root?.accessKeyId ?? '', secretAccessKey: root?.secret.reveal() ?? '' },
    reported,
    now: () => clock.now,
    async move(ms) {
      clock.now = new Date(clock.now.getTime() + ms)
      await engine.store.append('clock', new Date(clock.now.getTime() + dayMs), ['{}'])
    },
    as(keys) {
      const one: Partial<Record<Exclude<keyof Clients, 'keys'>, unknown>> = {}
      return {
        keys,
        get sts() {
          one.sts ??= client(STSClient as never, keys)
          return one.sts as STSClient
        },
        get iam() {
          one.iam ??= client(IAMClient as never, keys)
          return one.iam as IAMClient
        },
        get organizations() {
          one.organizations ??= client(OrganizationsClient as never, keys)
          return one.organizations as OrganizationsClient
        },
        get cognito() {
          one.cognito ??= client(CognitoIdentityClient as never, keys)
          return one.cognito as CognitoIdentityClient
        },
        get dynamodb() {
          one.dynamodb ??= client(DynamoDBClient as never, keys)
          return one.dynamodb as DynamoDBClient
        },
        get eks() {
          one.eks ??= client(EKSClient as never, keys)
          return one.eks as EKSClient
        },
      }
    },
  }
}

/** Where HALLPASS_TEST_DATABASE is a `postgres://` URL, the store of a folder is there, in a schema of its own. */
function inDatabase(folder: string): StoreSource | undefined {
  const url = process.env.HALLPASS_TEST_DATABASE
  if (url === undefined) return undefined
  const address = readAddress(url.slice('postgres:'.length))
  if ('refused' in address) throw new TypeError(address.refused)
  return postgresDatabase({ address, schema: `t_${createHash('sha256').update(folder).digest('hex').slice(0, 16)}` })
}

/** Writes what the server reads as it starts; answers the settings that name it. */
function writeFiles(data: string, { files = {}, providers }: ServerOptions): Readonly<Record<string, string>> {
  // YAML holds JSON.
  const federation = providers && { 'ca.pem': authority, 'providers.yaml': JSON.stringify(providers) }
  for (const [name, text] of Object.entries({ ...federation, ...files })) writeFileSync(join(data, name), text)
  return federation === undefined ? {} : { 'providers-file': join(data, 'providers.yaml') }
}

/** A second node on a store that `one` has in `shared.sqlite`: with its clock, and the master key in its folder. */
export const secondNode = (
  one: TestServer,
  { settings = {}, ...options }: Pick<ServerOptions, 'clock' | 'settings' | 'backends'>,
): Promise<TestServer> =>
  testServer({
    ...{ ...options, file: join(one.data, 'shared.sqlite'), node: 'two' },
    settings: { ...settings, 'master-key-file': join(one.data, 'master.key') },
  })
