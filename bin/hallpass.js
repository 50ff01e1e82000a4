#!/usr/bin/env node
// The executable. Under an older Node it starts itself again under the packaged Node 24. It runs the source files (in a
// checkout, where Node strips the types) or the built files (in the published package).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodeBinary } from './node-binary.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = nodeBinary(root)
if (node === process.execPath) {
  // INVARIANT: the compile cache is in the package's own folder. Node's default is below the folder of temporary files,
  // where another user of the machine may have made it, and Node runs what is in it.
  module.enableCompileCache?.(join(root, 'node_modules', '.cache', 'hallpass'))
  const [first, ...rest] = process.argv.slice(2)
  // The metadata agent is a process of its own kind: see src/agent-main.ts.
  const others = ['--check', '--firewall', '--help', '-h']
  const isAgent = first === 'metadata' && !rest.some((word) => others.includes(word.split('=')[0]))
  const name = isAgent ? 'agent-main' : 'main'
  const source = join(root, 'src', `${name}.ts`)
  const { main } = await import(pathToFileURL(existsSync(source) ? source : join(root, 'dist', `${name}.js`)).href)
  process.exitCode = await main(isAgent ? rest : process.argv.slice(2))
} else if (node === undefined) {
  console.error(`hallpass needs Node 24 or newer; this is ${process.version}. In a checkout, run \`npm ci\` first.`)
  process.exit(1)
} else {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', self, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}
