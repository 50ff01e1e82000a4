// What `serve` and `dev` have in common: open the engine and the ports, see to the root, serve.
import type { Settings } from '../config/settings.ts'
import { Secret } from '../core/secret.ts'
import type { Page } from '../server/pages/page.ts'
import { BootstrapRefused, bootstrap, checkMode, type Mode, type RootKey } from '../service/bootstrap.ts'
import { accessKeys } from '../service/records.ts'
import type { StoreKind } from '../store/kind.ts'
import { type Engine, newNodeName, openEngine } from './engine.ts'
import { Failure } from './failure.ts'
import { keepRoot, settleRoot, stageRoot } from './operator/root-file.ts'
import { listeningOf, type OpenServer, openServer, type Running } from './run-server.ts'
import { storeOf } from './store.ts'

export interface Started {
  readonly engine: Engine
  readonly running: Running
}

/** What a start needs of the process. */
export interface Surroundings {
  readonly stores: readonly StoreKind[]
  readonly clock: () => Date
  /** A line for the operator. */
  readonly err: (line: string) => void
}

export interface StartOptions {
  /** Runs on the engine before it listens. */
  readonly prepare?: (engine: Engine) => Promise<void>
  /** Pages beside those that every server has, made after that. */
  readonly pages?: (engine: Engine) => Promise<readonly Page[]>
  /** Account id of a new store's first account when none is given; random without it. */
  readonly account?: string
  /** Hears of the root key that this start made, as soon as it is in the store: what fails after must not hide it. */
  readonly made?: (root: RootKey) => void
}

/** Starts a server on a data folder. Rejects Failure. */
export async function start(
  settings: Settings,
  mode: Mode,
  { stores, clock, err }: Surroundings,
  { prepare = async () => {}, pages = async () => [], made: tell = () => {}, account }: StartOptions = {},
): Promise<Started> {
  listeningOf(settings)
  const source = storeOf(stores, settings)
  const engine = await openEngine({
    ...{ source, settings, clock, node: newNodeName() },
    loopback: mode === 'development',
  })
  let server: OpenServer | undefined
  try {
    // Before the root is made: a mistake in the settings must not cost the one time that its key is shown.
    server = await openServer(engine, settings, err)
    const made = await seeToRoot(engine, settings, mode, clock(), account)
    if (made !== undefined) tell(made)
    await prepare(engine)
    return { engine, running: await server.serve(await pages(engine)) }
  } catch (error) {
    await server?.abandon()
    await engine.close()
    throw error instanceof BootstrapRefused ? new Failure(error.message) : error
  }
}

async function seeToRoot(
  engine: Engine,
  settings: Settings,
  mode: Mode,
  now: Date,
  standard: string | undefined,
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
    account: settings['root-account-id'] ?? (isNew && accessKeyId === undefined ? standard : undefined),
    accessKeyId,
    secret: secret === undefined ? undefined : new Secret(secret),
  }
  const made = await bootstrap(parts, mode, given, now, (root) => stageRoot(data, root))
  if (made !== undefined) keepRoot(data)
  return made
}
