import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { domainOf, escapeDnValue, firstValue, isBelow, normalDn, sameDn } from './dn.ts'

const same: readonly (readonly [title: string, a: string, b: string])[] = [
  [
    'case of types and values',
    'CN=AWS-Admins,OU=Groups,DC=corp,DC=example',
    'cn=aws-admins,ou=groups,dc=CORP,dc=example',
  ],
  ['spaces around separators', 'cn=a , ou = b,dc=c', 'cn=a,ou=b,dc=c'],
  ['a comma escaped in two ways', 'cn=Smith\\, Ann,dc=c', 'cn=smith\\2c Ann,dc=c'],
  ['letters escaped as bytes', 'cn=\\c3\\a9quipe', 'cn=équipe'],
  ['pairs of one relative name in another order', 'cn=a+uid=1,dc=c', 'UID=1+CN=a,dc=c'],
  ['types by number', '2.5.4.3=a,0.9.2342.19200300.100.1.25=c', 'cn=a,dc=c'],
  ['types by their long names', 'commonName=a,organizationalUnitName=b', 'cn=a,ou=b'],
  ['values in hexadecimal', 'cn=#04024869', 'cn=#04024869'.toUpperCase()],
  ['an escaped space at the end', 'cn=a\\ ,dc=c', 'cn=a\\20,dc=c'],
  ['letters outside the basic plane', 'cn=\u{1F600}', 'cn=\\f0\\9f\\98\\80'],
  ['the empty DN', '', ' '],
]

const different: readonly (readonly [title: string, a: string, b: string])[] = [
  ['another value', 'cn=a,dc=c', 'cn=b,dc=c'],
  ['an escaped comma is no separator', 'cn=a\\,dc=c', 'cn=a,dc=c'],
  ['an escaped plus is no separator', 'cn=a\\+uid=1', 'cn=a+uid=1'],
  ['a space within a value', 'cn=a  b', 'cn=a b'],
  ['an escaped space at the end is part of the value', 'cn=admins\\ ', 'cn=admins'],
  ['letters that look alike', 'cn=\u0430dmins', 'cn=admins'],
  ['a Kelvin sign', 'cn=\u212Aings', 'cn=kings'],
  ['hexadecimal and the text of it', 'cn=#0461', 'cn=\\#0461'],
  ['one relative name more', 'cn=a,dc=b,dc=c', 'cn=a,dc=c'],
  ['a name alone is no DN', 'admins', 'admins'],
  ['quotes are not read', 'cn="a",dc=c', 'cn="a",dc=c'],
  ['a semicolon is no separator', 'cn=a;dc=c', 'cn=a;dc=c'],
  ['bytes that are no UTF-8', 'cn=\\ff', 'cn=\\ff'],
  ['a zero byte', 'cn=a\\00', 'cn=a\\00'],
  ['a backslash at the end', 'cn=a\\', 'cn=a\\'],
  ['an empty relative name', 'cn=a,,dc=c', 'cn=a,,dc=c'],
]

const below: readonly (readonly [title: string, dn: string, base: string, is: boolean])[] = [
  ['directly below', 'CN=x,OU=AWS,DC=corp', 'ou=aws,dc=corp', true],
  ['far below', 'cn=x,ou=y,ou=aws,dc=corp', 'ou=aws,dc=corp', true],
  ['the base itself', 'ou=aws,dc=corp', 'OU=AWS,DC=corp', true],
  ['beside', 'cn=x,ou=other,dc=corp', 'ou=aws,dc=corp', false],
  ['above', 'dc=corp', 'ou=aws,dc=corp', false],
  ['a name that ends like the base', 'cn=x,ou=not-aws,dc=corp', 'ou=aws,dc=corp', false],
  ['a base within an escaped value', 'cn=x\\,ou=aws\\,dc=corp,dc=evil', 'ou=aws,dc=corp', false],
  ['a comma that is escaped before the base', 'cn=x\\,ou=aws,dc=corp', 'ou=aws,dc=corp', false],
  ['everything is below the empty DN', 'cn=x', '', true],
  ['what is no DN is below nothing', 'x', '', false],
  ['nothing is below what is no DN', 'cn=x', 'corp', false],
]

describe('DNs', () => {
  for (const [title, a, b] of same) test(`the same: ${title}`, () => assert.equal(sameDn(a, b), true))
  for (const [title, a, b] of different) test(`not the same: ${title}`, () => assert.equal(sameDn(a, b), false))
  for (const [title, dn, base, is] of below) test(`below a base: ${title}`, () => assert.equal(isBelow(dn, base), is))

  for (const [title, dn, domain] of [
    ['of a person', 'CN=ann,OU=People,DC=Corp,DC=example', 'dc=corp,dc=example'],
    ['of a domain below another', 'CN=ann,DC=eu,DC=corp,DC=example', 'dc=eu,dc=corp,dc=example'],
    ['within a value', 'CN=ann\\,DC=evil,DC=corp', 'dc=corp'],
    ['without one', 'cn=ann,o=corp', undefined],
    ['of what is no DN', 'corp', undefined],
  ] as const) {
    test(`the domain: ${title}`, () => assert.equal(domainOf(dn), domain))
  }

  test('whatever somebody types stays one value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const dn = `uid=${escapeDnValue(typed)},dc=corp`
        const normal = normalDn(dn)
        if (typed.includes('\0')) return normal === undefined
        return isBelow(dn, 'dc=corp') && firstValue(dn) === typed && normal !== undefined && normalDn(normal) === normal
      }),
    )
  })
})
