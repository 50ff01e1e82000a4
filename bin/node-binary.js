// Finds a Node that is new enough to run Hallpass: the running one, or else the one that package.json pins as an optional
// dependency for this platform. Plain JavaScript, so that an older Node can run it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const neededMajor = 24

/** @param {string} root the package's folder @returns {string | undefined} the path of a `node` binary */
export function nodeBinary(root) {
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const packaged = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', file)
  return existsSync(packaged) ? packaged : undefined
}
