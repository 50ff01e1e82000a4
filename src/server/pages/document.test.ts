// A whole page: what it may load, where its forms may lead, and the files it names.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assetPages } from './assets.ts'
import { document } from './document.ts'
import { html } from './html.ts'
import { createPages } from './router.ts'
import { siteOf } from './site.ts'
import { browser } from './testing/browser.ts'
import { toHandler } from './testing/transport.ts'

const publicUrl = 'https://example.com/sts'
const site = siteOf(publicUrl)
const handler = createPages({
  publicUrl,
  pages: [
    ...assetPages,
    { method: 'GET', path: '/', handle: () => document(site, '<title>', html`<h1>${'<h1>'}</h1>`) },
    { method: 'GET', path: '/script', handle: () => document(site, 'Script', html``, { runsScript: true }) },
    { method: 'GET', path: '/banner', handle: () => document(site, 'Banner', html``, { banner: html`<nav></nav>` }) },
    { method: 'GET', path: '/form', handle: () => document(site, 'Form', html``, { formTargets: ["'self'"] }) },
  ],
  limits: { take: () => true, charge: () => {} },
  clock: () => new Date('2026-03-01T12:00:00Z'),
  fail: (error) => assert.fail(String(error)),
})
const user = browser(toHandler(handler))
const policyOf = async (path: string) => (await user.ask(publicUrl + path)).headers.get('content-security-policy')

describe('a document', () => {
  test('escapes its title, and has neither script nor inline style', async () => {
    const { text } = await user.ask(`${publicUrl}/`)
    assert.match(text, /<title>&lt;title&gt;<\/title>/)
    assert.doesNotMatch(text, /<script|<style|style=|\son\w+=|data:/)
  })

  test('names its style sheet and icon by what is in them, and they are what they say', async () => {
    const { text } = await user.ask(`${publicUrl}/`)
    const files = [...text.matchAll(/<link rel="[a-z]+" href="([^"]+)">/g)].map(([, href = '']) => href)
    assert.equal(files.length, 2)
    const types: (string | null)[] = []
    for (const file of files) {
      const { status, headers } = await user.ask(new URL(file, publicUrl).href)
      assert.equal(status, 200, file)
      assert.match(headers.get('cache-control') ?? '', /immutable/)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      types.push(headers.get('content-type'))
    }
    assert.deepEqual(types, ['image/svg+xml', 'text/css; charset=utf-8'])
  })

  test('without a form sends none anywhere', async () => {
    const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    assert.equal(await policyOf('/'), `${policy}frame-ancestors 'none'`)
  })

  test('that asks for the script runs that file alone, which sends and loads nothing and makes no HTML', async () => {
    const policy = (await policyOf('/script')) ?? ''
    assert.match(policy, /; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; /)
    assert.doesNotMatch(policy, /connect-src|unsafe|strict-dynamic|nonce|sha256/)
    const { text } = await user.ask(`${publicUrl}/script`)
    const [, src = ''] = /<script src="(\/sts\/assets\/script-[0-9a-f]{16}\.js)" defer><\/script>/.exec(text) ?? []
    const file = await user.ask(new URL(src, publicUrl).href)
    assert.equal(file.headers.get('content-type'), 'text/javascript; charset=utf-8')
    assert.match(file.headers.get('cache-control') ?? '', /immutable/)
    assert.doesNotMatch(
      file.text,
      /innerHTML|outerHTML|insertAdjacent|eval\b|Function|document\.write|fetch|XMLHttp|cookie|Storage|location/,
    )
  })

  test('that does not ask for it runs none', async () => {
    assert.doesNotMatch((await policyOf('/form')) ?? '', /script-src/)
  })

  test('with something above its content has a link past it', async () => {
    const { text } = await user.ask(`${publicUrl}/banner`)
    assert.match(text, /<body>\n<a class="skip" href="#main">[^<]+<\/a><nav><\/nav><main id="main"/)
  })

  test('with a form sends it where it says, and says to itself where the form stood', async () => {
    assert.match((await policyOf('/form')) ?? '', /; form-action 'self'; /)
    const { headers } = await user.ask(`${publicUrl}/form`)
    assert.equal(headers.get('referrer-policy'), 'same-origin')
  })

  for (const target of [
    "'self'; script-src *",
    '*',
    'https:',
    "'unsafe-inline'",
    'https://a.example.com/x',
    'javascript:',
  ]) {
    test(`sends no form to ${target}`, () => {
      assert.throws(() => document(site, '', html``, { formTargets: [target] }), TypeError)
    })
  }
})

describe('a refusal in plain words', () => {
  const ask = (path: string, accept: string) => user.ask(publicUrl + path, { headers: { accept } })

  test('is a page for whoever opened it in a browser', async () => {
    const { status, headers, text } = await ask('/nowhere', 'text/html,application/xhtml+xml,*/*;q=0.8')
    assert.equal(status, 404)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(headers.get('content-security-policy') ?? '', /form-action 'none'/)
    assert.match(text, /<h1>Page not found<\/h1>/)
    assert.match(text, /<a href="\/sts\/">/)
  })

  test('keeps its status and its other headers', async () => {
    const { status, headers, text } = await user.ask(`${publicUrl}/form`, {
      ...{ method: 'DELETE', headers: { accept: 'text/html' } },
    })
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD'])
    assert.match(text, /<p role="alert">Not with this method\.<\/p>/)
  })

  test('stays plain for programs', async () => {
    for (const accept of ['*/*', 'application/json'])
      assert.equal((await ask('/nowhere', accept)).text, 'There is no such page.\n')
  })
})
