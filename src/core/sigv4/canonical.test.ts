import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Message } from '../http.ts'
import { type Canonical, canonicalRequest, withoutSignature } from './canonical.ts'

const how = (
  path: Canonical['path'],
  signedHeaders: readonly string[] = ['host'],
  without: readonly string[] = [],
) => ({
  path,
  signedHeaders,
  payload: 'P',
  without,
})

const message = (target: string, headers: Record<string, string> = {}, method = 'GET'): Message => ({
  method,
  target,
  headers: new Map(Object.entries({ host: 'h', ...headers })),
})

/** One line of the canonical request, or the rejection. */
function line(n: number, target: string, path: Canonical['path'] = 'normalised', without: readonly string[] = []) {
  const text = canonicalRequest(message(target), how(path, ['host'], without))
  return typeof text === 'string' ? text.split('\n')[n] : text
}

describe('canonical path', () => {
  const bad = (value: string) => ({ rejected: 'malformed', where: 'path', value })
  // on the wire | normalised and encoded again | as sent, encoded once
  const rows: readonly (readonly [string, unknown, unknown])[] = [
    ['', '/', '/'],
    ['/', '/', '/'],
    ['//', '/', '//'],
    ['/..', '/', '/..'],
    ['/../../a', '/a', '/../../a'],
    ['/a/./b/../c', '/a/c', '/a/./b/../c'],
    ['/a/..', '/', '/a/..'],
    ['/a/b/..', '/a', '/a/b/..'],
    ['/a//b/', '/a/b/', '/a//b/'],
    ['/a%20b', '/a%2520b', '/a%20b'],
    ['/a b', '/a%20b', '/a%20b'],
    ['/a+b', '/a%2Bb', '/a%2Bb'],
    ['/a%2fb', '/a%252fb', '/a/b'],
    ['/a%2Fb', '/a%252Fb', '/a/b'],
    ['/%2e%2e/a', '/%252e%252e/a', '/../a'],
    ['/%7Ea~', '/%257Ea~', '/~a~'],
    ['/%c3%a9', '/%25c3%25a9', '/%C3%A9'],
    ['/\u00c3\u00a9', '/%C3%A9', '/%C3%A9'],
    ["/!'()*;:@&=,$#", '/%21%27%28%29%2A%3B%3A%40%26%3D%2C%24%23', '/%21%27%28%29%2A%3B%3A%40%26%3D%2C%24%23'],
    ['/a\nb', '/a%0Ab', '/a%0Ab'],
    ['/%00', '/%2500', '/%00'],
    ['/%', bad('/%'), bad('/%')],
    ['/%4', bad('/%4'), bad('/%4')],
    ['/%4g', bad('/%4g'), bad('/%4g')],
    ['/%%41', bad('/%%41'), bad('/%%41')],
    ['/\u0169', bad('/\u0169'), bad('/\u0169')],
    ['a/b', bad('a/b'), bad('a/b')],
    ['*', bad('*'), bad('*')],
    ['http://h/a', bad('http://h/a'), bad('http://h/a')],
  ]
  for (const [path, normalised, sent] of rows) {
    test(JSON.stringify(path), () => {
      assert.deepEqual(line(1, path, 'normalised'), normalised)
      assert.deepEqual(line(1, path, 'sent'), sent)
    })
  }
})

describe('canonical query', () => {
  const bad = (value: string) => ({ rejected: 'malformed', where: 'query', value })
  const rows: readonly (readonly [string, string, unknown])[] = [
    ['names without equal-sign get one', 'acl', 'acl='],
    ['an empty value', 'a=', 'a='],
    ['an empty name is a name', '=x', '=x'],
    ['empty pairs say nothing', '&a=1&&b=2&', 'a=1&b=2'],
    ['further equal-signs are of the value', 'a=b=c', 'a=b%3Dc'],
    ['a bare plus is a blank', 'a=b+c', 'a=b%20c'],
    ['an escaped plus is a plus', 'a=b%2bc', 'a=b%2Bc'],
    ['escapes become upper case', 'a=%c3%a9', 'a=%C3%A9'],
    ['escaped unreserved characters become themselves', '%61=%7e', 'a=~'],
    ['raw bytes are escaped', '\u00c3\u00a9=1', '%C3%A9=1'],
    ['slashes are escaped', 'prefix=a/b', 'prefix=a%2Fb'],
    ['a further question mark is of the value', 'a=?b', 'a=%3Fb'],
    ['sorted by name', 'b=1&a=2&B=3', 'B=3&a=2&b=1'],
    ['sorted by name before value: `-` sorts before `=` otherwise', 'a-b=1&a=2', 'a=2&a-b=1'],
    ['sorted as encoded', '%5B=1&Z=1', '%5B=1&Z=1'],
    ['repeated names are sorted by value', 'a=2&a=10&a=1', 'a=1&a=10&a=2'],
    ['repeated pairs stay', 'a=1&a=1', 'a=1&a=1'],
    ['a line end is escaped', 'a=%0ab\nc', 'a=%0Ab%0Ac'],
    ['a broken escape in a value', 'a=%g0', bad('a=%g0')],
    ['a broken escape in a name', '%=1', bad('%=1')],
  ]
  for (const [title, query, expected] of rows) test(title, () => assert.deepEqual(line(2, `/?${query}`), expected))

  test('only the signature is left out of a presigned query, however it is spelled', () => {
    assert.equal(
      line(2, '/?X-Amz-Signature=1&X%2dAmz%2DSignature=2&x-amz-signature=3', 'sent', withoutSignature),
      'x-amz-signature=3',
    )
  })
  test('of the header form nothing is left out', () => {
    assert.equal(line(2, '/?X-Amz-Signature=1', 'sent'), 'X-Amz-Signature=1')
  })
})

describe('canonical headers', () => {
  const fields = (headers: Record<string, string>) =>
    canonicalRequest(message('/', headers), how('normalised', Object.keys({ ...headers, host: '' }).sort()))
  const rows: readonly (readonly [string, string, string])[] = [
    ['blanks at the ends go', '  a  ', 'a'],
    ['runs of blanks become one', 'a  b   c', 'a b c'],
    ['in quotes too', '"a   b"', '"a b"'],
    ['tabs are blanks', '\ta\t\tb', 'a b'],
    ['nothing stays nothing', '', ''],
    ['blanks alone are nothing', '   ', ''],
    ['commas keep what is around them', 'a, b ,c', 'a, b ,c'],
    ['bytes stay', '\u00c3\u00a9', '\u00c3\u00a9'],
  ]
  for (const [title, value, expected] of rows) {
    test(title, () => assert.equal(fields({ x: value }), `GET\n/\n\nhost:h\nx:${expected}\n\nhost;x\nP`))
  }
  for (const value of ['a\nb', 'a\r', 'a\r\nhost:evil', 'a\0', '\u0169']) {
    test(`${JSON.stringify(value)} is refused`, () => {
      assert.deepEqual(fields({ x: value }), { rejected: 'malformed', where: 'header', value: 'x' })
    })
  }
  test('a name that the request lacks is refused', () => {
    const absent = canonicalRequest(message('/'), how('normalised', ['absent', 'host']))
    assert.deepEqual(absent, { rejected: 'signed-header-absent', name: 'absent' })
  })
  for (const method of ['', 'GET\n', 'GE T', 'G\u00c9T']) {
    test(`the method ${JSON.stringify(method)} is refused`, () => {
      const answer = canonicalRequest(message('/', {}, method), how('normalised'))
      assert.deepEqual(answer, { rejected: 'malformed', where: 'method', value: method })
    })
  }
})
