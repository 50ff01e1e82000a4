// A redirect leads to a page of this server that was named beforehand.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { redirects } from './redirect.ts'
import { siteOf } from './site.ts'

const paths = ['/', '/people/choose'] as const
const redirect = redirects(siteOf('https://sts.example.com'), paths)
const below = redirects(siteOf('https://example.com/sts'), paths)

test('a redirect is a GET of the other page, below the public URL', () => {
  assert.deepEqual(redirect('/people/choose', undefined, ['A', 'b']), {
    status: 303,
    headers: ['Location', '/people/choose', 'A', 'b'],
    body: '',
  })
  assert.equal(below('/').headers[1], '/sts/')
  assert.equal(below('/people/choose').headers[1], '/sts/people/choose')
})

test('what goes along as its query writes no header, and leads nowhere else', () => {
  const query = new URLSearchParams({ back: '//elsewhere.example.com/\r\nSet-Cookie: a=1#?&x' })
  const location = redirect('/', query).headers[1] ?? ''
  assert.match(location, /^\/\?back=[\w%+.*-]+$/)
  assert.equal(new URL(location, 'https://sts.example.com').origin, 'https://sts.example.com')
})

describe('nothing leads to', () => {
  for (const path of [
    'https://elsewhere.example.com/',
    '//elsewhere.example.com',
    '/\\elsewhere.example.com',
    'people/choose',
    '/people/choose\r\nSet-Cookie: a=1',
    '/people/choose?x=1',
    '/people//choose',
    '/people/choose/',
    '/%2felsewhere.example.com',
    '',
  ]) {
    test(JSON.stringify(path), () => {
      assert.throws(() => redirect(path as '/'), TypeError)
      assert.throws(() => redirects(siteOf('https://sts.example.com'), [path]), TypeError)
    })
  }

  test('a page that is not on the list', () => assert.throws(() => redirect('/other' as '/'), TypeError))
})
