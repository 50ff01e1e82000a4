// What is put into a page is text, wherever it stands.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { html, onward, page } from './html.ts'

const rows: readonly (readonly [rule: string, made: { html: string }, is: string])[] = [
  ['a text is escaped', html`<p>${'<b>&"\'</b>'}</p>`, '<p>&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;</p>'],
  ['an attribute cannot be left', html`<a href="${'" onclick="x'}">`, '<a href="&quot; onclick=&quot;x">'],
  ['HTML stays HTML', html`<ul>${html`<li>${'<'}</li>`}</ul>`, '<ul><li>&lt;</li></ul>'],
  ['a list is joined', html`${[html`<i>1</i>`, html`<i>2</i>`]}`, '<i>1</i><i>2</i>'],
  ['a number is written', html`${7}`, '7'],
]
for (const [rule, made, is] of rows) test(rule, () => assert.equal(made.html, is))

test('the title is escaped, and the policy names the hash of the very style in the page', () => {
  const { body, headers } = page('<title>', html`<h1>x</h1>`)
  const text = String(body)
  assert.match(text, /<title>&lt;title&gt;<\/title>/)
  const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? ''
  const policy = headers[headers.indexOf('Content-Security-Policy') + 1] ?? ''
  assert(policy.includes(`style-src 'sha256-${hash('sha256', style, 'base64')}'`))
})

test('onward is a GET of the other page', () => {
  assert.deepEqual(onward('/x', ['A', 'b']), { status: 303, headers: ['Location', '/x', 'A', 'b'], body: '' })
})
