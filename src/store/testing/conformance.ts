// The suite that every store must pass: tests of what store.ts promises. The test file of an adapter calls it.

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
