// Accounts that a directory knows and does not let in, and whose state it says: Active Directory's above all.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import type { DirectorySettings } from '../../src/federation/directory/directory.ts'
import { company, connector, groupNames, kindOf, now, people, person, personIn, secret, server, states } from './kit.ts'

for (const kind of ['active-directory', 'openldap'] as const) {
  describe(`Accounts that do not let in: ${kind}`, async () => {
    const corp = await server({ kind, entries: [...company, ...states.map((state) => person(state, {}, state))] })
    const ids: Partial<DirectorySettings['people']> = kind === 'openldap' ? {} : { idAttribute: 'objectGUID' }
    const directory = connector([corp], { people: ids })
    for (const state of states) {
      test(`${state}: at the bind`, async () => {
        const outcome = await directory.logIn(state, secret, now)
        // OpenLDAP answers as to a wrong password, but for what its control says.
        const silent = kind === 'openldap' && (state === 'account-expired' || state === 'not-now')
        const locks = kind === 'openldap' && state === 'disabled'
        assert.equal(kindOf(outcome), silent ? 'password' : locks ? 'locked' : state)
      })
    }
    const seen = states.filter((state) => state !== 'not-now' && (kind !== 'openldap' || state !== 'password-expired'))
    for (const state of seen) {
      test(`${state}: without the password`, async () => {
        const locks = kind === 'openldap' && state === 'disabled'
        assert.equal(kindOf(await directory.look(state, now)), locks ? 'locked' : state)
      })
    }
    test('somebody who was let in and is disabled then is not found again', async () => {
      const { id } = personIn(await directory.logIn('ann', secret, now))
      corp.change(`uid=ann,${people}`, { state: 'disabled' })
      assert.equal(kindOf(await directory.findAgain(id, now)), kind === 'openldap' ? 'locked' : 'disabled')
      corp.entries.splice(
        corp.entries.findIndex(({ dn }) => dn === `uid=ann,${people}`),
        1,
      )
      assert.equal(kindOf(await directory.findAgain(id, now)), 'unknown')
    })
  })
}

describe('Active Directory', async () => {
  const corp = await server({ kind: 'active-directory' })
  const ids = { idAttribute: 'objectGUID', loginAttributes: ['sAMAccountName', 'userPrincipalName'] }

  test('its GUID is the id, and finds the person again', async () => {
    const directory = connector([corp], { people: ids, groups: { membership: ['token-groups'] } })
    const outcome = await directory.logIn('ann@corp.example', secret, now)
    assert.match(personIn(outcome).id, /^[0-9a-f]{8}-0707-0707-0707-070707070707$/)
    assert.deepEqual(await directory.findAgain(personIn(outcome).id, now), outcome)
    assert.deepEqual(groupNames(outcome), ['AWS-Admins', 'platform'])
    assert.equal(kindOf(await directory.findAgain('no guid', now)), 'unknown')
  })

  for (const [title, directBind] of [
    ['a user principal name', '{login}@corp.example'],
    ['a domain and a name', 'corp\\{login}'],
    ['a DN', 'uid={login},ou=people,dc=corp,dc=example'],
  ] as const) {
    describe(`bind by ${title}, without a search before it`, () => {
      for (const ownBind of [true, false]) {
        const own = connector([corp], { ownBind, people: { ...ids, directBind } })
        test(`${ownBind ? 'then a search by the connector' : 'then a search by the person'}`, async () => {
          assert.deepEqual(groupNames(await own.logIn('ann', secret, now)), ['AWS-Admins', 'platform'])
          assert.equal(kindOf(await own.logIn('ann', new Secret('wrong'), now)), 'password')
          assert.notEqual(kindOf(await own.logIn('nobody', secret, now)), 'person')
        })
        for (const typed of ['ann,ou=people', 'ann+cn=ann', 'ann\\', '*', 'ben@corp.example\\ann', 'x,uid=ann'])
          test(`${ownBind ? 'found by the connector' : 'found by the person'}: what is typed is one value of the name: ${typed}`, async () => {
            assert.notEqual(kindOf(await own.logIn(typed, secret, now)), 'person')
          })
      }
    })
  }

  test('whoever took the name that a login makes does not become the person of that login', async () => {
    const odd = await server({
      kind: 'active-directory',
      entries: [
        ...company,
        { ...person('mallory', { userPrincipalName: 'ann@evil.example' }), password: 'of mallory' },
      ],
    })
    const directory = connector([odd], { people: { ...ids, directBind: '{login}@evil.example' } })
    assert.equal(kindOf(await directory.logIn('ann', new Secret('of mallory'), now)), 'password')
  })

  test('a direct bind too is tried only where the person of the login has attempts left', async () => {
    for (const directBind of ['{login}', 'corp\\{login}', `uid={login},${people}`]) {
      const directory = connector([corp], { people: { ...ids, directBind } })
      const before = corp.requests.length
      const asked: string[] = []
      const outcome = await directory.logIn('ann', secret, now, async (id) => {
        asked.push(id)
        return false
      })
      assert.equal(kindOf(outcome), 'attempts')
      assert.equal(asked.length, 1)
      const binds = corp.requests.slice(before).filter((request) => request.kind === 'bind')
      assert.ok(binds.every((request) => !request.name.includes('ann')))
    }
  })

  for (const typed of ['CN=\\61nn', 'ann;x', 'corp.example/people/ann', '<GUID=1>', 'uid = ann', '"ann"'])
    test(`no other form of a name than a login is bound with: ${typed}`, async () => {
      const directory = connector([corp], { ownBind: false, people: { ...ids, directBind: '{login}' } })
      const before = corp.requests.length
      assert.equal(kindOf(await directory.logIn(typed, secret, now)), 'unknown')
      assert.equal(corp.requests.length, before)
    })

  test('a machine is nobody, though it is a user by its class and has a password', async () => {
    const odd = await server({
      kind: 'active-directory',
      entries: [...company, person('desktop-1$', { userAccountControl: '4096' })],
    })
    const directory = connector([odd], { people: ids })
    assert.equal(kindOf(await directory.logIn('desktop-1$', secret, now)), 'unknown')
    assert.equal(kindOf(await directory.look('desktop-1$', now)), 'unknown')
  })

  test('whose state the connector may not read is not let in, and not taken for gone', async () => {
    const hardened = await server({
      kind: 'active-directory',
      entries: [...company, person('hidden', { userAccountControl: [] })],
    })
    const directory = connector([hardened], { people: ids })
    assert.equal(kindOf(await directory.logIn('hidden', secret, now)), 'unavailable')
    assert.equal(kindOf(await directory.look('hidden', now)), 'unavailable')
  })

  test('without a bind of its own nobody is found again, and nobody is taken for gone', async () => {
    const own = connector([corp], { ownBind: false, people: { ...ids, directBind: '{login}@corp.example' } })
    assert.equal(kindOf(await own.findAgain('00000000-0000-0000-0000-000000000000', now)), 'unavailable')
    assert.equal(kindOf(await own.look('ann', now)), 'unavailable')
  })
})
