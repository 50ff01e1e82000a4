// The threat model names code and tests that are there: a rule whose proof was renamed or removed is found here.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

interface Row {
  readonly id: string
  /** The cells after the rule: where it is kept, and what shows it. */
  readonly code: string
  readonly proof: string
}

const rows: readonly Row[] = readFileSync('docs/threat-model.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const id = /^\| ([A-Z]{1,2}\d+) \|/.exec(line)?.[1]
    // A bar within a title is written \| in a table.
    const [, , , code = '', proof = ''] = line.split(/(?<!\\)\|/)
    return id === undefined ? [] : [{ id, code, proof }]
  })

/** Paths of a cell; one without a folder stands beside the one before it. */
function pathsOf(cell: string): readonly string[] {
  let folder = '.'
  return [...cell.matchAll(/`([\w@.-]+(?:\/[\w@.-]*)*)`/g)].flatMap(([, path = '']) => {
    if (!/\/|\.(?:ts|js|md|json|yaml)$/.test(path)) return []
    const whole = path.includes('/') ? path : join(folder, path)
    folder = path.endsWith('/') ? path : dirname(whole)
    return [whole]
  })
}

/** Each title with the file that is named before it. `…` stands for what follows. */
function titlesOf(proof: string): readonly (readonly [file: string, title: string])[] {
  let file = ''
  return [...proof.matchAll(/`([^`]+\.ts)`|"([^"]+)"/g)].flatMap(([, named, title]) => {
    if (named !== undefined) file = named
    return title === undefined ? [] : [[file, title.replaceAll('\\|', '|')] as const]
  })
}

/** A test's source, with its quotes as a title has them. */
const sources = new Map<string, string>()
function sourceOf(file: string): string {
  const source = sources.get(file) ?? readFileSync(file, 'utf8').replaceAll("\\'", "'")
  sources.set(file, source)
  return source
}

/**
 * Whether the title stands in the source: whole, or in the few pieces that a template or a table of rows puts together. A title that was
 * reworded falls into more, or into pieces of a word or two.
 */
function isThere(source: string, title: string): boolean {
  let rest = (title.split('…')[0] ?? '').trim()
  for (let pieces = 0; rest !== ''; pieces++) {
    let length = rest.length
    while (length > 0 && !source.includes(rest.slice(0, length).trim())) length--
    if (length < Math.min(rest.length, shortestPiece) || pieces === mostPieces) return false
    rest = rest.slice(length).trim()
  }
  return true
}
const shortestPiece = 2
const mostPieces = 8

test('each rule stands once', () => {
  const ids = rows.map(({ id }) => id)
  assert.ok(ids.length > 50)
  assert.deepEqual(
    ids.filter((id, at) => ids.indexOf(id) !== at),
    [],
  )
})

test('the files that rules name are there', () => {
  const missing = rows.flatMap(({ id, code, proof }) =>
    [...pathsOf(code), ...pathsOf(proof)].filter((path) => !existsSync(path)).map((path) => `${id} ${path}`),
  )
  assert.deepEqual(missing, [])
})

test('the tests that rules quote are there', () => {
  const missing = rows.flatMap(({ id, proof }) =>
    titlesOf(proof)
      .filter(([file, title]) => !existsSync(file) || !isThere(sourceOf(file), title))
      .map(([file, title]) => `${id} ${file}: "${title}"`),
  )
  assert.deepEqual(missing, [])
})

test('every rule names a test', () => {
  assert.deepEqual(
    rows.filter(({ proof }) => !proof.includes('.test.ts')).map(({ id }) => id),
    [],
  )
})
