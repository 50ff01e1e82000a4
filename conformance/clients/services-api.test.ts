// `hallpass services api`: a declared service has an API of its own.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { invoke } from '../../src/cli/testing/world.ts'
import { keyPair } from '../library/notes-kit.ts'
import { folder } from './folder.ts'
import { workloadWorld } from './workload-kit.ts'

const { server } = await workloadWorld({ file: 'hallpass.sqlite' })
const operator = (...words: string[]) => invoke(['services', ...words, '--data', server.data], { clock: server.now })
const key = join(folder(), 'key.pem')
writeFileSync(key, keyPair().publicKey)
const name = 'notes.example.com'

test('what its clients sign for, and its hosts, are set and shown', async () => {
  await operator('add', name, '--any-account', '--key', key)
  const { code, out, err } = await operator('api', name, '--signing-name', 'notes', '--host', name)
  assert.deepEqual([code, out, err], [0, `${name} is signed for as notes`, ''])
  const { services } = JSON.parse((await operator('list', '--json')).out)
  assert.deepEqual(services[0].api, { signingName: 'notes', hosts: [name] })
})

for (const [what, words, exit, says] of [
  ['without a name to sign for', [name], 2, /--signing-name/],
  ['a name of AWS’s', [name, '--signing-name', 'sts'], 1, /sts is what one of AWS's services is signed for/],
  ['a service that was not declared', ['other.example.com', '--signing-name', 'other'], 1, /there is no service other/],
  ['a host with a port', [name, '--signing-name', 'notes', '--host', 'a:443'], 1, /a:443 is no host name/],
] as const) {
  test(`${what}: refused, with what to do`, async () => {
    const { code, err } = await operator('api', ...words)
    assert.equal(code, exit)
    assert.match(err, says)
  })
}
