// The published package as `npm install` lays it in somebody's folder: built, packed and installed, without a network. What it depends on
// is there already, copied from this checkout, so that npm need not fetch it.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { folder } from '../clients/folder.ts'

export const root = dirname(dirname(import.meta.dirname))

interface Manifest {
  readonly version: string
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
}
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** Names of the entries: `policy`, `guard`, … */
export const entries: readonly string[] = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => name.slice('./'.length))

export interface Run {
  readonly status: number | null
  readonly out: string
}

const environment = {
  ...process.env,
  NODE_OPTIONS: '',
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
}

export function run(cwd: string, command: string, ...args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: environment })
  return { status, out: stdout + stderr }
}

export const runNode = (cwd: string, ...args: readonly string[]): Run => run(cwd, process.execPath, ...args)

function done({ status, out }: Run, what: string): string {
  if (status !== 0) throw new Error(`${what}: ${out}`)
  return out
}

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
export const typeCheck = (cwd: string): Run => runNode(cwd, compiler, '-p', '.')

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: true; readonly optional?: true; readonly devOptional?: true }>
  >
}

/** Puts a package's dependencies where npm would put them. */
function layDependencies(consumer: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev || optional || devOptional || !existsSync(join(root, path))) continue
    cpSync(join(root, path), join(consumer, path), { recursive: true })
  }
}

/** A folder with the package installed. */
export function installed(): string {
  const stage = folder()
  const consumer = folder()
  done(runNode(root, compiler, '-p', 'tsconfig.build.json', '--outDir', join(stage, 'dist')), 'build')
  for (const file of [...manifest.files, 'package.json']) {
    if (file !== 'dist') cpSync(join(root, file), join(stage, file), { recursive: true })
  }
  // The build is there already: `prepack` would make it again.
  done(run(stage, 'npm', 'pack', '--ignore-scripts', '--pack-destination', consumer), 'npm pack')
  layDependencies(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }')
  const options = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund']
  done(run(consumer, 'npm', 'install', ...options, `./hallpass-${manifest.version}.tgz`), 'npm install')
  return consumer
}

/** The declarations of the package's entries and of what they name, by file, in order. */
export function declarations(consumer: string): ReadonlyMap<string, string> {
  const dist = join(consumer, 'node_modules', 'hallpass', 'dist', 'library')
  const found = new Map<string, string>()
  const visit = (file: string) => {
    if (found.has(file)) return
    const text = readFileSync(join(dist, file), 'utf8')
    found.set(file, text)
    for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.(?:ts|js)'/g))
      visit(join(dirname(file), `${name}.d.ts`))
  }
  for (const entry of entries) visit(`${entry}.d.ts`)
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export const write = (consumer: string, files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(consumer, name)), { recursive: true })
    writeFileSync(join(consumer, name), text)
  }
}

export const filesOf = (consumer: string): readonly string[] =>
  readdirSync(join(consumer, 'node_modules', 'hallpass'), { recursive: true }).map(String)
