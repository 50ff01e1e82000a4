import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { foldCase } from '../../../core/case-fold.ts'
import { type GroupPattern, readPattern, splitName, splitsOneWay } from './pattern.ts'

const read = (text: string): GroupPattern => {
  const pattern = readPattern(text)
  ok(!('problem' in pattern), 'problem' in pattern ? pattern.problem : '')
  return pattern
}
const nameOf = (text: string, account: string, role: string) =>
  text.replace('{account}', () => account).replace('{role}', () => role)

describe('a group’s name splits in one way', () => {
  // Few characters, so that names hold the pattern's own text often.
  const some = fc.string({ unit: fc.constantFrom('a', 'A', '-', '.', '1'), maxLength: 4 })
  const pattern = fc
    .tuple(some, some, some, fc.boolean())
    .map(([before, between, after, first]) =>
      first ? `${before}{account}${between}{role}${after}` : `${before}{role}${between}{account}${after}`,
    )
    .filter((text) => !('problem' in readPattern(text)))

  test('what a pattern makes of an account and a role, it takes apart into the same', () => {
    fc.assert(
      fc.property(pattern, some, some, (text, account, role) => {
        const made = read(text)
        fc.pre(splitsOneWay(made, foldCase(account)))
        deepEqual(splitName(made, nameOf(text, account, role)), { account: foldCase(account), role })
      }),
      { numRuns: 2000 },
    )
  })
  test('no name is of two accounts', () => {
    fc.assert(
      fc.property(pattern, some, some, some, some, (text, a, b, one, other) => {
        const made = read(text)
        fc.pre(foldCase(a) !== foldCase(b) && splitsOneWay(made, foldCase(a)) && splitsOneWay(made, foldCase(b)))
        ok(foldCase(nameOf(text, a, one)) !== foldCase(nameOf(text, b, other)))
      }),
      { numRuns: 2000 },
    )
  })
  test('an account with the text between the places is refused', () => {
    equal(splitsOneWay(read('AWS-{account}-{role}'), 'eu-prod'), false)
    equal(splitsOneWay(read('AWS--{account}--{role}'), 'eu-'), false)
    equal(splitsOneWay(read('{role}--{account}-x'), '-eu'), false)
    equal(splitsOneWay(read('AWS--{account}--{role}'), 'eu-prod'), true)
  })
})

test('any name is taken apart or not, and never fails', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const split = splitName(read('aws-{account}-{role}'), name)
      ok(split === undefined || name.length > split.role.length)
    }),
  )
})
