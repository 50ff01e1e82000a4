// Where matched statements stand, against what AWS's simulator answered.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readDocument } from '../../../core/policy/document.ts'
import { positionsOf } from './matched-statements.ts'

interface Row {
  readonly name: string
  readonly policy: string
  readonly statements: readonly { readonly start: readonly [number, number]; readonly end: readonly [number, number] }[]
}

const file = new URL('../../../../conformance/vectors/simulation/positions.json', import.meta.url)

describe('a statement stands where AWS says, in', () => {
  for (const { name, policy, statements } of JSON.parse(readFileSync(file, 'utf8')) as Row[]) {
    test(name, () => {
      const document = readDocument(policy)
      assert.ok(!('error' in document))
      const found = document.statements.map((statement) => {
        const { StartPosition: start, EndPosition: end } = positionsOf(policy, statement)
        return { start: [start.Line, start.Column], end: [end.Line, end.Column] }
      })
      assert.deepEqual(found, statements)
    })
  }
})
