// What `serve` and `dev` have in common: open the engine and the ports, make the root key if there is none, serve.
import type { Settings } from '../config/settings.ts'
import { Secret } from '../core/secret.ts'
import type { BackendSettings } from '../server/gateway/backend-settings.ts'
import type { Page } from '../server/pages/page.ts'
import { BootstrapRefused, bootstrap, checkMode, type Mode, type RootKey } from '../service/bootstrap.ts'
import { accessKeys } from '../service/records.ts'
import type { StoreKind } from '../store/kind.ts'
import type { Environment } from './backends.ts'
import { type Engine, newNodeName, openEngine } from './engine.ts'
import { Failure } from './failure.ts'
import { openGateway } from './gateway.ts'
import { listeningOf } from './listening.ts'
import { keepRoot, settleRoot, stageRoot } from './operator/root-file.ts'
import { type OpenServer, openServer, type Running } from './run-server.ts'
import { storeOf } from './store.ts'

export interface Started {
  readonly engine: Engine
  readonly running: Running
}

/** What a start needs from the process. */
export interface Surroundings {
  readonly stores: readonly StoreKind[]
  readonly environment: Environment
  readonly clock: () => Date
  /** A line for the operator. */
  readonly err: (line: string) => void
}

export interface StartOptions {
  /** Runs on the engine before the server serves. */
  readonly prepare?: (engine: Engine) => Promise<void>
  /** Makes pages in addition to those of every server, after `prepare`. */
  readonly pages?: (engine: Engine) => Promise<readonly Page[]>
  /** Backends in addition to those of the settings. */
  readonly backends?: readonly BackendSettings[]
  /** Account id of a new store's first account, when the settings give none; random by default. */
  readonly account?: string
  /** Called with the root key that this start made, as soon as the store has it: a later failure must not hide it. */
  readonly onRootMade?: (root: RootKey) => void
}

/** Starts a server on a data folder. Rejects Failure. */
export async function start(
  settings: Settings,
  mode: Mode,
  { stores, environment, clock, err }: Surroundings,
  { prepare = async () => {}, pages = async () => [], onRootMade, account, backends = [] }: StartOptions = {},
): Promise<Started> {
  listeningOf(settings)
  const source = storeOf(stores, settings)
  const gateway = await openGateway({ settings, environment, clock, report: err, also: backends })
  const engine = await openEngine({
    ...{ source, settings, clock, node: newNodeName(), gateway },
    loopback: mode === 'development',
  }).catch((error: unknown) => {
    gateway?.close()
    throw error
  })
  let server: OpenServer | undefined
  try {
    // Before the root key is made: its secret is shown only once, and a mistake in the settings must not lose it.
    server = await openServer(engine, settings, err)
    const newRoot = await ensureRoot(engine, settings, mode, clock(), account)
    if (newRoot !== undefined) onRootMade?.(newRoot)
    await prepare(engine)
    return { engine, running: await server.serve(await pages(engine)) }
  } catch (error) {
    await server?.abandon()
    await engine.close()
    throw error instanceof BootstrapRefused ? new Failure(error.message) : error
  }
}

/** Makes the first account's root key, or the one that the settings give; undefined when nothing was to be made. */
async function ensureRoot(
  engine: Engine,
  settings: Settings,
  mode: Mode,
  now: Date,
  defaultAccount: string | undefined,
): Promise<RootKey | undefined> {
  const { data } = settings
  const { parts, store } = engine
  const isNew = (await checkMode(parts, mode)) === undefined
  await settleRoot(
    data,
    async ({ account, accessKeyId }) => (await store.get(accessKeys, [account, accessKeyId])) !== undefined,
  )
  const secret = settings['root-secret-access-key']
  const accessKeyId = settings['root-access-key-id']
  const given = {
    account: settings['root-account-id'] ?? (isNew && accessKeyId === undefined ? defaultAccount : undefined),
    accessKeyId,
    secret: secret === undefined ? undefined : new Secret(secret),
  }
  const made = await bootstrap(parts, mode, given, now, (root) => stageRoot(data, root))
  if (made !== undefined) keepRoot(data)
  return made
}
