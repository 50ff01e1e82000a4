// The master key: where it may come from, and which ones are refused.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { MasterRefused, masterFile, masterOf } from './master.ts'

const folder = mkdtempSync(join(tmpdir(), 'hallpass-master-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
const path = () => join(folder, `${++files}`)
const value = () => randomBytes(32).toString('base64')
const file = (text: string, mode = 0o600) => {
  const at = path()
  writeFileSync(at, text)
  chmodSync(at, mode)
  return at
}
const refused = (why: MasterRefused['why']) => (error: unknown) => error instanceof MasterRefused && error.why === why

describe('a master key file', () => {
  it('is made if there is none, readable by its owner alone, and kept from then on', () => {
    const at = path()
    const first = masterFile(at)
    assert.equal(statSync(at).mode & 0o777, 0o600)
    assert.equal(masterFile(at).id, first.id)
    assert.match(readFileSync(at, 'latin1'), /^[A-Za-z0-9+/]{43}=\n$/)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('.')),
      [],
    )
  })
  const good = value()
  const rows: readonly (readonly [string, () => string, MasterRefused['why']])[] = [
    ['one its group may read', () => file(good, 0o640), 'readable-by-others'],
    ['one everyone may read', () => file(good, 0o604), 'readable-by-others'],
    ['one others may write', () => file(good, 0o602), 'readable-by-others'],
    ['an empty one', () => file(''), 'wrong-length'],
    ['one of 31 bytes', () => file(randomBytes(31).toString('base64')), 'wrong-length'],
    ['one of 33 bytes', () => file(randomBytes(33).toString('base64')), 'wrong-length'],
    ['raw bytes', () => file(randomBytes(32).toString('latin1')), 'wrong-length'],
    ['two lines', () => file(`${good}\n${good}\n`), 'wrong-length'],
    ['a large one', () => file('A'.repeat(100_000)), 'wrong-length'],
  ]
  for (const [name, at, why] of rows) it(`refuses ${name}`, () => assert.throws(() => masterFile(at()), refused(why)))
  it('refuses a folder', () => {
    const at = path()
    mkdirSync(at, { mode: 0o700 })
    assert.throws(() => masterFile(at), refused('not-a-file'))
  })
  it('is not made in a folder that does not exist', () => {
    assert.throws(() => masterFile(join(folder, 'no', 'such')), { code: 'ENOENT' })
  })
  it('is accepted with and without a line end', () => {
    const ids = [good, `${good}\n`, `${good}\r\n`].map((text) => masterFile(file(text)).id)
    assert.deepEqual(ids, Array(3).fill(masterOf(good).id))
  })
})

describe('a master key value', () => {
  for (const bad of ['', 'x', `${value()} `, value().slice(0, 43), value().replace('=', ''), 'é'.repeat(44)])
    it(`refuses ${bad.length} characters that do not decode to 32 bytes`, () =>
      assert.throws(() => masterOf(bad), refused('wrong-length')))
  it('does not appear in the message of its refusal', () => {
    const secret = randomBytes(40).toString('base64')
    assert.throws(
      () => masterOf(secret),
      (error: Error) => !error.message.includes(secret.slice(0, 8)),
    )
  })
})

describe('a wrapped key', () => {
  const master = masterOf(value())
  const plain = randomBytes(32)
  it('unwraps only with its master key and in its context', () => {
    const wrapped = master.wrap(plain, 'a')
    assert.deepEqual(master.unwrap(wrapped, 'a'), plain)
    assert.equal(master.unwrap(wrapped, 'b'), undefined)
    assert.equal(masterOf(value()).unwrap(wrapped, 'a'), undefined)
    assert.equal(master.unwrap(`${wrapped.slice(0, -2)}AA`, 'a'), undefined)
  })
})
