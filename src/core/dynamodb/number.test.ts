import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalNumber } from './number.ts'

const digits = (count: number) => '1234567890'.repeat(4).slice(0, count)

/** [spellings of one number, the one that counts]; undefined: no number of DynamoDB's. */
const rows: readonly (readonly [spellings: readonly string[], canonical: string | undefined])[] = [
  [
    ['1', '+1', '01', '1.', '1.0', '1.000', '1e0', '1E0', '1e+0', '1e-0', '10e-1', '0.1e1', '.1e1', '0001.00e0000'],
    '1',
  ],
  [['-1', '-1.0', '-01', '-10e-1', '-.1E+1'], '-1'],
  [['0', '-0', '+0', '00', '0.0', '.0', '0.', '-0.00', '0e0', '0e5', '0e-5', '-0e9999', '0e1000'], '0'],
  [['0.1', '.1', '00.10', '1e-1', '+0.1', '10e-2'], '0.1'],
  [['100', '1e2', '100.0', '0.1e3', '1.00E+2'], '100'],
  [['12.5', '12.50', '125e-1', '0.125e2', '1.25E1'], '12.5'],
  [['-17400000000000000000000000000000000000', '-17.4E36', '-174e35'], '-17400000000000000000000000000000000000'],
  [[digits(38), `${digits(38)}.0`, `${digits(38)}e0`, `0${digits(38)}`], digits(38)],
  [[`0.${digits(38)}`, `${digits(38)}e-38`, `0.${digits(38)}000`], `0.${digits(37)}8`],
  [[`${digits(38)}000`, `${digits(38)}e3`], `${digits(38)}000`],
  [['1e125', `1${'0'.repeat(125)}`], `1${'0'.repeat(125)}`],
  [['9.9e125'], `99${'0'.repeat(124)}`],
  [['1e-130', '0.1e-129', `0.${'0'.repeat(129)}1`], `0.${'0'.repeat(129)}1`],
  [['-1e-130'], `-0.${'0'.repeat(129)}1`],
  // Too great, too small, too precise.
  [['1e126', '-1e126', '11e125', '1e9999'], undefined],
  [['1e-131', '0.9e-130', '1e-9999'], undefined],
  [[digits(39), `0.${digits(39)}`, `${digits(39)}e30`, `1${'0'.repeat(38)}1`], undefined],
  // What is not decimal text.
  [
    ['', '+', '-', '.', '-.', 'e', 'e5', '.e5', '1e', '1e+', '1e5.0', '--1', '+-1', '1-', '1.2.3', '1,000', '1_000'],
    undefined,
  ],
  [
    ['NaN', '-NaN', 'Infinity', '-Infinity', 'inf', 'dog', '0x10', '0b1', '1f', '1d', '1L', '1n', '1/2', '50%', '$1'],
    undefined,
  ],
  // White space of any kind, digits of other scripts, the minus sign of typographers.
  [
    [' 1', '1 ', '1 0', '\t1', '1\n', '\n1', '\u00a01', '1\u2028', '\ufeff1', '1\0', '\u0661', '\uff11', '\u22121'],
    undefined,
  ],
  [[`${'0'.repeat(256)}1`, '1e00000'], undefined],
]

for (const [spellings, canonical] of rows) {
  for (const text of spellings) {
    test(`number ${JSON.stringify(text).slice(0, 60)}`, () => assert.equal(canonicalNumber(text), canonical))
  }
}

const number = fc
  .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }), fc.integer({ min: -60, max: 60 }))
  .map(([sign, whole, power]) => ({ text: `${sign}${whole}e${power}`, whole: sign === '-' ? -whole : whole, power }))

/** As a whole number of 10^-100. */
const scaled = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const size = BigInt(whole + fraction.padEnd(100, '0'))
  return text.startsWith('-') ? -size : size
}

test('the canonical text is the same number, and its own canonical text', () => {
  fc.assert(
    fc.property(number, ({ text, whole, power }) => {
      const canonical = canonicalNumber(text)
      assert.ok(canonical !== undefined)
      assert.equal(scaled(canonical), whole * 10n ** BigInt(100 + power))
      assert.equal(canonicalNumber(canonical), canonical)
      assert.match(canonical, /^(?:0|-?(?:0\.\d*[1-9]|[1-9]\d*(?:\.\d*[1-9])?))$/)
    }),
    { numRuns: 10_000 },
  )
})
