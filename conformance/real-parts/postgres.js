// PostgreSQL as Debian has it.
import { existsSync, globSync } from 'node:fs'
import { dirname } from 'node:path'
import { install } from './debian.js'

const programs = () => globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1)

/** Makes it ready; `path` is the folder of its programs. */
export async function preparePostgres() {
  if (programs() === undefined) {
    console.log('installing PostgreSQL (once; about ten seconds) ...')
    install('postgresql')
  }
  const initdb = programs()
  // Its server refuses to run as root.
  const hasUser = process.getuid?.() !== 0 || existsSync('/var/lib/postgresql')
  if (initdb !== undefined && hasUser) return { path: dirname(initdb) }
  return { missing: 'no PostgreSQL server, and apt-get cannot install it' }
}
