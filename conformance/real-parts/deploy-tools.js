// Programs that check what stands in deploy/: systemd's and cloud-init's own.
import { spawnSync } from 'node:child_process'
import { install } from './debian.js'

const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

/** `path` is of systemd-analyze; cloud-init is beside it. */
export async function prepareDeployTools() {
  const missing = [
    ['systemd-analyze', 'systemd'],
    ['cloud-init', 'cloud-init'],
  ].filter(([program]) => !has(program))
  const packages = missing.map(([, name]) => name)
  if (packages.length > 0 && !install(...packages))
    return { missing: `no ${packages.join(', ')}, and apt-get cannot install it` }
  return { path: 'systemd-analyze' }
}
