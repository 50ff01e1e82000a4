// Reading and writing AWS's credentials and config files.
import { deepEqual } from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { newPath } from '../cli/testing/world.ts'
import { readSections, writeSections } from './aws-files.ts'

function read(text: string) {
  const file = newPath()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return Object.fromEntries(readSections(file))
}

const rows: [what: string, text: string, sections: object][] = [
  ['settings of a section', '[a]\nx = 1\nY=2\n', { a: { x: '1', y: '2' } }],
  ['a section that is there twice', '[a]\nx = 1\n[b]\n[a]\ny = 2\n', { a: { x: '1', y: '2' }, b: {} }],
  ['a name in quotes', '[profile "my own"]\nx = 1\n', { 'profile my own': { x: '1' } }],
  ['more than one blank', '[profile   a ]\nx = 1\n', { 'profile a': { x: '1' } }],
  [
    'nested settings',
    '[services s]\nsts =\n  endpoint_url = http://h\n',
    { 'services s': { 'sts.endpoint_url': 'http://h' } },
  ],
  ['settings after nested ones', '[a]\ns3 =\n  x = 1\ny = 2\n  z = 3\n', { a: { 's3.x': '1', y: '2', z: '3' } }],
  ['comments', '# x = 0\n; y = 0\n[a] # c\nx = 1 # c\ny = a#b\nz = # c\n', { a: { x: '1', y: 'a#b', z: '' } }],
  ['line ends of Windows', '[a]\r\nx = 1\r\n', { a: { x: '1' } }],
  ['a secret with every kind of character', '[a]\nx = ab+/=cd=\n', { a: { x: 'ab+/=cd=' } }],
]
for (const [what, text, sections] of rows) {
  test(`readSections reads ${what}`, () => deepEqual(read(text), sections))
}

test('writeSections writes what readSections read, nested and empty settings too', () => {
  const file = newPath()
  const sections = new Map([
    ['profile a', { endpoint_url: 'http://h', cli_pager: '' }],
    ['services s', { 'sts.endpoint_url': 'http://h', 'sts.x': '1', 'iam.endpoint_url': 'http://h' }],
  ])
  writeSections(file, 'Of a test.', sections)
  const once = readFileSync(file, 'utf8')
  writeSections(file, 'Of a test.', readSections(file))
  deepEqual(readFileSync(file, 'utf8'), once)
  deepEqual(once.split('\n').slice(6), [
    '[services s]',
    'sts =',
    '  endpoint_url = http://h',
    '  x = 1',
    'iam =',
    '  endpoint_url = http://h',
    '',
  ])
})
