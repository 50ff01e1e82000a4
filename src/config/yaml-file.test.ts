import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { plainOf, readYaml } from './yaml-file.ts'

const read = (text: string) => readYaml('a.yaml', text)

describe('a YAML file', () => {
  test('consists of values, lists and mappings, each with its place', async () => {
    const { contents, problems } = await read("a: 1\nb:\n  - x\n  - { c: '2' }\n")
    deepEqual(problems, [])
    const value = (at: string, value: unknown) => ({ kind: 'value', at, value })
    deepEqual(contents, {
      kind: 'mapping',
      at: 'a.yaml:1:1',
      pairs: [
        { key: 'a', at: 'a.yaml:1:1', value: value('a.yaml:1:4', 1) },
        {
          key: 'b',
          at: 'a.yaml:2:1',
          value: {
            kind: 'list',
            at: 'a.yaml:3:3',
            items: [
              value('a.yaml:3:5', 'x'),
              {
                kind: 'mapping',
                at: 'a.yaml:4:5',
                pairs: [{ key: 'c', at: 'a.yaml:4:7', value: value('a.yaml:4:10', '2') }],
              },
            ],
          },
        },
      ],
    })
    deepEqual(contents && plainOf(contents), { a: 1, b: ['x', { c: '2' }] })
  })

  test('has no contents when it is empty', async () => {
    const { contents, problems } = await read('# nothing\n')
    deepEqual([contents, problems], [undefined, []])
  })

  test('may be JSON', async () => {
    const { contents } = await read('{"a":[true,null]}')
    deepEqual(contents && plainOf(contents), { a: [true, null] })
  })

  test('keeps a key as it is written', async () => {
    const { contents } = await read('001: a')
    deepEqual(contents && plainOf(contents), { '001': 'a' })
  })

  test('treats __proto__ as a plain key', async () => {
    const { contents } = await read('__proto__: { a: 1 }')
    const plain = contents && plainOf(contents)
    equal((plain as { a?: unknown }).a, undefined)
    ok(Object.hasOwn(plain as object, '__proto__'))
  })

  const wrong: [rule: string, text: string, problems: string[]][] = [
    [
      'invalid YAML, reported once with its place',
      'a: b: c',
      ['a.yaml:1:4: Nested mappings are not allowed in compact mappings'],
    ],
    ['a repeated key', 'a: 1\na: 2', ['a.yaml:2:1: Map keys must be unique']],
    ['a key that is repeated in another spelling', '12: a\n"12": b', ['a.yaml:2:1: Map keys must be unique']],
    ['lists in lists without an end', '['.repeat(10_000), ['a.yaml:1:1: nested too deeply']],
    ['an alias', 'a: &x 1\nb: [*x]', ['a.yaml:2:5: aliases are not supported']],
    ['an alias without an anchor', 'b: *x', ['a.yaml:1:4: aliases are not supported']],
    ['a tag', 'a: !env b', ['a.yaml:1:4: tags are not supported: quote a string that begins with !']],
    ['several documents', 'a: 1\n---\nb: 2', ['a.yaml:2:1: must be one document']],
    ['a key that is not a string', '? [a]\n: b', ['a.yaml:1:3: a key must be a string']],
    ['binary content', '\u007fELF\u0002\u0000\u0000', ['a.yaml:1:6: the file is not text']],
  ]
  test('reads a hundred thousand keys of one mapping in as many steps', async () => {
    const { contents } = await read(Array.from({ length: 100_000 }, (_, n) => `key${n}: 1`).join('\n'))
    equal(contents?.kind === 'mapping' && contents.pairs.length, 100_000)
  })

  for (const [rule, text, problems] of wrong) {
    test(`is refused for ${rule}`, async () => deepEqual((await read(text)).problems, problems))
  }

  test('sends no control characters to a terminal', async () => {
    const { contents, report, problems } = await read('"\\e[31mred": 1')
    ok(contents?.kind === 'mapping')
    report(contents.pairs[0]?.at ?? '', `${contents.pairs[0]?.key}: no such setting`)
    deepEqual(problems, ['a.yaml:1:1: \ufffd[31mred: no such setting'])
  })
})
