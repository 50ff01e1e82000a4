// Codes of virtual MFA devices against the RFCs' own values, and the rule that none works twice.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { codeOf, STEP_SECONDS, stepAt, stepOf, stepOfPair } from './totp.ts'

interface Vectors {
  readonly hotp: { readonly key: string; readonly codes: readonly string[] }
  readonly totp: {
    readonly key: string
    readonly digits: number
    readonly rows: readonly { readonly seconds: number; readonly code: string }[]
  }
}

const file = new URL('../../conformance/vectors/totp/vectors.json', import.meta.url)
const { hotp, totp } = JSON.parse(readFileSync(file, 'utf8')) as Vectors
const key = Buffer.from(hotp.key, 'ascii')

describe('RFC 4226, Appendix D', () => {
  for (const [counter, code] of hotp.codes.entries()) {
    test(`counter ${counter} is ${code}`, () => assert.equal(codeOf(key, counter), code))
  }
})

describe('RFC 6238, Appendix B (SHA-1)', () => {
  for (const { seconds, code } of totp.rows) {
    test(`at ${seconds} s the code is ${code}`, () => {
      const step = stepAt(new Date(seconds * 1000))
      assert.equal(codeOf(Buffer.from(totp.key, 'ascii'), step, totp.digits), code)
    })
  }
})

describe('a code', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const middle = stepAt(now)
  const rows = [
    { title: 'of this step is accepted', step: middle, last: 0, found: middle },
    { title: 'of the step before is accepted', step: middle - 1, last: 0, found: middle - 1 },
    { title: 'of the step after is accepted', step: middle + 1, last: 0, found: middle + 1 },
    { title: 'of two steps before is not', step: middle - 2, last: 0, found: undefined },
    { title: 'of two steps after is not', step: middle + 2, last: 0, found: undefined },
    { title: 'of the last accepted step is not', step: middle, last: middle, found: undefined },
    { title: 'of a step before the last accepted is not', step: middle - 1, last: middle, found: undefined },
  ]
  for (const { title, step, last, found } of rows) {
    test(title, () => assert.equal(stepOf(key, codeOf(key, step), now, last, 1), found))
  }

  test('changes exactly every thirty seconds', () => {
    assert.equal(stepAt(new Date(now.getTime() + STEP_SECONDS * 1000 - 1)), middle)
    assert.equal(stepAt(new Date(now.getTime() + STEP_SECONDS * 1000)), middle + 1)
  })
})

describe('two codes', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const middle = stepAt(now)
  const pair = (first: number, second: number) => [codeOf(key, first), codeOf(key, second)] as const
  const rows = [
    {
      title: 'that follow each other prove the device, at the later step',
      codes: pair(middle - 1, middle),
      found: middle,
    },
    { title: 'in the wrong order do not', codes: pair(middle, middle - 1), found: undefined },
    { title: 'with one between do not', codes: pair(middle - 2, middle), found: undefined },
    { title: 'that are one code twice do not', codes: pair(middle, middle), found: undefined },
    { title: 'of long ago do not', codes: pair(middle - 9, middle - 8), found: undefined },
  ]
  for (const { title, codes, found } of rows) {
    test(title, () => assert.equal(stepOfPair(key, codes, now, 0, 2), found))
  }
  test('of which the first was used do not', () => {
    assert.equal(stepOfPair(key, pair(middle - 1, middle), now, middle - 1, 2), undefined)
  })
})
