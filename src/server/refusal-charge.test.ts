// What a refused request pays beyond its one token.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chargeForRefusal, type RefusedRequest } from './refusal-charge.ts'

const now = new Date('2026-03-01T12:00:00Z')
const refused = {
  exchange: { from: { address: '192.0.2.1' } },
  caller: { presented: { keyId: 'AKIA', region: 'us-east-1' } },
  ...{ decided: [], bodyBytes: 0, now },
}

for (const [what, more, charged] of [
  ['nothing where it cost nothing', {}, []],
  ['nothing below a whole KiB and 10,000 steps', { bodyBytes: 1023, decided: [{ steps: 9_999 }] }, []],
  [
    'for each KiB, and for each 10,000 steps of all its decisions, by address and key',
    { bodyBytes: 3072, decided: [{ steps: 6_000 }, { steps: 6_000 }] },
    [
      ['address', '192.0.2.1', now, 4],
      ['key', 'AKIA', now, 4],
    ],
  ],
  [
    'by address alone where no key was presented',
    { bodyBytes: 1024, caller: { presented: undefined } },
    [['address', '192.0.2.1', now, 1]],
  ],
] as const satisfies readonly (readonly [string, Partial<RefusedRequest>, readonly unknown[]])[]) {
  test(`a refused request pays ${what}`, () => {
    const calls: unknown[][] = []
    chargeForRefusal((...call) => void calls.push(call), { ...refused, ...more })
    assert.deepEqual(calls, charged)
  })
}
