// The router of the pages: which request reaches which page, and what every answer carries.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Unavailable } from '../../store/store.ts'
import { BodyRefused, type Exchange, type Reply } from '../exchange.ts'
import type { FormGuard } from './form-guard.ts'
import { html } from './html.ts'
import { json, type Page, text } from './page.ts'
import { createPages } from './router.ts'

const now = new Date('2026-03-01T12:00:00Z')
const failures: unknown[] = []
/** Takes every form: what is refused is shown in attacks.test.ts. */
const guard: FormGuard = {
  issue: () => ({ field: html``, headers: [] }),
  isSameOrigin: () => true,
  isIssued: () => true,
}
const pages: readonly Page[] = [
  { method: 'GET', path: '/', handle: () => text(200, 'start') },
  { method: 'GET', path: '/things/:id/name', handle: ({ params }) => json(params) },
  { method: 'GET', path: '/form', handle: ({ query }) => text(200, `form ${query.get('x')}`) },
  { method: 'POST', path: '/form', guard, fields: ['x'], handle: (_, fields) => text(200, `sent ${fields.get('x')}`) },
  {
    method: '*',
    path: '/idp/*',
    handle: ({ params, exchange }) => text(200, `${exchange.message.method} '${params['*']}'`),
  },
  {
    ...{ method: 'POST', path: '/foreign', isForeign: true, fields: ['x'], longestForm: 10 },
    handle: ({ exchange }, fields) =>
      json({ fields: [...fields], cookies: 'headers' in exchange.message && exchange.message.headers.has('cookie') }),
  },
  {
    ...{ method: 'POST', path: '/foreign-cookie', isForeign: true, fields: [], longestForm: 10 },
    handle: () => text(200, 'set', ['Set-Cookie', 'a=b']),
  },
  {
    ...{ method: 'POST', path: '/foreign-refused', isForeign: true, fields: ['x'], longestForm: 100_000 },
    handle: (_, fields) => text(fields.get('x') === 'good' ? 200 : 400, 'read'),
  },
  {
    ...{ method: 'POST', path: '/program', isForPrograms: true, longestBody: 100_000 },
    refusal: (status, words, requestId, more) => json({ words, requestId }, more, status),
    answer({ exchange }, body) {
      const cookies = 'headers' in exchange.message && exchange.message.headers.has('cookie')
      const said = String(body)
      if (said === 'fail') throw new Error('a secret')
      if (said === 'away') throw new Unavailable('a secret')
      if (said.startsWith('bad')) return json({}, [], 400)
      return json({ said, cookies }, said === 'cookie' ? ['Set-Cookie', 'a=b'] : [])
    },
  },
  { method: 'GET', path: '/none', handle: () => undefined },
  { method: 'GET', path: '/broken', handle: () => Promise.reject(new Error('a secret')) },
  { method: 'GET', path: '/away', handle: () => Promise.reject(new Unavailable('a secret')) },
  { method: 'GET', path: '/large', handle: () => Promise.reject(new BodyRefused('too-large')) },
  {
    method: 'GET',
    path: '/styled',
    handle: () => ({ ...text(200, 'styled'), headers: ['content-security-policy', "style-src 'self'"] }),
  },
]

function pagesAt(publicUrl = 'https://sts.example.com', take = () => true) {
  return createPages({
    publicUrl,
    pages,
    limits: { take, charge: () => {} },
    clock: () => now,
    fail: (error, id) => void failures.push([error, id]),
  })
}

const ask = (target: string, method = 'GET', tls = true): Exchange =>
  ({
    requestId: 'REQUEST',
    message: { method, target, headers: new Map([['content-type', 'application/x-www-form-urlencoded']]) },
    body: { bytes: async () => Buffer.from('x=1') },
    from: { address: '192.0.2.1', tls, userAgent: '', host: 'sts.example.com' },
  }) as unknown as Exchange

const seen = async (reply: Reply | Promise<Reply>) => {
  const { status, body } = await reply
  return [status, String(body).trimEnd()]
}

function headersOf({ headers }: Reply): Record<string, string> {
  const entries: [string, string][] = []
  for (let at = 0; at < headers.length; at += 2)
    entries.push([(headers[at] ?? '').toLowerCase(), headers[at + 1] ?? ''])
  assert.equal(new Set(entries.map(([name]) => name)).size, entries.length, 'a header stands twice')
  return Object.fromEntries(entries)
}

const NONE = [404, 'There is no such page.']
const rows: readonly (readonly [rule: string, method: string, target: string, is: readonly unknown[]])[] = [
  ['a page by its path', 'GET', '/', [200, 'start']],
  ['HEAD of a page', 'HEAD', '/', [200, 'start']],
  ['a segment by name, decoded', 'GET', '/things/a%2Fb%20c/name', [200, '{"id":"a/b c"}']],
  ['an empty segment is none', 'GET', '/things//name', NONE],
  ['a segment that does not decode', 'GET', '/things/%ff/name', NONE],
  ['a segment too many', 'GET', '/things/a/name/more', NONE],
  ['a fixed segment is not decoded', 'GET', '/%66orm', NONE],
  ['the query', 'GET', '/form?x=1%202', [200, 'form 1 2']],
  ['another method of the same path', 'POST', '/form', [200, 'sent 1']],
  ['the rest of a path, as it was sent', 'PATCH', '/idp/a/%2e%2e/b?x', [200, "PATCH 'a/%2e%2e/b'"]],
  ['the rest may be empty', 'GET', '/idp/', [200, "GET ''"]],
  ['but its slash may not be missing', 'GET', '/idp', NONE],
  ['no page', 'GET', '/nothing', NONE],
  ['a page that says it is none', 'GET', '/none', NONE],
  ['a method that the page does not take', 'DELETE', '/form', [405, 'Not with this method.']],
  ['a body that was not taken', 'GET', '/large', [413, 'The body of the request was not taken.']],
  ['a prototype’s name is no page', 'GET', '/constructor', NONE],
]
describe('a request for a page', () => {
  for (const [rule, method, target, is] of rows) {
    test(rule, async () => assert.deepEqual(await seen(pagesAt()(ask(target, method))), is))
  }

  test('is taken below the public URL’s path alone', async () => {
    const below = pagesAt('https://example.com/sts')
    assert.deepEqual(await seen(below(ask('/sts/form?x=1'))), [200, 'form 1'])
    assert.deepEqual(await seen(below(ask('/form?x=1'))), NONE)
  })

  test('that fails says nothing of why, and the operator is told', async () => {
    const words = 'Something went wrong. The operator finds it under request REQUEST.'
    assert.deepEqual(await seen(pagesAt()(ask('/broken'))), [500, words])
    assert.match(String(failures), /a secret,REQUEST/)
  })

  test('that waits for the store is to be asked again in a moment', async () => {
    const answer = await pagesAt()(ask('/away'))
    assert.deepEqual([answer.status, headersOf(answer)['retry-after']], [503, '5'])
    assert.doesNotMatch(String(answer.body), /secret/)
  })

  test('with a refused form of another site counts for its address by its length', async () => {
    const charges: unknown[] = []
    const handler = createPages({
      ...{ publicUrl: 'https://sts.example.com', pages, clock: () => now, fail: () => assert.fail() },
      limits: { take: () => true, charge: (...what) => charges.push(what) },
    })
    const send = (form: string) =>
      handler({ ...ask('/foreign-refused', 'POST'), body: { bytes: async () => Buffer.from(form) } } as never)
    await send('x=good')
    await send(`x=good&y=${'a'.repeat(50_000)}`)
    await send('x=bad')
    assert.deepEqual(charges, [])
    await send(`x=${'a'.repeat(50_000)}`)
    await send(`x=%ff${'a'.repeat(50_000)}`)
    const charge = ['address', '192.0.2.1', now, 48]
    assert.deepEqual(charges, [charge, charge])
  })

  test('counts for its address', async () => {
    const kinds: unknown[] = []
    const limited = createPages({
      publicUrl: 'https://sts.example.com',
      pages,
      limits: { take: (...what) => kinds.push(what) === 0, charge: () => assert.fail() },
      clock: () => now,
      fail: () => assert.fail(),
    })
    assert.equal((await limited(ask('/'))).status, 429)
    assert.deepEqual(kinds, [['address', '192.0.2.1', now]])
  })

  test('with a header twice is refused', async () => {
    const twice = { ...ask('/'), message: { method: 'GET', target: '/', repeated: 'host', contentType: '' } }
    assert.equal((await pagesAt()(twice)).status, 400)
  })
})

describe('a form of another site', () => {
  const send = async (target: string, body: string, more: readonly (readonly [string, string])[] = []) => {
    const asked = ask(target, 'POST')
    const headers = new Map([['content-type', 'application/x-www-form-urlencoded'], ...more])
    return seen(
      pagesAt()({
        ...asked,
        message: { method: 'POST', target, headers },
        body: { bytes: async () => Buffer.from(body) },
      } as never),
    )
  }

  test('reaches its page without the cookies that the browser sent, and with the fields that the page reads', async () => {
    const answer = await send('/foreign', 'x=1&other=2', [
      ['cookie', 'a=b'],
      ['sec-fetch-site', 'cross-site'],
    ])
    assert.deepEqual(answer, [200, '{"fields":[["x","1"]],"cookies":false}'])
  })

  test('that has a field twice, or is none, reaches no page', async () => {
    assert.deepEqual(await send('/foreign', 'x=1&x=2'), [400, 'The form cannot be read.'])
    assert.deepEqual(await send('/foreign', 'x=1', [['content-type', 'text/plain']]), [
      415,
      'The request is not a form.',
    ])
  })

  test('gives the browser no cookie: a page that would is our fault', async () => {
    const [status] = await send('/foreign-cookie', 'x=1')
    assert.equal(status, 500)
    assert.match(String((failures.pop() as [Error])[0]), /sets no cookie/)
  })
})

describe('what a program sends', () => {
  const charges: unknown[] = []
  const send = async (body: string, more: readonly (readonly [string, string])[] = [], limited = false) => {
    const handler = createPages({
      ...{ publicUrl: 'https://sts.example.com', pages, clock: () => now, fail: () => {} },
      limits: { take: () => !limited, charge: (...what) => charges.push(what) },
    })
    const headers = new Map(more)
    const message = { method: 'POST', target: '/program', headers }
    const bytes = async (limit: number) => {
      if (body.length > limit) throw new BodyRefused('too-large')
      return Buffer.from(body)
    }
    const reply = await handler({ ...ask('/program', 'POST'), message, body: { bytes } } as never)
    return [reply.status, JSON.parse(String(reply.body))]
  }
  const refused = (words: string) => ({ words, requestId: 'REQUEST' })

  test('reaches its page without cookies', async () => {
    assert.deepEqual(await send('hello', [['cookie', 'a=b']]), [200, { said: 'hello', cookies: false }])
  })

  for (const header of ['origin', 'sec-fetch-site']) {
    for (const value of ['https://sts.example.com', 'same-origin', 'cross-site', 'null', 'none']) {
      test(`does not, when a browser says it is a page’s: ${header}: ${value}`, async () => {
        const words = 'Programs are answered here, and no page in a browser.'
        assert.deepEqual(await send('hello', [[header, value]]), [403, refused(words)])
      })
    }
  }

  test('is refused in its own form, whatever refuses it', async () => {
    const statuses = [
      await send('x', [], true),
      await send('x'.repeat(100_001)),
      await send('fail'),
      await send('away'),
      await send('cookie'),
    ]
    assert.deepEqual(
      statuses.map(([status, { requestId }]) => [status, requestId]),
      [429, 413, 500, 503, 500].map((status) => [status, 'REQUEST']),
    )
    const read = await pagesAt()(ask('/program'))
    assert.deepEqual([read.status, headersOf(read).allow], [405, 'POST'])
    assert.deepEqual(JSON.parse(String(read.body)), refused('Not with this method.'))
  })

  test('counts for its address by its length when it is refused', async () => {
    charges.length = 0
    await send('x'.repeat(50_000))
    assert.deepEqual(charges, [])
    await send(`bad${'x'.repeat(50_000)}`)
    assert.deepEqual(charges, [['address', '192.0.2.1', now, 48]])
  })
})

describe('an answer', () => {
  const common = {
    'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    'content-type': 'text/plain; charset=utf-8',
  }
  for (const target of ['/', '/nothing', '/broken']) {
    test(`to ${target} lets a browser guess and run nothing`, async () => {
      assert.deepEqual(headersOf(await pagesAt()(ask(target, 'GET', false))), common)
    })
  }

  test('over TLS asks for TLS from then on', async () => {
    const strict = { ...common, 'strict-transport-security': 'max-age=31536000' }
    assert.deepEqual(headersOf(await pagesAt()(ask('/'))), strict)
  })

  test('has the policy that its page gives it, and no second one', async () => {
    assert.equal(headersOf(await pagesAt()(ask('/styled')))['content-security-policy'], "style-src 'self'")
  })

  test('to a wrong method names the right ones', async () => {
    assert.equal(headersOf(await pagesAt()(ask('/form', 'PUT'))).allow, 'GET, HEAD, POST')
  })
})
