import { equal, match, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { MOST_FEDERATED_NAME, MOST_SESSION_NAME, nameOf } from './names.ts'

const ann = { connector: 'corp', id: 'guid-1', login: 'ann@corp.example' }

test('a login that fits stands whole before a tail of ten characters', () => {
  match(nameOf(ann, MOST_SESSION_NAME), /^ann@corp\.example-[a-z2-7]{10}$/)
  equal(nameOf(ann, MOST_SESSION_NAME), nameOf(ann, MOST_SESSION_NAME))
})

test('a long login, and one of other characters, makes a name that STS takes', () => {
  for (const login of ['x'.repeat(10_000), 'Zoë Ünal', 'CORP\\ann', '../../*', '', '\u0000\n', '😀']) {
    for (const most of [MOST_SESSION_NAME, MOST_FEDERATED_NAME]) {
      match(nameOf({ ...ann, login }, most), /^[\w+=,.@-]{2,64}$/)
      equal(nameOf({ ...ann, login }, most).length <= most, true)
    }
  }
})

test('two people never have one name: of two connectors, of one login one after the other, of ids that join alike', () => {
  for (const other of [{ connector: 'sso' }, { id: 'guid-2' }, { connector: 'corp\nguid', id: '1' }]) {
    notEqual(nameOf({ ...ann, ...other }, MOST_FEDERATED_NAME), nameOf(ann, MOST_FEDERATED_NAME))
  }
})
