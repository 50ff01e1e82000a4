// Which bodies are a form.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BodyRefused } from '../exchange.ts'
import { readFields } from './form.ts'
import { exchangeOf } from './testing/transport.ts'

const type = 'application/x-www-form-urlencoded'
const read = (body: string, headers: Readonly<Record<string, string>> = { 'content-type': type }) =>
  readFields(exchangeOf({ method: 'POST', url: new URL('https://x/'), headers, body }), ['name', 'team'])

describe('a form', () => {
  const rows: readonly (readonly [rule: string, body: string, is: Readonly<Record<string, string>>])[] = [
    ['has its fields', 'name=alice&team=a+b%21', { name: 'alice', team: 'a b!' }],
    ['is UTF-8', 'name=Zo%C3%AB', { name: 'Zoë' }],
    ['may be UTF-8 without percent signs', `name=${Buffer.from('ë').toString('latin1')}`, { name: 'ë' }],
    ['may lack fields', '', {}],
    ['may have an empty one', 'name=', { name: '' }],
  ]
  for (const [rule, body, is] of rows) {
    test(rule, async () => {
      const fields = await read(body)
      assert(!('refused' in fields))
      assert.deepEqual(Object.fromEntries(fields), is)
    })
  }

  test('may say that it is UTF-8', async () => {
    assert(!('refused' in (await read('name=a', { 'content-type': `${type}; charset=UTF-8` }))))
  })
})

describe('no form is', () => {
  const part = '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nalice\r\n--x--\r\n'
  const rows: readonly (readonly [rule: string, status: number, body: string, contentType?: string])[] = [
    ['one with a field twice', 400, 'name=alice&name=bob'],
    ['one with a field twice, spelled differently', 400, 'name=alice&%6eame=bob'],
    ['one with an unknown field', 400, 'name=alice&admin=1'],
    ['one with the name of a prototype’s member', 400, '__proto__=1'],
    ['one with many fields', 400, Array.from({ length: 2000 }, (_, at) => `f${at}=`).join('&')],
    ['one in Latin-1', 400, 'name=Zo\xeb'],
    ['one with percent-encoded Latin-1', 400, 'name=Zo%EB'],
    ['one with overlong UTF-8', 400, 'name=%C0%AF'],
    ['one with half a surrogate', 400, 'name=%ED%A0%80'],
    ['one with a broken percent sign', 400, 'name=%4'],
    ['multipart', 415, part, 'multipart/form-data; boundary=x'],
    ['text/plain, which other sites send without asking', 415, 'name=alice', 'text/plain'],
    ['JSON', 415, '{"name":"alice"}', 'application/json'],
    ['one in another charset', 415, 'name=alice', `${type}; charset=utf-7`],
    ['one with a type before its type', 415, 'name=alice', `text/plain, ${type}`],
  ]
  for (const [rule, status, body, contentType = type] of rows) {
    test(rule, async () => {
      const fields = await read(body, { 'content-type': contentType })
      assert.equal('refused' in fields && fields.status, status)
    })
  }

  test('one without a type', async () => assert('refused' in (await read('name=alice', {}))))
  test('one that is compressed', async () => {
    assert('refused' in (await read('name=alice', { 'content-type': type, 'content-encoding': 'gzip' })))
  })
  test('one beyond 16 KiB, which is not read', async () => {
    assert(!('refused' in (await read(`name=${'x'.repeat(16_384 - 5)}`))))
    await assert.rejects(read(`name=${'x'.repeat(16_384 - 4)}`), BodyRefused)
  })
})
