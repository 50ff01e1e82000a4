// The seed with which development mode fills a new store, and what it says of the people of its directory.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface NamedText {
  readonly name: string
  readonly text: string
}

/** The seed file's name and text. */
export const demonstration = (): NamedText => textOf('demonstration.yaml')

/** The file about people, with the directory's address: `hallpass dev` applies it at each start. */
export function demonstrationPeople(directoryUrl: string): NamedText {
  const { name, text } = textOf('demonstration-people.yaml')
  return { name, text: text.replace('ldap://127.0.0.1:389', directoryUrl) }
}

/** The variable that the file about people names. */
export const bindVariable = 'HALLPASS_DEMONSTRATION_BIND'
/** The name of its directory, and a role of its table. */
export const demonstrationConnector = 'example-directory'
export const developerRole = 'directory-developer'

function textOf(name: string): NamedText {
  // In a checkout it is beside this file; the published package has it under src/.
  const [near, far] = [`./${name}`, `../../src/dev/${name}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  const file = [near, far].find((path) => path !== undefined && existsSync(path)) ?? name
  return { name, text: readFileSync(file, 'utf8') }
}

/** Accounts of the demonstration. */
export const engineering = '111122223333'
export const production = '444455556666'
/** The external id that the deployer's trust policy requires. */
export const externalId = 'example-release'
