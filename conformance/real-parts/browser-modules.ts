// A site for tests in a browser: one page, and the AWS SDK's own ES modules from node_modules for it, as no browser could
// find them itself: each module's imports are rewritten to paths, by the rules of bundlers (package.json's `exports`
// under the conditions browser, module and import; its `browser` map; files without extension; JSON; modules of CommonJS).
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const conditions = ['browser', 'module', 'import', 'default']

export interface Site {
  readonly origin: string
  close(): Promise<void>
}

/** Serves `script` as the page's module, on a port of its own: an origin of its own. */
export async function startSite(script: string): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname: path, search } = new URL(request.url ?? '/', 'http://site')
    const answer = (type: string, body: string) => {
      response.setHeader('content-type', type)
      response.end(body)
    }
    if (path === '/')
      return answer('text/html', '<!doctype html><title>app</title><script type=module src=/page.js></script>')
    if (path === '/page.js') return answer('text/javascript', rewritten(script, readFileSync(script, 'utf8')))
    const file = join(root, path)
    if (path.startsWith('/node_modules/') && isFile(file)) {
      const text = readFileSync(file, 'utf8')
      if (search === absent) return answer('text/javascript', hollow(text))
      return answer('text/javascript', file.endsWith('.json') ? `export default ${text}` : rewritten(file, text))
    }
    response.statusCode = 404
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Marks a module that browsers do without (`false` in the `browser` map). */
const absent = '?absent'
/** Its names, with nothing behind them. */
const hollow = (text: string) =>
  [...text.matchAll(/^export (?:const|class|function|async function) (\w+)/gm)]
    .map(([, name]) => `export const ${name} = undefined\n`)
    .join('')

const imports = /\b(from\s*|import\s*\(?\s*)(["'])([^"'\n]+)\2/g

/** A module's text with the paths of what it imports; what is not found keeps its name, and fails in the browser. */
const rewritten = (file: string, text: string): string =>
  isCommonJs(text)
    ? rewritten(file, asModule(text))
    : text.replace(imports, (whole, before: string, quote: string, name: string) => {
        const found = resolve(file, name)
        return found === undefined
          ? whole
          : `${before}${quote}/${found.slice(root.length).split(sep).join('/')}${quote}`
      })

const isCommonJs = (text: string) => !/^(?:import|export)\b/m.test(text) && /\b(?:module\.)?exports\b/.test(text)

/** A module of CommonJS as one that others import the default of. */
function asModule(text: string): string {
  const names = [...new Set([...text.matchAll(/\brequire\((["'])([^"']+)\1\)/g)].map(([, , name = '']) => name))]
  return [
    ...names.map((name, at) => `import required${at} from '${name}'`),
    `const require = (name) => ({ ${names.map((name, at) => `'${name}': required${at}`).join(', ')} })[name]`,
    'const module = { exports: {} }, exports = module.exports',
    text,
    'export default module.exports',
  ].join('\n')
}

function resolve(from: string, name: string): string | undefined {
  if (name.startsWith('.')) return forBrowser(fileOf(join(dirname(from), name)))
  const [, owner = '', rest = ''] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(name) ?? []
  for (let folder = dirname(from); folder.startsWith(root.slice(0, -1)); folder = dirname(folder)) {
    const home = join(folder, 'node_modules', owner)
    if (!isFile(join(home, 'package.json'))) continue
    const { exports, module, main = 'index.js' } = manifest(home)
    const entry =
      typeof exports === 'object'
        ? pick((exports as Members)[`.${rest}`] ?? (rest === '' ? exports : undefined))
        : undefined
    const inner = entry ?? (rest === '' ? (module ?? main) : rest)
    return forBrowser(fileOf(join(home, String(inner))))
  }
  return undefined
}

type Members = Readonly<Record<string, unknown>>

/** What `exports` says under the first condition that holds. */
function pick(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, next] of Object.entries(target)) {
    const found = conditions.includes(condition) ? pick(next) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The file that stands in for one in browsers. */
function forBrowser(file: string | undefined): string | undefined {
  const [home] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file ?? '') ?? []
  if (file === undefined || home === undefined) return file
  const { browser } = manifest(home)
  if (typeof browser !== 'object' || browser === null) return file
  for (const [one, other] of Object.entries(browser)) {
    if (one.startsWith('.') && fileOf(join(home, one)) === file) {
      return typeof other === 'string' ? fileOf(join(home, other)) : file + absent
    }
  }
  return file
}

const fileOf = (path: string) => [path, `${path}.js`, join(path, 'index.js')].find(isFile)
const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

const manifests = new Map<string, Members>()
function manifest(home: string): Members {
  const known = manifests.get(home) ?? JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  manifests.set(home, known)
  return known
}
