// The checked-in contract is what the pinned sources say: regenerating changes nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { services, snapshot, snapshotFile } from '../../scripts/contract/generate.ts'

describe('the wire contract is regenerated unchanged', () => {
  for (const service of services) {
    it(service, () => {
      assert.ok(readFileSync(snapshotFile(service), 'utf8') === snapshot(service), 'run `npm run contract`')
    })
  }
})
