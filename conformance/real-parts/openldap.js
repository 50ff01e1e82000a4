// OpenLDAP's server as Debian has it.
import { existsSync } from 'node:fs'
import { install } from './debian.js'

const program = '/usr/sbin/slapd'
const isThere = () => existsSync(program) && existsSync('/usr/lib/ldap/memberof.so')

/** Makes it ready; `path` is its program. */
export async function prepareOpenLdap() {
  if (!isThere()) {
    console.log('installing OpenLDAP (once; about six seconds) ...')
    install('slapd')
  }
  return isThere() ? { path: program } : { missing: 'no slapd, and apt-get cannot install it' }
}
