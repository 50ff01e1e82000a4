// The rule that keeps what is typed out of filters: nothing here or elsewhere makes one of text.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { EqualityFilter } from 'ldapts'
import { any, equals } from './filters.ts'

/** What a filter is made of text by; and the library's client, which makes them so. */
const ofText =
  /\bescapeFilter\b|\bFilterParser\b|\bparseString\b|\bFilter\.escape\b|\bfilter:\s*['"`]|\bClient\b[^']*from 'ldapts'/

describe('Filters are objects', () => {
  for (const text of [
    "import { escapeFilter } from 'ldapts'",
    'FilterParser.parseString(text)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the rule looks for.
    'search(base, { filter: `(uid=${login})` })',
    "search(base, { filter: '(uid=x)' })",
    "import { BindRequest, Client } from 'ldapts'",
  ]) {
    test(`the rule sees: ${text}`, () => assert.match(text, ofText))
  }

  test('no file of the product makes one of text', () => {
    const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    assert.ok(files.length > 400)
    assert.deepEqual(
      files.filter((file) => ofText.test(readFileSync(file, 'utf8'))),
      [],
    )
  })

  test('one alternative needs no "or"', () => assert.ok(any([equals('uid', '*')]) instanceof EqualityFilter))
})
