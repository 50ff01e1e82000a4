import { strictEqual as equal, deepStrictEqual as same, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { limits, type Rate, type Rates, ratesOf } from './limits.ts'

const rate = (more: Partial<Rate> = {}): Rate => ({ perSecond: 1, burst: 2, most: 10, crowd: 'forget', ...more })
const perSecond = { 'rate-per-address': 1, 'rate-per-key': 1, 'rate-per-pool': 100, 'rate-per-provider': 1 }
const rates = (more: Partial<Rates> = {}): Rates => ({
  ...(Object.fromEntries(Object.keys(ratesOf(perSecond)).map((kind) => [kind, rate()])) as unknown as Rates),
  ...more,
})
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)

const rows: readonly { rule: string; takes: readonly (readonly [seconds: number, cost?: number])[]; had: string }[] = [
  { rule: 'a burst, then no more', takes: [[0], [0], [0]], had: 'yyn' },
  { rule: 'tokens come back with time', takes: [[0], [0], [0.5], [1], [1]], had: 'yynyn' },
  { rule: 'never more than the burst', takes: [[0], [100], [100], [100]], had: 'yyyn' },
  { rule: 'a cost', takes: [[0, 2], [0], [1, 2], [2, 2]], had: 'ynny' },
  {
    rule: 'a cost over the burst is never had',
    takes: [
      [0, 3],
      [100, 3],
    ],
    had: 'nn',
  },
  { rule: 'what is refused costs nothing', takes: [[0, 2], [0], [0], [1]], had: 'ynny' },
  { rule: 'a clock set back gives and takes nothing', takes: [[10], [0], [0], [10], [11]], had: 'yynny' },
]
for (const { rule, takes, had } of rows) {
  test(`take: ${rule}`, () => {
    const { take } = limits(rates())
    equal(takes.map(([seconds, cost]) => (take('key', 'AKIA', at(seconds), cost) ? 'y' : 'n')).join(''), had)
  })
}

test('charge: takes what is not there, and a burst of it is owed at most', () => {
  const { take, charge } = limits(rates())
  charge('key', 'AKIA', at(0), 3)
  same(
    [0, 1, 2, 3].map((seconds) => take('key', 'AKIA', at(seconds))),
    [false, false, true, true],
  )
  charge('key', 'AKIA', at(3), 1_000_000)
  same(
    [4, 5, 6].map((seconds) => take('key', 'AKIA', at(seconds))),
    [false, false, true],
  )
})

test('charge: another key, and another kind, owe nothing', () => {
  const { take, charge } = limits(rates())
  charge('key', 'AKIA', at(0), 100)
  same([take('key', 'other', at(0)), take('address', 'AKIA', at(0))], [true, true])
})

test('kinds and keys do not share', () => {
  const { take } = limits(rates())
  same(
    [take('key', 'a', at(0), 2), take('key', 'b', at(0), 2), take('pool', 'a', at(0), 2), take('key', 'a', at(0))],
    [true, true, true, false],
  )
})

test('addresses of one IPv6 /64 share', () => {
  const { take } = limits(rates())
  same(
    [
      take('address', '2001:db8::1', at(0)),
      take('address', '2001:db8::ffff:2', at(0)),
      take('address', '2001:db8::3', at(0)),
      take('address', '2001:db8:0:1::1', at(0)),
    ],
    [true, true, false, true],
  )
})

test('one address has the fourth part of a pool’s rate, and never less than one at once', () => {
  const { take } = limits(ratesOf(perSecond))
  same([take('pool-share', 'a', at(0), 100), take('pool-share', 'a', at(0))], [true, false])
  same([take('pool', 'a', at(0), 400), take('pool', 'a', at(0))], [true, false])
  same([take('provider-share', 'a', at(0)), take('provider-share', 'a', at(0))], [true, false])
})

for (const crowd of ['forget', 'share'] as const) {
  test(`a flood of keys does not grow the memory (${crowd})`, () => {
    const { take, size } = limits(rates({ pool: rate({ crowd }) }))
    let most = 0
    for (let i = 0; i < 1000; i++) {
      take('pool', `p${i}`, at(i / 10))
      // Some stay in use throughout.
      take('pool', `p${i % 7}`, at(i / 10))
      most = Math.max(most, size('pool'))
    }
    equal(most, 10)
  })
}

test('forget: the ones in use are kept over the others', () => {
  const { take } = limits(rates({ address: rate({ most: 100 }) }))
  take('address', 'busy', at(0), 2)
  const had = []
  for (let i = 0; i < 1000; i++) {
    take('address', `a${i}`, at(0))
    had.push(take('address', 'busy', at(0)))
  }
  equal(had.includes(true), false)
})

test('share: a flood of invented names does not refill a drained bucket', () => {
  const { take } = limits(rates({ pool: rate({ crowd: 'share' }) }))
  take('pool', 'guessed', at(0), 2)
  for (let i = 0; i < 1000; i++) take('pool', `p${i}`, at(0.5))
  equal(take('pool', 'guessed', at(0.9)), false)
})

test('share: newcomers to a full table share one bucket, and have their own again when it has emptied', () => {
  const { take } = limits(rates({ pool: rate({ crowd: 'share', most: 2 }) }))
  take('pool', 'a', at(0))
  take('pool', 'b', at(0))
  same([take('pool', 'c', at(0.1)), take('pool', 'd', at(0.1)), take('pool', 'e', at(0.1))], [true, true, false])
  same([take('pool', 'e', at(10)), take('pool', 'f', at(10)), take('pool', 'e', at(10))], [true, true, true])
})

test('a rate of nothing is misuse', () => {
  throws(() => limits(rates({ key: rate({ perSecond: 0 }) })), TypeError)
  throws(() => limits(rates({ key: rate({ burst: Number.NaN }) })), TypeError)
})
