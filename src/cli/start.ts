// What `serve` and `dev` have in common: open the engine, see to the root, listen.
import type { Settings } from '../config/settings.ts'
import { Secret } from '../core/secret.ts'
import type { Page } from '../server/pages.ts'
import { BootstrapRefused, bootstrap, checkMode, type Mode, type RootKey } from '../service/bootstrap.ts'
import { accessKeys } from '../service/records.ts'
import type { World } from './command.ts'
import { type Engine, newNodeName, openEngine } from './engine.ts'
import { Failure } from './failure.ts'
import { keepRoot, settleRoot, stageRoot } from './root-file.ts'
import { checkListening, type Running, runServer } from './run-server.ts'

export interface Started {
  readonly engine: Engine
  readonly running: Running
  /** The root key, when this start made it. */
  readonly made: RootKey | undefined
}

export interface StartOptions {
  /** Runs on the engine before it listens. */
  readonly prepare?: (engine: Engine) => Promise<void>
  /** Pages beside those that every server has, made after that. */
  readonly pages?: (engine: Engine) => Promise<readonly Page[]>
  /** Account id of a new store's first account when none is given; random without it. */
  readonly account?: string
}

/** Starts a server on a data folder. Rejects Failure. */
export async function start(
  settings: Settings,
  mode: Mode,
  world: World,
  { prepare = async () => {}, pages = async () => [], account }: StartOptions = {},
): Promise<Started> {
  const { openStore, clock, err } = world
  checkListening(settings)
  const engine = await openEngine({
    ...{ openStore, settings, clock, node: newNodeName() },
    loopback: mode === 'development',
  })
  try {
    const made = await seeToRoot(engine, settings, mode, clock(), account)
    await prepare(engine)
    return { engine, running: await runServer(engine, settings, err, await pages(engine)), made }
  } catch (error) {
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
