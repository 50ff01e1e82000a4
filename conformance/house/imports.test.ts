// The house's one rule of structure: an import points to the same floor's own room or down, never up, and never round.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

const floors: Record<string, number> = {
  core: 0,
  wire: 1,
  store: 2,
  keys: 2,
  federation: 2,
  sinks: 2,
  config: 2,
  service: 3,
  server: 4,
  client: 4,
  agent: 5,
  app: 5,
  dev: 5,
  library: 5,
  cli: 6,
  'process.ts': 6,
  'main.ts': 7,
  'agent-main.ts': 7,
}
/** Rooms of one floor that may be seen by a sibling; and the only rooms that may see `dev`. */
const siblings = new Set(['keys>store', 'federation>store', 'sinks>store', 'dev>server', 'dev>client', 'server>client'])

/** Files of src/service that stand in no folder, and the room that each is of; the records of any room are of the first. */
const serviceFiles: Record<string, string> = {
  'records.ts': 'records',
  'bar-cause.ts': 'records',
  'backend-failure.ts': 'operation',
  'operation.ts': 'operation',
  'operations.ts': 'operation',
  'signed-operations.ts': 'operation',
  'parts.ts': 'operation',
  'relayed.ts': 'operation',
  'turns.ts': 'operation',
  'bootstrap.ts': 'control-plane',
  'collections.ts': 'control-plane',
  'restored.ts': 'control-plane',
  'operator-problem.ts': 'operation',
  'given-keys.ts': 'operation',
  'seed.ts': 'control-plane',
  'seed-shape.ts': 'control-plane',
}
/** Floors inside src/service, the lowest first: a room sees those below its own, and none beside it. */
const serviceFloors: readonly (readonly string[])[] = [
  ['records'],
  ['aws-managed', 'contracts'],
  ['operation'],
  ['access'],
  ['session', 'principals', 'web-identity', 'saml', 'outbound'],
  ['audit'],
  [
    'sts',
    'iam',
    'organizations',
    'cognito-identity',
    'console',
    'people',
    'dynamodb',
    'workloads',
    'eks',
    'rolesanywhere',
  ],
  ['control-plane'],
]

const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
const room = (file: string) => file.split('/')[1] ?? ''
function serviceRoom(file: string): string {
  const [, , first = '', ...rest] = file.split('/')
  if (rest.length === 0) return serviceFiles[first] ?? first
  return rest.length === 1 && rest[0] === 'records.ts' ? 'records' : first
}
const serviceFloor = (file: string) => serviceFloors.findIndex((rooms) => rooms.includes(serviceRoom(file)))

/** The files of ours that a text imports: with names, for its effect alone, when it runs, or for its types. */
const specifiers = (text: string) =>
  [...text.matchAll(/^(?:import|export)[^'"]*?from\s+'(\.[^']+)'|^import\s*'(\.[^']+)'|import\(\s*'(\.[^']+)'/gm)].map(
    ([, named, bare, called]) => named ?? bare ?? called ?? '',
  )

/** What a pure floor does not touch: clock, randomness, environment, I/O, log, and waiting. */
const impure = [
  /\bDate\.now\b|\bnew Date\(\)|\bDate\(\)|\bperformance\b|\bhrtime\b/,
  /\bMath\.random\b|\brandom(?:Bytes|UUID|Fill|FillSync|Int)\b|\bgetRandomValues\b|\bgenerateKey/,
  /\bprocess\.|\bconsole\.|\bset(?:Timeout|Interval|Immediate)\b/,
  // Of Node only what computes.
  /(?:from|import|import\()\s*'node:(?!(?:buffer|crypto|util|zlib)')/,
]
const isImpure = (text: string) => impure.some((pattern) => pattern.test(text))

const imports = new Map<string, readonly string[]>()
for (const file of files) {
  const found = specifiers(readFileSync(file, 'utf8'))
  imports.set(
    file,
    found.map((specifier) => normalize(join(dirname(file), specifier))),
  )
}

for (const [what, text, found] of [
  ['names', "import { a } from './a.ts'", ['./a.ts']],
  ['names on several lines', "import {\n  a,\n  type B,\n} from '../a.ts'", ['../a.ts']],
  ['types', "import type { A } from './a.ts'", ['./a.ts']],
  ['effects alone', "import './a.ts'", ['./a.ts']],
  ['what is passed on', "export { a } from './a.ts'", ['./a.ts']],
  ['what is imported as it runs', "const a = await import('./a.ts')", ['./a.ts']],
  ['packages', "import { a } from 'a'\nimport 'b'\nimport c from 'node:fs'", []],
] as const) {
  test(`the rule sees imports of ${what}`, () => assert.deepEqual(specifiers(text), found))
}

for (const [text, seen] of [
  ['const now = Date.now()', true],
  ['const now = new Date()', true],
  ['const at = new Date(seconds * 1000)', false],
  ['performance.now()', true],
  ["import { randomBytes } from 'node:crypto'", true],
  ['crypto.randomUUID()', true],
  ["import { hash, randomFillSync } from 'node:crypto'", true],
  ["import { hash } from 'node:crypto'", false],
  ["import 'node:fs'", true],
  ["import { setTimeout } from 'node:timers/promises'", true],
  ['process.env.HOME', true],
] as const) {
  test(`${text}: ${seen ? 'is seen in a pure floor' : 'is pure'}`, () => assert.equal(isImpure(text), seen))
}

test('an import points down, or to its own room, or to a named sibling', () => {
  const wrong: string[] = []
  for (const [file, targets] of imports) {
    for (const target of targets) {
      const from = room(file)
      const to = room(target)
      const [a, b] = [floors[from], floors[to]]
      assert.notEqual(a, undefined, `${file} stands in no known room`)
      assert.notEqual(b, undefined, `${target} (from ${file}) stands in no known room`)
      if (from === to || (a as number) > (b as number) || siblings.has(`${from}>${to}`)) continue
      wrong.push(`${file} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('inside service an import points down, or to its own room: no service sees another', () => {
  const wrong: string[] = []
  for (const [file, targets] of imports) {
    if (room(file) !== 'service') continue
    assert.notEqual(serviceFloor(file), -1, `${file} stands in no known room of service`)
    for (const target of targets) {
      if (room(target) !== 'service' || serviceRoom(file) === serviceRoom(target)) continue
      if (serviceFloor(file) <= serviceFloor(target)) wrong.push(`${file} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

for (const [file, of] of [
  ['src/service/records.ts', 'records'],
  ['src/service/organizations/records.ts', 'records'],
  ['src/service/iam/principals/users.ts', 'iam'],
  ['src/service/principals/create.ts', 'principals'],
  ['src/service/seed.ts', 'control-plane'],
] as const) {
  test(`${file} is of the room ${of}`, () => assert.equal(serviceRoom(file), of))
}

test('what one room of service needs of another is types alone', () => {
  const contracts = files.filter((file) => file.startsWith('src/service/contracts/'))
  assert.ok(contracts.length > 0)
  assert.deepEqual(
    contracts.filter((file) => /^(?:import|export) (?!type |interface )/m.test(readFileSync(file, 'utf8'))),
    [],
  )
})

test('only main.ts, and the adapter itself, import a store adapter', () => {
  // What main.ts imports of stores is its table of kinds.
  const found = (imports.get('src/main.ts') ?? []).filter((target) => room(target) === 'store')
  assert.ok(found.length > 0)
  const names = found.map((target) => target.split('/')[2]?.replace(/\.ts$/, '') ?? '')
  const adapters = new RegExp(`^src/store/(?:${names.join('|')})(?:[/.]|$)`)
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((t) => adapters.test(t) && file !== 'src/main.ts' && !adapters.test(file))
      .map((t) => `${file} -> ${t}`),
  )
  assert.deepEqual(wrong, [])
})

test('dev is importable by cli/dev and main alone', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((t) => room(t) === 'dev' && room(file) !== 'dev' && file !== 'src/cli/dev.ts' && file !== 'src/main.ts')
      .map((t) => `${file} -> ${t}`),
  )
  assert.deepEqual(wrong, [])
})

test('no cycle of imports, types included', () => {
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    state.set(file, 'done')
  }
  for (const file of imports.keys()) visit(file, [])
  assert.deepEqual(cycles, [])
})

test('core and wire read no clock, randomness, environment or logger', () => {
  const pure = files.filter((file) => /^src\/(core|wire)\//.test(file))
  assert.ok(pure.length > 0)
  assert.deepEqual(
    pure.filter((file) => isImpure(readFileSync(file, 'utf8'))),
    [],
  )
})
