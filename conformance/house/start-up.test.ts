// What every command loads before it does anything. `credential_process` is started anew for each program that needs credentials.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/** What a file loads with itself: no types, and nothing that it imports when it runs. */
function loadedBy(file: string): readonly string[] {
  const statements = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\s+(?!type\b)([\w\s{},*$]*?)\s*from\s+'([^']+)'|^import\s*'([^']+)'/gm,
  )
  return [...statements].flatMap(([, names = '', named, bare]) => {
    const specifier = named ?? bare ?? ''
    const listed = /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(',')
      .map((name) => name.trim())
    const isTypes = listed?.every((name) => name === '' || name.startsWith('type ')) === true
    return isTypes ? [] : [specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier]
  })
}

function everythingLoadedBy(start: string): ReadonlySet<string> {
  const loaded = new Set<string>()
  const waiting = [start]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue
    loaded.add(file)
    if (file.endsWith('.ts')) waiting.push(...loadedBy(file))
  }
  return loaded
}

test('a command loads the engine, and an XML parser, only when it needs them', () => {
  const loaded = everythingLoadedBy('src/main.ts')
  assert.ok(loaded.has('src/cli/credential-process.ts') && loaded.has('src/cli/serve.ts'))
  for (const heavy of [
    'src/app/engine.ts',
    'src/app/start.ts',
    'src/app/federation.ts',
    'libxml2-wasm',
    'prom-client',
  ]) {
    assert.ok(!loaded.has(heavy), `src/main.ts loads ${heavy}`)
  }
  assert.ok(everythingLoadedBy('src/app/engine.ts').has('libxml2-wasm'))
})

test('the metadata agent, which stays beside workloads, is loaded without the other commands and without packages', () => {
  const loaded = ['src/agent-main.ts', 'src/cli/run-metadata.ts'].flatMap((start) => [...everythingLoadedBy(start)])
  assert.ok(loaded.includes('src/server/node.ts'))
  const others = ['src/cli/commands.ts', 'src/config/load.ts', 'src/core/sigv4/sign.ts']
  assert.deepEqual(
    loaded.filter((file) => others.includes(file) || !(file.endsWith('.ts') || file.startsWith('node:'))),
    [],
  )
})
