import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contractOf } from './contract.ts'
import { matcherOf, translate } from './pattern.ts'
import { serviceNames } from './services.ts'
import type { Shape, StringShape } from './shape.ts'

/** Every text shape with a pattern that is reachable from some input. */
function patterned(): readonly StringShape[] {
  const seen = new Set<Shape>()
  const visit = (shape: Shape) => {
    if (seen.has(shape)) return
    seen.add(shape)
    if (shape.kind === 'structure') for (const member of shape.members) visit(member.shape)
    if (shape.kind === 'list') visit(shape.item)
    if (shape.kind === 'map') {
      visit(shape.key)
      visit(shape.value)
    }
  }
  for (const service of serviceNames) {
    const contract = contractOf(service)
    for (const name of contract.operationNames) {
      const input = contract.operation(name)?.input
      if (input !== undefined) visit(input)
    }
  }
  return [...seen].filter((shape) => shape.kind === 'string' && shape.pattern !== undefined) as readonly StringShape[]
}

describe('the patterns of the contract', () => {
  it('are all known to mean the same in ECMAScript', () => {
    for (const { pattern = '' } of patterned()) assert.doesNotThrow(() => translate(pattern), pattern)
  })

  // A single loop is linear, and so are loops that the next character distinguishes. A bound on length makes the rest
  // harmless.
  it('without a bound on length have no two loops that could match the same text', () => {
    const reviewed = new Set(['v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?', '[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+\\.[A-Za-z0-9-_=]+'])
    for (const { name, pattern = '', max } of patterned()) {
      const loops = pattern.replace(/\[[^\]]*\]/g, 'C').match(/[*+]|\{\d+,\}/g) ?? []
      assert.ok(max !== undefined || loops.length <= 1 || reviewed.has(pattern), `${name}: ${pattern}`)
    }
  })

  it('do not fail on two megabytes', () => {
    const unbounded = patterned().filter(({ max = Number.POSITIVE_INFINITY }) => max > 1e6)
    for (const { pattern = '' } of unbounded) {
      for (const unit of ['a', ' ', 'v1.']) {
        for (const end of ['', '\u0001']) matcherOf(pattern)(unit.repeat(1 << 21) + end)
      }
    }
  })
})

describe('a Java pattern is run as Java runs it', () => {
  const rows: readonly (readonly [title: string, pattern: string, text: string, matches: boolean])[] = [
    ['the whole value', '[a-z]', 'ab', false],
    ['alternatives of a half-anchored pattern', '^(r-[a-z]{4})|(\\d{12})$', 'r-abcd', true],
    ['… are both anchored', '^(r-[a-z]{4})|(\\d{12})$', 'r-abcdX', false],
    ['\\s is ASCII', '[\\w\\s]+', 'a\u00a0b', false],
    ['\\s has its six', '[\\w\\s]+', 'a \t\n\v\f\r', true],
    ['\\S is everything else', '[\\S]+', '\u00a0', true],
    ['\\w is ASCII', '[\\w]+', 'é', false],
    ['[\\s\\S] is anything', '[\\s\\S]*', '\u2028\n😀', true],
    ['an escaped colon', '[\\w@\\:-]*', 'a:-', true],
    ['an escaped hyphen outside a class', 'ou\\-x', 'ou-x', true],
    ['the tail of $ is no line feed', '^a$', 'a\n', false],
  ]
  for (const [title, pattern, text, matches] of rows) it(title, () => assert.equal(matcherOf(pattern)(text), matches))

  it('an escape that may mean something else in ECMAScript is refused', () => {
    for (const pattern of ['\\h', '\\R', '\\Qa', '\\b']) assert.throws(() => translate(pattern), TypeError)
  })
})
