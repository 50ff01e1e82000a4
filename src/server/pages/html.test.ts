// What is put into a page is text, wherever it stands; where it could be more, it cannot be put.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Html, html, scriptTag } from './html.ts'

describe('HTML', () => {
  const rows: readonly (readonly [rule: string, made: Html, is: string])[] = [
    ['a text is escaped', html`<p>${'<b>&"\'</b>'}</p>`, '<p>&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;</p>'],
    ['an attribute cannot be left', html`<p title="${'" onclick="x'}"></p>`, '<p title="&quot; onclick=&quot;x"></p>'],
    ['HTML stays HTML', html`<ul>${html`<li>${'<'}</li>`}</ul>`, '<ul><li>&lt;</li></ul>'],
    ['a list is joined', html`${[html`<i>1</i>`, html`<i>2</i>`]}`, '<i>1</i><i>2</i>'],
    ['a number is written', html`${7}`, '7'],
    ['a link is a path', html`<a href="${'/a?b=1&c="'}"></a>`, '<a href="/a?b=1&amp;c=&quot;"></a>'],
    ['or of https', html`<a href="${'https://example.com/'}"></a>`, '<a href="https://example.com/"></a>'],
    ['a part of a link is encoded', html`<a href="/a/${'../b?c#"'}"></a>`, '<a href="/a/..%2Fb%3Fc%23%22"></a>'],
    ['a second part is encoded too', html`<a href="${'/'}${'/b.c'}"></a>`, '<a href="/%2Fb.c"></a>'],
    ['text after an attribute is text', html`<a href="/">${'javascript:x'}</a>`, '<a href="/">javascript:x</a>'],
  ]
  for (const [rule, made, is] of rows) test(rule, () => assert.equal(made.html, is))
})

describe('a link is refused that', () => {
  const rows: readonly (readonly [rule: string, link: string])[] = [
    ['is a script', 'javascript:alert(1)'],
    ['is a script in another case', 'JavaScript:alert(1)'],
    ['is a script after a blank', ' javascript:alert(1)'],
    ['is a script with a tab in its scheme', 'java\tscript:alert(1)'],
    ['is a document of its own', 'data:text/html,<script>alert(1)</script>'],
    ['leads to another host without a scheme', '//elsewhere.example.com'],
    ['leads there by a backslash', '/\\elsewhere.example.com'],
    ['leads there by a tab that browsers drop', '/\t/elsewhere.example.com'],
    ['is relative to wherever it stands', 'a/b'],
    ['is empty', ''],
  ]
  for (const [rule, link] of rows) {
    for (const [where, write] of [
      ['href', () => html`<a href="${link}"></a>`],
      ['action', () => html`<form action="${link}"></form>`],
      ['src, in capitals', () => html`<img SRC="${link}">`],
    ] as const) {
      test(`${rule} (${where})`, () => assert.throws(write, TypeError))
    }
  }
})

describe('a template is refused', () => {
  const x = 'x'
  const rows: readonly (readonly [rule: string, write: () => Html])[] = [
    ['with a script', () => html`<script>${x}</script>`],
    ['with a script in capitals', () => html`<SCRIPT src="/x"></SCRIPT>`],
    ['with an inline style sheet', () => html`<style>${x}</style>`],
    ['with a comment, which ends where browsers see fit', () => html`<!-- ${x} -->`],
    ['with an event', () => html`<p onclick="${x}"></p>`],
    ['with an inline style', () => html`<p style="${x}"></p>`],
    ['with a document in an attribute', () => html`<iframe srcdoc="${x}"></iframe>`],
    ['with a refresh', () => html`<meta http-equiv="refresh" content="${x}">`],
    ['with a value as a tag', () => html`<${x}>`],
    ['with a value as an attribute', () => html`<p ${x}></p>`],
    ['with a value in an attribute without quotes', () => html`<p title=${x}></p>`],
    ['with a value in single quotes', () => html`<p title='${x}'></p>`],
    ['with HTML in an attribute', () => html`<p title="${html`<b></b>`}"></p>`],
    ['with an object that looks like HTML', () => html`<p>${{ html: '<b>' } as unknown as Html}</p>`],
    ['with a list of such objects', () => html`<p>${[{ html: '<b>' }] as unknown as Html[]}</p>`],
    ['that ends within a tag', () => html`<p title="x"`],
    ['that ends within an attribute', () => html`<p title="${x}`],
  ]
  for (const [rule, write] of rows) test(rule, () => assert.throws(write, TypeError))
})

describe('a script', () => {
  test('is a file of this site, named by its content', () => {
    const path = '/sts/assets/script-0123456789abcdef.js'
    assert.equal(html`${scriptTag(path)}`.html, `<script src="${path}" defer></script>`)
  })
  for (const path of [
    'https://evil.example/assets/script-0123456789abcdef.js',
    '//evil.example/assets/script-0123456789abcdef.js',
    '/assets/script.js',
    '/assets/script-0123456789abcdef.css',
    '/assets/script-0123456789abcdef.js"></script><script>',
    '/uploads/script-0123456789abcdef.js',
    '',
  ]) {
    test(`is not ${path || 'nothing'}`, () => assert.throws(() => scriptTag(path), TypeError))
  }
})
