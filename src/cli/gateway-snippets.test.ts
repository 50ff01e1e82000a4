// What the documentation of the gateway prints: its files are read as they stand, its policies are taken, its commands are commands.
// What the policies decide is tested with AWS's client (conformance/clients/dynamodb-guide.test.ts).
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readBackendsFile } from '../config/backends-file.ts'
import { authority } from '../federation/testing/idp.ts'
import { chapterOf, documentText, readCommands, snippetsOf } from './testing/snippets.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const snippets = snippetsOf({
  'guide.md': chapterOf('A pass opens DynamoDB'),
  'gateway-setup.md': documentText('gateway-setup.md'),
})
const of = (kind: string) => snippets.filter((one) => one.kind === kind)

test('there are snippets of every kind', () => {
  deepEqual(
    ['yaml', 'json', 'sh', 'ini', 'text'].map((kind) => of(kind).length),
    [3, 3, 4, 1, 1],
  )
})

describe('a file about backends is read as it stands there', () => {
  for (const [at, { from, content }] of of('yaml').entries()) {
    test(`${from}, file ${at + 1}`, async () => {
      const { backends } = await readBackendsFile({ name: 'backends.yaml', text: content })
      deepEqual(
        backends.map(({ service }) => service),
        ['dynamodb'],
      )
    })
  }
})

test('a server starts with the guide’s file, and the files that it names', async () => {
  const folder = newPath()
  mkdirSync(folder)
  const [file] = of('yaml')
  for (const [name, text] of [
    ['backends.yaml', file?.content ?? ''],
    ['tables-keys', of('ini')[0]?.content.replace('…', 'planted-secret') ?? ''],
    ['corp-ca.pem', authority],
  ] as const)
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  const served = await serving('serve', newPath(), {}, ['--backends-file', join(folder, 'backends.yaml')])
  const { code, err } = await served.stop()
  equal(code, 0, err)
})

test('the policies that are shown are taken', async () => {
  const data = newPath()
  await (await serving('serve', data)).stop()
  const shown = of('json').map(({ content }, at) => [`shown-${at}`, JSON.parse(content) as object])
  const users = [{ name: 'ann', policies: Object.fromEntries(shown) }]
  const file = `${newPath()}.yaml`
  // YAML holds JSON.
  writeFileSync(file, JSON.stringify({ accounts: [{ id: '999900001111', name: 'tables', users }] }))
  const { code, err } = await invoke(['apply', file, '--data', data])
  equal(code, 0, err)
})

test('every command of ours that is shown there is one, with its options', async () => {
  equal(await readCommands(of('sh')), 3)
  ok(of('sh').some(({ content }) => content.includes('aws dynamodb get-item')))
  match(of('text')[0]?.content ?? '', /^dynamodb GetItem: refused with AccessDeniedException$/m)
})
