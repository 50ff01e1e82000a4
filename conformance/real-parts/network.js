// Network namespaces, which stand for machines and containers, and the two programs that rule their firewalls.
import { spawnSync } from 'node:child_process'
import { install } from './debian.js'

const says = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const trial = 'hallpass-trial'

/** Makes it ready; `path` says that it is. It needs root, and a kernel whose namespaces have nftables. */
export async function prepareNetwork() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { missing: 'network namespaces need Linux and root' }
  if (!(says('ip', '-V') && says('nft', '--version') && says('iptables', '--version')))
    install('iproute2', 'nftables', 'iptables')
  if (!says('ip', 'netns', 'add', trial)) return { missing: 'this system has no network namespaces (ip netns add)' }
  const inTrial = (...args) => says('ip', 'netns', 'exec', trial, ...args)
  const ready = inTrial('nft', 'add', 'table', 'inet', trial)
  says('ip', 'netns', 'del', trial)
  return ready ? { path: 'ready' } : { missing: 'nftables cannot be used in a network namespace here' }
}
