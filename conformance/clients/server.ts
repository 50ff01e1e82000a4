// The whole server in this process: the pipeline behind a real socket on any free port, over a store in memory, with a
// clock that stands still until a test moves it; and AWS's own clients that sign by that clock.
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity'
import { IAMClient } from '@aws-sdk/client-iam'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { STSClient } from '@aws-sdk/client-sts'
import { type Engine, type EngineOptions, openEngine } from '../../src/app/engine.ts'
import { openServer } from '../../src/app/run-server.ts'
import { loadSettings } from '../../src/config/load.ts'
import { bootstrap } from '../../src/service/bootstrap.ts'
import { sqliteFile } from '../../src/store/sqlite/kind.ts'
import type { Store } from '../../src/store/store.ts'

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
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly engine: Engine
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
  close(): Promise<void>
}

export interface ServerOptions {
  /** A data folder with its master key; made for this server when absent. */
  readonly data: string
  /** Puts something between the server and its store. */
  readonly over?: (store: Store) => Store
  /** Shared by the nodes of one store. */
  readonly clock?: { now: Date }
  /** The store's file; in memory when absent. */
  readonly file?: string
  /** The size the file may grow to. */
  readonly maxBytes?: number
  readonly node?: string
  readonly bounds?: EngineOptions['bounds']
  readonly settings?: Readonly<Record<string, string>>
}

/** Not on the second: truncated to seconds, what clients sign is the second that the server sees. */
const start = Date.parse('2026-09-01T12:00:05.500Z')
const dayMs = 86_400_000

export const firstAccount = '111122223333'

/** Starts a server. The data folder holds its master key alone, unless `file` says otherwise. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const {
    data,
    over = (store) => store,
    clock = { now: new Date(start) },
    file = ':memory:',
    node = 'test',
    maxBytes,
  } = options
  const reported: string[] = []
  const settings = await loadSettings({
    // The clock stands still: an allowance by the second would never be filled again.
    flags: {
      data,
      listen: '127.0.0.1:0',
      'rate-per-address': '1000000',
      'rate-per-key': '1000000',
      ...options.settings,
    },
    environment: {},
  })
  const source = sqliteFile(file, maxBytes === undefined ? {} : { maxBytes })
  const engine = await openEngine({
    source: { ...source, open: async (collections, how) => over(await source.open(collections, how)) },
    settings,
    clock: () => clock.now,
    node,
    ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
  })
  const root = await bootstrap(engine.parts, 'production', { account: firstAccount }, clock.now, () => {})
  const running = await (await openServer(engine, settings, (line) => void reported.push(line))).serve()
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

  return {
    url,
    port: Number(new URL(url).port),
    engine,
    account: firstAccount,
    root: { accessKeyId: root?.accessKeyId ?? '', secretAccessKey: root?.secret.reveal() ?? '' },
    reported,
    now: () => clock.now,
    async move(ms) {
      clock.now = new Date(clock.now.getTime() + ms)
      await engine.store.append('clock', new Date(clock.now.getTime() + dayMs), ['{}'])
    },
    as(keys) {
      const one: Partial<Record<'sts' | 'iam' | 'organizations' | 'cognito', unknown>> = {}
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
      }
    },
    async close() {
      for (const made of opened) made.destroy()
      handler.destroy?.()
      await running.close()
    },
  }
}
