// The checked-in contract is what the pinned sources say: regenerating changes nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  extracted,
  signingNames,
  signingNamesFile,
  snapshot,
  snapshotFile,
  types,
  typesFile,
} from '../../scripts/contract/generate.ts'
import { serviceNames } from '../../src/wire/services.ts'

describe('the wire contract is regenerated unchanged', () => {
  for (const service of extracted) {
    it(service, () => {
      assert.ok(readFileSync(snapshotFile(service), 'utf8') === snapshot(service), 'run `npm run contract`')
      const file = typesFile(service)
      if (file !== undefined) assert.ok(readFileSync(file, 'utf8') === types(service), 'run `npm run contract`')
    })
  }
})

it('the names of AWS’s services are regenerated unchanged', () =>
  assert.ok(readFileSync(signingNamesFile, 'utf8') === signingNames(), 'run `npm run contract`'))

it('every service that has an extract is offered, and no other', () => {
  assert.deepEqual([...serviceNames].sort(), [...extracted].sort())
})
