// The suite that every store passes: what store.ts promises, as tests. An adapter's own test file calls it.

import { describe } from 'node:test'
import { interleaved } from './conformance/interleaved.ts'
import { journals } from './conformance/journals.ts'
import { records } from './conformance/records.ts'
import type { Open } from './conformance/suite.ts'
import { transactions } from './conformance/transactions.ts'

export type { Open, Opened, Opening } from './conformance/suite.ts'

export function storeConformance(name: string, open: Open): void {
  describe(`${name} as a store`, () => {
    records(open)
    transactions(open)
    interleaved(open)
    journals(open)
  })
}
