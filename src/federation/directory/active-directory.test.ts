import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileTimeMs, guidBytes, guidText, sidText } from './active-directory.ts'

describe('Values of Active Directory', () => {
  const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  test('a GUID, there and back (MS-DTYP 2.3.4)', () => {
    assert.equal(guidText(guid), '33221100-5544-7766-8899-aabbccddeeff')
    assert.deepEqual(guidBytes('33221100-5544-7766-8899-aabbccddeeff'), guid)
  })
  for (const text of ['', '33221100', '33221100-5544-7766-8899-aabbccddeefg', '33221100-5544-7766-8899-AABBCCDDEEFF'])
    test(`no GUID: ${JSON.stringify(text)}`, () => assert.equal(guidBytes(text), undefined))
  test('bytes that are no GUID', () => assert.equal(guidText(guid.subarray(1)), undefined))

  test('a SID (MS-DTYP 2.4.2)', () => {
    const sid = Buffer.from('010500000000000515000000010000000200000003000000f4010000', 'hex')
    assert.equal(sidText(sid), 'S-1-5-21-1-2-3-500')
    assert.equal(sidText(Buffer.from('01020000000000052000000020020000', 'hex')), 'S-1-5-32-544')
    assert.equal(sidText(sid.subarray(0, 27)), undefined)
    assert.equal(sidText(Buffer.alloc(0)), undefined)
    assert.equal(sidText(Buffer.from('020500', 'hex')), undefined)
  })

  for (const [text, expected] of [
    ['116444736000000000', 0],
    ['132223104000000000', Date.UTC(2020, 0, 1)],
    ['0', 'never'],
    ['9223372036854775807', 'never'],
    ['1', -11_644_473_600_000],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
  ] as const) {
    test(`a time: ${JSON.stringify(text)}`, () => assert.equal(fileTimeMs(text), expected))
  }
})
