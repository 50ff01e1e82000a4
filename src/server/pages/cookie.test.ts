// A cookie of ours, and what may pass for one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCookie, foundOnce } from './cookie.ts'
import { siteOf } from './site.ts'
import { exchangeOf } from './testing/transport.ts'

let drawn = 0
const random = (bytes: number) => Buffer.alloc(bytes, drawn++)
const secure = createCookie({ site: siteOf('https://sts.example.com/sts'), name: 'visit', random })
const local = createCookie({ site: siteOf('http://localhost:4600'), name: 'visit', allowsHttp: true, random })
const id = 'A'.repeat(43)
const other = 'B'.repeat(43)
const sent = (cookie: string) => exchangeOf({ method: 'GET', url: new URL('https://x/'), headers: { cookie } })

describe('the id of a cookie is read', () => {
  const rows: readonly (readonly [rule: string, cookie: string, is: string | undefined])[] = [
    ['alone', `__Host-visit=${id}`, id],
    ['among others', `a=1; __Host-visit=${id}; b="2"`, id],
    ['with blanks around it', `a=1;\t __Host-visit = ${id} `, id],
    ['not when there is none', 'a=1', undefined],
    ['not twice: nothing says which is ours', `__Host-visit=${id}; __Host-visit=${other}`, undefined],
    ['not twice, the same id either', `__Host-visit=${id}; __Host-visit=${id}`, undefined],
    ['not twice, one of them no id', `__Host-visit=${id}; __Host-visit=`, undefined],
    ['not of two headers, which are joined', `__Host-visit=${id},__Host-visit=${other}`, undefined],
    ['not under the name without prefix, which a parent domain may set', `visit=${id}`, undefined],
    ['not beside one without prefix as that one', `visit=${other}; __Host-visit=${id}`, id],
    ['not in another case', `__host-visit=${id}`, undefined],
    ['not behind white space that is no blank', `\u00a0__Host-visit=${id}`, undefined],
    ['not behind a line of its own', `\u0085__Host-visit=${id}`, undefined],
    ['not as the value of another', `a=__Host-visit=${id}`, undefined],
    ['not in quotes of another', `a="; __Host-visit=${id}x"`, undefined],
    ['not by the old $Version', `$Version=1,__Host-visit=${id}`, undefined],
    ['not too short', `__Host-visit=${id.slice(1)}`, undefined],
    ['not too long', `__Host-visit=${id}A`, undefined],
    ['not with a foreign character', `__Host-visit=${'.'.repeat(43)}`, undefined],
    ['not in quotes', `__Host-visit="${id}"`, undefined],
    ['not percent-encoded', `__Host-visit=%41${id.slice(1)}`, undefined],
  ]
  for (const [rule, cookie, is] of rows) test(rule, () => assert.equal(secure.read(sent(cookie)), is))

  test('in development under its name alone', () => {
    assert.equal(local.read(sent(`visit=${id}`)), id)
    assert.equal(local.read(sent(`__Host-visit=${id}`)), undefined)
  })

  test('not from a request with a header twice', () => {
    const message = { method: 'GET', target: '/', repeated: 'host', contentType: '' }
    assert.equal(secure.read({ message }), undefined)
  })
})

describe('a cookie is set', () => {
  test('with 256 new bits each time and nothing else, for this host alone, over https alone', () => {
    const [one, two] = [secure.renew(), secure.renew()]
    assert.notEqual(one.id, two.id)
    assert.equal(Buffer.from(one.id, 'base64url').length, 32)
    const line = `__Host-visit=${one.id}; Path=/; HttpOnly; SameSite=Lax; Secure`
    assert.deepEqual(one.headers, ['Set-Cookie', line])
  })

  test('in development without what needs https', () => {
    const { id, headers } = local.renew()
    assert.deepEqual(headers, ['Set-Cookie', `visit=${id}; Path=/; HttpOnly; SameSite=Lax`])
  })

  test('nowhere in the clear, unless it may be', () => {
    assert.throws(() => createCookie({ site: siteOf('http://sts.example.com'), name: 'visit', random }), TypeError)
  })

  test('to nothing when it is taken away, with the attributes that a browser knows it by', () => {
    const line = '__Host-visit=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure'
    assert.deepEqual(secure.clear(), ['Set-Cookie', line])
  })
})

test('what it stands for is looked for once for one request, and for none without it', async () => {
  const asked: string[] = []
  const of = foundOnce(secure, async (cookie) => asked.push(cookie))
  const [one, another] = [sent(`__Host-visit=${id}`), sent(`__Host-visit=${id}`)]
  const now = new Date(0)
  assert.deepEqual(await Promise.all([of(one, now), of(one, now), of(another, now)]), [1, 1, 2])
  assert.equal(await of(sent('a=1'), now), undefined)
  assert.deepEqual(asked, [id, id])
})
