// What the documentation of people prints does what it says: its files are applied as they stand, its commands are commands.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { authority } from '../federation/testing/idp.ts'
import { proofMembers, requestSchema } from '../wire/broker-api.ts'
import { readAs } from '../wire/json-schema.ts'
import { readJson } from '../wire/json-text.ts'
import { chapterOf, documentText, readCommands, snippetsOf } from './testing/snippets.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const snippets = snippetsOf({
  'guide.md': chapterOf('People: who may have what'),
  'directory-setup.md': documentText('directory-setup.md'),
  'provider-setup.md': documentText('provider-setup.md'),
})
const of = (kind: string) => snippets.filter((one) => one.kind === kind)

test('there are snippets of every kind', () => {
  deepEqual(
    ['yaml', 'sh', 'csv', 'json'].map((kind) => of(kind).length),
    [8, 8, 1, 1],
  )
})

/** A folder with a file, and the files that snippets name beside theirs. */
function folderWith(content: string): string {
  const folder = newPath()
  mkdirSync(folder)
  for (const [name, said] of [
    ['people.yaml', content],
    ['corp-ca.pem', authority],
    ['bind.secret', 'planted-bind-password\n'],
    ['corp.secret', 'planted-client-secret\n'],
  ] as const)
    writeFileSync(join(folder, name), said)
  return join(folder, 'people.yaml')
}

async function stored(): Promise<string> {
  const data = newPath()
  await (await serving('serve', data)).stop()
  return data
}

describe('a file as it stands there is applied', async () => {
  const data = await stored()
  for (const [at, { from, content }] of of('yaml').entries()) {
    test(`${from}, file ${at + 1}`, async () => {
      const { code, err, out } = await invoke(['apply', folderWith(content), '--data', data])
      equal(code, 0, err)
      match(out, /^(created|changed) {2}connector /m)
    })
  }
})

test('rows of a list of groups, accounts and roles are applied as import prints them', async () => {
  const [list] = of('csv')
  const file = `${newPath()}.csv`
  writeFileSync(file, list?.content ?? '')
  const { code, out, err } = await invoke(['people', 'import', file, '--connector', 'corp'])
  equal(code, 0, err)
  const brokers = ['111122223333', '000123456789'].map((account) => `    - { account: '${account}', user: broker }\n`)
  const example = of('yaml').find(({ content }) => content.includes('  targets:'))?.content ?? ''
  const [, connectors = ''] = /^( {2}connectors:.*)^ {2}assignments:/ms.exec(example) ?? []
  const whole = folderWith(
    `people:\n  brokers:\n${brokers.join('')}${connectors}  assignments:\n${out.replace(/^/gm, '    ')}\n`,
  )
  const applied = await invoke(['apply', whole, '--data', await stored()])
  equal(applied.code, 0, applied.err)
  equal(applied.out.match(/assignment corp/g)?.length, 2)
})

test('the trust policy that is shown is one', async () => {
  const roles = [{ name: 'Auditor', trust: JSON.parse(of('json')[0]?.content ?? '') as object }]
  // YAML holds JSON.
  const file = folderWith(JSON.stringify({ accounts: [{ id: '999900001111', name: 'aws', roles }] }))
  const { code, err } = await invoke(['apply', file, '--data', await stored()])
  equal(code, 0, err)
})

test('every command of ours that is shown there is one, with its options', async () => {
  ok((await readCommands(of('sh'))) > 15)
})

test('what programs are shown to send to the broker is what it reads', () => {
  const bodies = of('sh').flatMap(({ content }) =>
    [...content.matchAll(/--json '([^']+)' (?:\\\n\s*)?https:\S+\/broker\/(credentials|roles|console)/g)].map(
      ([, body = '', operation]) => ({ body: readJson(Buffer.from(body)), operation: operation as 'credentials' }),
    ),
  )
  equal(bodies.length, 2)
  for (const { body, operation } of bodies) {
    ok('value' in body)
    ok('value' in readAs(requestSchema(operation, proofMembers.password), body.value))
  }
})
