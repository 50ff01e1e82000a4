// The seed with which development mode fills a new store.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The seed file's name and text. */
export function demonstration(): { readonly name: string; readonly text: string } {
  // In a checkout it is beside this file; the published package has it under src/.
  const [near, far] = ['./demonstration.yaml', '../../src/dev/demonstration.yaml'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  ) as [string, string]
  const name = existsSync(near) ? near : far
  return { name: 'demonstration.yaml', text: readFileSync(name, 'utf8') }
}

/** Accounts of the demonstration. */
export const engineering = '111122223333'
export const production = '444455556666'
/** The external id that the deployer's trust policy requires. */
export const externalId = 'example-release'
