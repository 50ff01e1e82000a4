// The URL of a PostgreSQL store: what is read from it, and what is refused.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nameOf, readAddress } from './address.ts'
import { postgres } from './kind.ts'

describe('a URL is read:', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['//app@db.example/hallpass', { hosts: [['db.example', 5432]], tls: {} }],
    ['//app@db.example:6432/hallpass', { hosts: [['db.example', 6432]], tls: {} }],
    [
      '//app@a,b:5433,[2001:db8::1]:5434/hallpass',
      {
        hosts: [
          ['a', 5432],
          ['b', 5433],
          ['2001:db8::1', 5434],
        ],
        tls: {},
      },
    ],
    ['//app@127.0.0.1/hallpass', { hosts: [['127.0.0.1', 5432]] }],
    [
      '//app@localhost,[::1]/hallpass',
      {
        hosts: [
          ['localhost', 5432],
          ['::1', 5432],
        ],
      },
    ],
    ['//app@%2Fvar%2Frun%2Fpostgresql/hallpass', { hosts: [['/var/run/postgresql', 5432]] }],
    ['//app@127.0.0.1/hallpass?sslmode=verify-full', { hosts: [['127.0.0.1', 5432]], tls: {} }],
    ['//app@127.0.0.1/hallpass?sslrootcert=/ca.pem', { hosts: [['127.0.0.1', 5432]], tls: { root: '/ca.pem' } }],
    ['//app@db/hallpass?target_session_attrs=read-write', { hosts: [['db', 5432]], tls: {} }],
    [
      '//app@db/hallpass?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k',
      { hosts: [['db', 5432]], tls: { root: '/ca', certificate: '/c', key: '/k' } },
    ],
  ]
  for (const [text, expected] of rows)
    test(text, () => {
      const read = readAddress(text)
      assert.ok(!('refused' in read), JSON.stringify(read))
      const { hosts, tls } = read
      const found = { hosts: hosts.map(({ host, port }) => [host, port]), ...(tls && { tls }) }
      assert.deepEqual(found, expected)
      assert.deepEqual([read.user, read.database], ['app', 'hallpass'])
    })
})

describe('a URL is refused:', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['//app:hunter2@db/hallpass', /must not hold a password: give it as HALLPASS_STORE_PASSWORD/],
    ['//app@db/hallpass?password=hunter2', /must not hold a password/],
    ['//db/hallpass', /needs the user’s name/],
    ['//@db/hallpass', /needs the user’s name/],
    ['//app@db', /is written postgres:\/\/USER@HOST/],
    ['//app@db/', /is written/],
    ['//app@db/a/b', /is written/],
    ['//app@db/a#hunter2', /is written/],
    ['db', /is written/],
    ['//app@/hallpass', /is written/],
    ['//app@a,,b/hallpass', /names a host that is none/],
    ['//app@db:0/hallpass', /names a host that is none/],
    ['//app@db:65536/hallpass', /names a host that is none/],
    ['//app@[db]/hallpass', /names a host that is none/],
    ['//app@%41pp/hallpass', /names a host that is none/],
    ['//a%zz@db/hallpass', /needs the user’s name/],
    ['//app@db/%zz', /names no database/],
    ['//app@db/hallpass?sslmode=require', /sslmode is verify-full, or disable/],
    ['//app@db/hallpass?sslmode=prefer', /sslmode is verify-full, or disable/],
    ['//app@db/hallpass?sslmode=verify-ca', /sslmode is verify-full, or disable/],
    ['//app@db/hallpass?sslmode=disable', /is for a database on this machine/],
    ['//app@127.0.0.1,db/hallpass?sslmode=disable', /is for a database on this machine/],
    ['//app@127.0.0.1/hallpass?sslmode=disable&sslrootcert=/ca', /uses no certificate/],
    ['//app@db/hallpass?sslcert=/c', /sslcert and sslkey go together/],
    ['//app@db/hallpass?sslkey=/k', /sslcert and sslkey go together/],
    ['//app@db/hallpass?sslmode=verify-full&sslmode=disable', /has sslmode twice/],
    ['//app@db/hallpass?target_session_attrs=any', /is always read-write/],
    ['//app@db/hallpass?options=-c', /not known: options/],
    ['//app@db/hallpass?Hunter2', /a parameter that is not known\. Known/],
  ]
  for (const [text, why] of rows)
    test(text, () => {
      const read = readAddress(text)
      assert.ok('refused' in read)
      assert.match(read.refused, why)
      assert.doesNotMatch(read.refused, /hunter2/i)
    })
})

test('the name for the operator has the hosts and the database, and no user', () => {
  const read = readAddress('//app@a,[::1]:5433/hallpass?sslrootcert=/ca')
  assert.ok(!('refused' in read))
  assert.equal(nameOf(read), 'postgres a:5432,[::1]:5433/hallpass')
})

test('a source says what to do instead of a backup, and opens nothing before it is asked', () => {
  const source = postgres.locate({ address: '//app@127.0.0.1:1/none', data: '/none', settings: {} })
  assert.ok(!('refused' in source) && 'instead' in source.backups)
  assert.match(source.backups.instead, /pg_dump/)
  assert.equal(source.inDataFolder, false)
})
