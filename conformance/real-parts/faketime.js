// Debian's libfaketime: a library that gives programs another time, for tests in which hours pass.
import { globSync } from 'node:fs'
import { install } from './debian.js'

const library = '/usr/lib/*/faketime/libfaketimeMT.so.1'

/** Makes it ready; `path` is the library, for LD_PRELOAD. */
export async function prepareFaketime() {
  if (globSync(library).length === 0) install('libfaketime')
  const [path] = globSync(library)
  return path === undefined ? { missing: 'libfaketime (Debian: apt-get install libfaketime)' } : { path }
}
