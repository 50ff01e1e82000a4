// Long texts in parts, whatever their length and signs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { siteOf } from '../pages/site.ts'
import { longText } from './documents.ts'
import type { SessionRequest } from './session-page.ts'

const site = siteOf('https://sso.example')
const shown = (text: string, part = '') =>
  longText(
    { parts: { browsers: { site } }, asked: () => part } as unknown as SessionRequest,
    text,
    'Text',
    '/console/x',
    [],
  ).html

test('a part is small whatever its signs are, and all parts together are the text', () => {
  for (const sign of ['a', '&', '"', 'é', '😀', 'a\n', "<'"]) {
    const text = sign.repeat(20_000)
    const count = Number(/Part 1 of (\d+)/.exec(shown(text))?.[1] ?? 1)
    let signs = 0
    for (let part = 1; part <= count; part++) {
      const page = shown(text, String(part))
      assert(Buffer.byteLength(page) < 12_000, `${sign}: ${Buffer.byteLength(page)}`)
      signs += (/<pre[^>]*>(.*)<\/pre>/s.exec(page)?.[1] ?? '').replaceAll('\n', '').length
    }
    assert(signs >= 20_000)
  }
})

test('a text of millions costs what its first part costs, and the page says how much there is', () => {
  const text = '&\n'.repeat(5_000_000)
  const page = shown(text)
  assert.match(page, /It has 10000000 characters/)
  assert.equal(/Part 1 of (\d+)/.exec(page)?.[1], /Part 1 of (\d+)/.exec(shown(text.slice(0, 300_000)))?.[1])
  assert.doesNotMatch(shown(text.slice(0, 300_000)), /It has/)
})
