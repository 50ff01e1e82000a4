// Calls an operator's route: on the running server, over the admin socket in its data folder; or, when none runs, in this
// process on the store itself, with the very same function (app/operator/routes.ts). The engine is loaded only then.

import type { Engine } from '../app/engine.ts'
import { Failure } from '../app/failure.ts'
import type { RouteName, RouteTypes } from '../app/operator/routes.ts'
import type { Status } from '../app/status.ts'
import { storeOf } from '../app/store.ts'
import { adminCall } from '../client/admin.ts'
import type { Settings } from '../config/settings.ts'
import { AdminRefusal } from '../server/admin.ts'
import type { CommandInput, World } from './command.ts'
import { commandLine } from './hints.ts'

/** Calls a route on the server that serves the folder; undefined when none does. Rejects Failure. */
export async function callServer<K extends RouteName>(
  data: string,
  route: K,
  input: RouteTypes[K]['input'],
): Promise<RouteTypes[K]['output'] | undefined> {
  const [method = '', path = ''] = route.split(' ')
  const answer = await adminCall(data, method, path, input).catch(refuse)
  if ('value' in answer) return answer.value as RouteTypes[K]['output']
  if (answer.failed === 'absent') return undefined
  throw new Failure(answer.error)
}

/** Calls a route on the running server, or in this process. Rejects Failure. */
export async function callRoute<K extends RouteName>(
  { settings }: CommandInput,
  world: World,
  route: K,
  input: RouteTypes[K]['input'],
): Promise<RouteTypes[K]['output']> {
  const answer = await callServer(settings.data, route, input)
  if (answer !== undefined) return answer
  return onStore(settings, world, async (engine) => {
    const { operatorRoutes } = await import('../app/operator/routes.ts')
    try {
      return await operatorRoutes(engine, settings)[route](input)
    } catch (error) {
      throw error instanceof AdminRefusal ? new Failure(error.message) : error
    }
  })
}

/** The status of the server that serves the folder; undefined when none does. Rejects Failure. */
export async function statusOf(data: string): Promise<Status | undefined> {
  const answer = await adminCall(data, 'GET', '/status').catch(refuse)
  if ('value' in answer) return answer.value as Status
  if (answer.failed === 'absent') return undefined
  throw new Failure(answer.error)
}

/** Runs `work` on an existing store, without a server. Rejects Failure when there is no store, or no master key for it. */
export async function onStore<T>(settings: Settings, world: World, work: (engine: Engine) => Promise<T>): Promise<T> {
  const source = storeOf(world.stores, settings)
  if (!(await source.isThere())) {
    const where = source.inDataFolder ? `in ${settings.data}` : `at ${source.name}`
    throw new Failure(`there is no store ${where}; \`${commandLine(world, 'serve', settings)}\` makes one`)
  }
  const { openEngine } = await import('../app/engine.ts')
  const engine = await openEngine({ source, settings, clock: world.clock })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

function refuse(error: unknown): never {
  // The data folder's path is too long for a socket: no server can serve it either.
  throw error instanceof TypeError ? new Failure(error.message) : error
}
