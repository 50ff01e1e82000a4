// SimpleSAMLphp as Debian has it, which PHP's own server runs.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { install } from './debian.js'

const home = '/usr/share/simplesamlphp'
const isThere = () =>
  existsSync(`${home}/www/saml2/idp/SSOService.php`) &&
  spawnSync('php', ['--version'], { stdio: 'ignore' }).status === 0

/** Makes it ready; `path` is the folder of its program. */
export async function prepareSimpleSamlPhp() {
  if (!isThere()) {
    console.log('installing SimpleSAMLphp (once; about twenty seconds) ...')
    install('simplesamlphp', 'php-cli', 'php-xml', 'php-sqlite3', 'php-curl', 'php-mbstring')
  }
  return isThere() ? { path: home } : { missing: 'no SimpleSAMLphp, and apt-get cannot install it' }
}
