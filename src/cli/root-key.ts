// Reads the root credentials that a command needs.
import { Failure } from '../app/failure.ts'
import { readRoot, rootFile } from '../app/operator/root-file.ts'
import type { RootKey } from '../service/bootstrap.ts'
import type { World } from './command.ts'
import { commandLine, type StoreLocation } from './hints.ts'

/** The root credentials of a data folder. @throws Failure when there are none */
export function rootOf(settings: StoreLocation, world: Pick<World, 'invocation'>): RootKey {
  const { data } = settings
  const root = readRoot(data)
  if (root === undefined) {
    throw new Failure(
      `${rootFile(data)} does not exist; start a server on ${data} first, or make new root credentials: ${commandLine(world, 'root reset', settings)}`,
    )
  }
  return root
}
