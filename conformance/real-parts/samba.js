// Samba as an Active Directory domain controller, as Debian has it. A domain is made once and kept: tests copy it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { install, run } from './debian.js'
import { folderOf, keep, sources } from './kept.js'

const isThere = () => existsSync('/usr/sbin/samba') && existsSync('/usr/share/samba/setup/provision.ldif')

/** Makes it ready; `path` is the folder of the domain that tests copy. */
export async function prepareSamba() {
  // Its ports cannot be chosen, and are root's.
  if (process.getuid?.() !== 0) return { missing: 'only root can start a domain controller' }
  if (!isThere()) {
    console.log('installing Samba (once; about ten seconds) ...')
    install('samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules')
  }
  if (!isThere()) return { missing: 'no Samba, and apt-get cannot install it' }
  const missing = await keep('samba', sources('samba.js'), (folder) => {
    const options = {
      ...{ targetdir: join(folder, 'domain'), realm: 'CORP.EXAMPLE', domain: 'CORP', 'server-role': 'dc' },
      ...{ adminpass: 'Root-of-0ne-test', 'dns-backend': 'NONE', 'host-name': 'dc1', 'host-ip': '127.0.0.1' },
    }
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
    return run('samba-tool', ['domain', 'provision', ...args]) ? undefined : 'samba-tool made no domain'
  })
  return missing === undefined ? { path: join(folderOf('samba'), 'domain') } : { missing }
}
