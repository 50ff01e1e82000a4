// A page that signs somebody in, and what other sites, hosts and browsers try with it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCookie } from './cookie.ts'
import { document } from './document.ts'
import { createFormGuard, tokenField } from './form-guard.ts'
import { html } from './html.ts'
import { redirects } from './redirect.ts'
import { createPages } from './router.ts'
import { siteOf } from './site.ts'
import { type Browser, browser, formOf, type Shown } from './testing/browser.ts'
import { toHandler } from './testing/transport.ts'

const base = 'https://sts.example.com'
let drawn = 0
const random = (bytes: number) => Buffer.alloc(bytes, ++drawn)

/** A server whose form `/sign-in` signs a browser in under a name; `/sign-out` is another form. */
function served(publicUrl = base) {
  const site = siteOf(publicUrl)
  const cookie = createCookie({ site, name: 'visit', allowsHttp: true, random })
  const guard = createFormGuard({ site, cookie, key: random(32) })
  const redirect = redirects(site, ['/sign-in'])
  const visits = new Map<string, string>()
  const form = (path: string) =>
    ({
      method: 'GET',
      path,
      handle({ exchange, path }) {
        const { field, headers } = guard.issue(exchange, path)
        const name = visits.get(cookie.read(exchange) ?? '') ?? 'nobody'
        const content = html`<p>${name}</p><form method="post">${field}<input name="name"></form>`
        return document(site, 'Sign in', content, { formTargets: ["'self'"], headers })
      },
    }) satisfies Parameters<typeof createPages>[0]['pages'][number]
  const handler = createPages({
    publicUrl,
    pages: [
      form('/sign-in'),
      form('/sign-out'),
      {
        ...{ method: 'POST', path: '/sign-in', guard, fields: ['name'] },
        handle({ exchange }, fields) {
          visits.delete(cookie.read(exchange) ?? '')
          const { id, headers } = cookie.renew()
          visits.set(id, fields.get('name') ?? '')
          return redirect('/sign-in', undefined, headers)
        },
      },
      { method: 'POST', path: '/sign-out', guard, fields: ['name'], handle: () => assert.fail('not asked for') },
    ],
    limits: { take: () => true, charge: () => {} },
    clock: () => new Date('2026-03-01T12:00:00Z'),
    fail: (error) => assert.fail(String(error)),
  })
  return { user: () => browser(toHandler(handler)), visits }
}

const { user, visits } = served()
const page = (of: Browser, path = '/sign-in') => of.open(base + path)
const shown = ({ text }: Shown) => /<p>(.*?)<\/p>/.exec(text)?.[1]

async function refused(answer: Promise<Shown>, status = 403) {
  const before = [...visits]
  const { status: is, headers } = await answer
  assert.equal(is, status)
  assert.deepEqual(headers.getSetCookie(), [])
  assert.deepEqual([...visits], before)
}

test('a form of a page that this browser was given is taken, and the cookie is another after it', async () => {
  const alice = user()
  const form = await page(alice)
  const before = alice.jar.value(base, '__Host-visit')
  assert.equal(shown(form), 'nobody')
  assert.equal(shown(await alice.submit(form, { name: '<alice>' })), '&lt;alice&gt;')
  assert.notEqual(alice.jar.value(base, '__Host-visit'), before)
  // What the form carried was of the cookie of before.
  await refused(alice.send(form, { name: 'mallory' }))
})

describe('a form is refused', () => {
  test('from a page of another site, with or without a token', async () => {
    const victim = user()
    const { action, hidden } = formOf(await page(victim))
    for (const fields of [{ name: 'mallory' }, { ...hidden, name: 'mallory' }]) {
      await refused(victim.sendFrom('https://elsewhere.example', action, fields))
    }
  })

  test('from a page of a sibling host, and of the same host by http', async () => {
    const victim = user()
    const { action, hidden } = formOf(await page(victim))
    for (const origin of ['https://bucket.example.com', 'http://sts.example.com', 'https://sts.example.com:8443']) {
      await refused(victim.sendFrom(origin, action, { ...hidden, name: 'mallory' }))
    }
  })

  const origins: readonly (readonly [rule: string, headers: Readonly<Record<string, string>>, taken: boolean])[] = [
    ['neither header', {}, false],
    ['this origin alone: an older browser', { origin: base }, true],
    ['same-origin alone', { 'sec-fetch-site': 'same-origin' }, true],
    ['same-origin and a silent origin', { 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    ['a silent origin alone: a sandboxed frame', { origin: 'null' }, false],
    ['same-origin, and another origin', { 'sec-fetch-site': 'same-origin', origin: 'https://a.example' }, false],
    ['this origin, and cross-site', { 'sec-fetch-site': 'cross-site', origin: base }, false],
    ['this origin, and same-site', { 'sec-fetch-site': 'same-site', origin: base }, false],
    ['this origin, and none: typed by hand', { 'sec-fetch-site': 'none', origin: base }, false],
    ['this origin twice', { origin: `${base},${base}` }, false],
    ['an origin that begins like this one', { origin: `${base}.elsewhere.example` }, false],
    ['an unknown word', { 'sec-fetch-site': 'Same-Origin', origin: base }, false],
  ]
  for (const [rule, headers, taken] of origins) {
    test(`${taken ? 'not ' : ''}with ${rule}`, async () => {
      const alice = user()
      const { action, hidden } = formOf(await page(alice))
      const body = new URLSearchParams({ ...hidden, name: 'alice' }).toString()
      const type = { 'content-type': 'application/x-www-form-urlencoded' }
      const { status } = await alice.ask(action, { method: 'POST', headers: { ...type, ...headers }, body })
      assert.equal(status, taken ? 303 : 403)
    })
  }

  test('without a token, with half of one, and with another’s', async () => {
    const [alice, mallory] = [user(), user()]
    const form = await page(alice)
    const own = formOf(form).hidden[tokenField] ?? ''
    const others = formOf(await page(mallory)).hidden[tokenField] ?? ''
    assert.notEqual(own, others)
    for (const token of ['', own.slice(1), `${own}0`, own.toUpperCase(), others]) {
      await refused(alice.send(form, { [tokenField]: token, name: 'alice' }))
    }
    await refused(alice.sendFrom(base, form.url, { name: 'alice' }))
  })

  test('with the token twice, or in the query', async () => {
    const alice = user()
    const { action, hidden } = formOf(await page(alice))
    const token = `${tokenField}=${hidden[tokenField]}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: base }
    const send = (query: string, body: string) => alice.ask(action + query, { method: 'POST', headers, body })
    await refused(send('', `${token}&name=alice&${token}`), 400)
    await refused(send(`?${token}`, 'name=alice'))
  })

  test('with the token of another form', async () => {
    const alice = user()
    const out = await page(alice, '/sign-out')
    await refused(alice.send({ ...out, url: `${base}/sign-in` }, { name: 'alice' }))
  })

  test('in another browser: nobody is signed in as who sent them the form', async () => {
    const [mallory, victim] = [user(), user()]
    const form = await page(mallory)
    await refused(victim.send(form, { name: 'mallory' }))
    await page(victim)
    await refused(victim.send(form, { name: 'mallory' }))
  })

  test('of another server with another key', async () => {
    const alice = user()
    const form = await page(alice)
    const other = served().user()
    other.jar.plant(base, `__Host-visit=${alice.jar.value(base, '__Host-visit')}; Path=/; Secure`)
    await refused(other.send(form, { name: 'alice' }))
  })

  test('as multipart, and beyond its bound', async () => {
    const alice = user()
    const { action, hidden } = formOf(await page(alice))
    const body = new URLSearchParams({ ...hidden, name: 'x'.repeat(20_000) }).toString()
    const send = (type: string) =>
      alice.ask(action, { method: 'POST', headers: { 'content-type': type, origin: base }, body })
    await refused(send('multipart/form-data; boundary=x'), 415)
    await refused(send('application/x-www-form-urlencoded'), 413)
  })

  test('by GET: it changes nothing', async () => {
    const alice = user()
    const { action, hidden } = formOf(await page(alice))
    const before = [...visits]
    const { status } = await alice.ask(`${action}?${new URLSearchParams({ ...hidden, name: 'alice' })}`)
    assert.equal(status, 200)
    assert.deepEqual([...visits], before)
  })
})

describe('a cookie that another host plants', () => {
  test('under the name without prefix is not read', async () => {
    const victim = user()
    const planted = 'M'.repeat(43)
    visits.set(planted, 'mallory')
    victim.jar.plant('https://bucket.example.com', `visit=${planted}; Domain=example.com; Path=/`)
    assert.equal(shown(await page(victim)), 'nobody')
    visits.delete(planted)
  })

  test('under the name with prefix does not get into the browser', async () => {
    const victim = user()
    for (const [host, attributes] of [
      ['https://bucket.example.com', 'Domain=example.com; Path=/; Secure'],
      ['http://sts.example.com', 'Path=/; Secure'],
      [base, 'Path=/sign-in; Secure'],
    ] as const) {
      victim.jar.plant(host, `__Host-visit=${'M'.repeat(43)}; ${attributes}`)
    }
    assert.equal(victim.jar.value(`${base}/sign-in`, '__Host-visit'), undefined)
  })

  test('in development, where there is no prefix, signs nobody in beside the one of this host', async () => {
    const local = 'http://localhost:4600'
    const { user, visits } = served(local)
    const victim = user()
    const form = await victim.open(`${local}/sign-in`)
    const planted = 'M'.repeat(43)
    visits.set(planted, 'mallory')
    // A path that is more to the point comes first in what a browser sends.
    victim.jar.plant('http://localhost:3000', `visit=${planted}; Path=/sign-in`)
    const { status } = await victim.send(form, { name: 'alice' })
    assert.equal(status, 403)
    assert.equal(shown(await victim.open(`${local}/sign-in`)), 'nobody')
  })
})
