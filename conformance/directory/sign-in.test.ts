// Whether a password is somebody's (RFC 4513 section 5.1): what is asked of a directory, what it may answer, and what never counts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import {
  company,
  connector,
  detailOf,
  group,
  groupNames,
  kindOf,
  now,
  password,
  people,
  person,
  personIn,
  secret,
  server,
  states,
} from './kit.ts'

describe('Search, then bind', async () => {
  const corp = await server()
  const directory = connector([corp])

  test('the right password lets in, with the groups, the id and the attributes of the person', async () => {
    const outcome = await directory.logIn('ann', secret, now)
    const { groups, attributes, ...rest } = personIn(outcome)
    const { id } = rest
    assert.deepEqual(rest, { connector: 'corp', id, login: 'ann', multiFactor: false })
    assert.match(id, /^[0-9a-f-]{36}$/)
    assert.deepEqual(
      groups.map(({ name, dn }) => [name, dn]),
      [
        ['platform', 'cn=platform,ou=groups,dc=corp,dc=example'],
        ['AWS-Admins', 'cn=AWS-Admins,ou=groups,dc=corp,dc=example'],
      ],
    )
    assert.deepEqual([...attributes], [['department', ['Platform']]])
    assert.deepEqual(await directory.findAgain(id, now), outcome)
    assert.deepEqual(await directory.look('ann', now), outcome)
  })

  test('a login is found in any case, and the person has one login', async () => {
    for (const login of ['ANN', 'Ann@Corp.Example'])
      assert.equal(personIn(await directory.logIn(login, secret, now)).login, 'ann')
  })

  test('a wrong password, and a login that nobody has', async () => {
    assert.equal(kindOf(await directory.logIn('ann', new Secret('wrong'), now)), 'password')
    assert.equal(kindOf(await directory.logIn('nobody', secret, now)), 'unknown')
  })

  for (const typed of [
    '*',
    'a*',
    '*)(uid=*',
    'ann)(|(uid=*',
    '\\2a',
    'ann\\00',
    '(',
    ')(cn=*))(|(cn=*',
    'uid=ann',
    `uid=ann,${people}`,
    'ann ',
    ' ann',
    'a\u200Bnn',
    'EXTERNAL',
    'ａｎｎ',
  ])
    test(`what is typed is a value, not a filter or another name: ${JSON.stringify(typed)}`, async () => {
      assert.equal(kindOf(await directory.logIn(typed, secret, now)), 'unknown')
    })

  for (const [title, login, typed] of [
    ['no login', '', password],
    ['no password', 'ann', ''],
    ['a login with a zero byte', 'ann\0', password],
    ['a login with a line break', 'ann\nben', password],
    ['a login of half a character', 'ann\ud800', password],
    ['a login of ten thousand characters', 'a'.repeat(10_000), password],
    ['a password with a zero byte', 'ann', `${password}\0`],
    ['a password of ten thousand characters', 'ann', 'a'.repeat(10_000)],
    ['a password of half a character', 'ann', '\udc00'],
  ] as const) {
    test(`nothing is asked with ${title}`, async () => {
      const before = corp.requests.length
      assert.equal(kindOf(await directory.logIn(login, new Secret(typed), now)), 'input')
      assert.equal(corp.requests.length, before)
    })
  }

  test('two entries of one login let nobody in, whose password it ever is', async () => {
    const twins = await server({
      entries: [...company, { ...person('twin'), dn: `cn=1,${people}` }, { ...person('twin'), dn: `cn=2,${people}` }],
    })
    const outcome = await connector([twins]).logIn('twin', secret, now)
    assert.equal(kindOf(outcome), 'ambiguous')
    assert.equal(twins.requests.filter(({ kind }) => kind === 'bind').length, 1)
  })

  test('so do more entries than anybody reads', async () => {
    const many = await server()
    const login = { entries: Array.from({ length: 101 }, (_, at) => ({ ...person('ann'), dn: `cn=${at},${people}` })) }
    many.always = (request) => (request.kind === 'search' ? login : undefined)
    assert.equal(kindOf(await connector([many]).logIn('ann', secret, now)), 'ambiguous')
  })

  test('a DN under which the server has two entries is no answer', async () => {
    const odd = await server()
    odd.always = (request) =>
      request.kind === 'search' && request.scope === 'base' ? { entries: [person('ann'), person('ann')] } : undefined
    assert.equal(kindOf(await connector([odd]).logIn('ann', secret, now)), 'unavailable')
  })

  test('one attribute of one person and another of somebody else are two entries too', async () => {
    const odd = await server({ entries: [...company, person('mallory', { mail: 'ann' })] })
    assert.equal(kindOf(await connector([odd]).logIn('ann', secret, now)), 'ambiguous')
  })

  test('an entry that the server gives for another login than was typed is nobody', async () => {
    const ben = company.find(({ dn }) => dn === `uid=ben,${people}`)
    assert.ok(ben)
    corp.next('search', { entries: [ben] })
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unknown')
  })

  test('an entry that the server gives from outside the base is nobody', async () => {
    corp.next('search', { entries: [{ ...person('ann'), dn: 'uid=ann,ou=elsewhere,dc=corp,dc=example' }] })
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unknown')
  })

  test('a person without an id, or with two, is nobody that can be known again', async () => {
    const odd = await server({
      entries: [...company, person('none', { entryUUID: [] }), person('two', { entryUUID: ['a', 'b'] })],
    })
    const directory = connector([odd])
    assert.equal(kindOf(await directory.logIn('none', secret, now)), 'no-id')
    assert.equal(kindOf(await directory.logIn('two', secret, now)), 'no-id')
  })

  test('a person whose name has ten thousand characters is nobody: it would stand in each record of them', async () => {
    for (const [people, name] of [
      [{ nameAttribute: 'cn' }, { cn: 'a'.repeat(10_000) }],
      [{ idAttribute: 'employeeNumber' }, { employeeNumber: '1'.repeat(10_000) }],
    ] as const) {
      const long = await server({ entries: [...company, person('long', name)] })
      assert.equal(kindOf(await connector([long], { people }).logIn('long', secret, now)), 'no-id')
    }
  })

  test('an attribute that is no text is no attribute', async () => {
    const odd = await server({ entries: [...company, person('eve', { department: [Buffer.from([255]), 'x'] })] })
    assert.deepEqual([...personIn(await connector([odd]).logIn('eve', secret, now)).attributes], [])
  })
})

describe('The person whom the bind let in is the person who was found', async () => {
  const corp = await server()
  const directory = connector([corp])
  const ann = `uid=ann,${people}`

  test('an entry that gets the name between search and bind is somebody else', async () => {
    corp.always = (request) => {
      if (request.kind === 'bind' && request.name === ann) corp.change(ann, person('ann'))
      return undefined
    }
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unknown')
    corp.always = undefined
  })

  test('an entry that is gone after the bind is nobody', async () => {
    const brief = await server()
    brief.always = (request) => {
      if (request.kind !== 'bind' || request.name !== ann) return undefined
      brief.entries.splice(
        brief.entries.findIndex(({ dn }) => dn === ann),
        1,
      )
      return { answer: { code: 0 } }
    }
    assert.equal(kindOf(await connector([brief]).logIn('ann', secret, now)), 'unknown')
  })

  test('a person who is renamed keeps their id; one who is made anew under the name gets another', async () => {
    const before = personIn(await directory.logIn('ben', secret, now))
    const old = corp.entries.find(({ dn }) => dn === `uid=ben,${people}`)
    assert.ok(old)
    corp.change(old.dn, { dn: `uid=benjamin,${people}`, attributes: { ...old.attributes, uid: 'benjamin' } })
    const renamed = personIn(await directory.findAgain(before.id, now))
    assert.deepEqual([renamed.id, renamed.login], [before.id, 'benjamin'])
    corp.entries.push(person('ben'))
    corp.change(`uid=benjamin,${people}`, {
      attributes: { ...old.attributes, uid: 'benjamin', mail: 'benjamin@corp.example' },
    })
    assert.notEqual(personIn(await directory.logIn('ben', secret, now)).id, before.id)
    assert.equal(kindOf(await directory.findAgain('00000000-0000-4000-8000-999999999999', now)), 'unknown')
  })
})

describe('Binds that prove nothing', async () => {
  const corp = await server({ allowsUnauthenticatedBind: true })

  test('an empty password does not reach a server that would take it', async () => {
    const directory = connector([corp])
    assert.equal(kindOf(await directory.logIn('ann', new Secret(''), now)), 'input')
    const open = connector([corp], { people: { directBind: `uid={login},${people}` } })
    assert.equal(kindOf(await open.logIn('ann', new Secret(''), now)), 'input')
    assert.deepEqual(
      corp.requests.filter((request) => request.kind === 'bind' && request.password === ''),
      [],
    )
  })

  test('a bind that asks for another step is no success', async () => {
    const directory = connector([corp])
    for (const code of [14, 10, 5, 6, 118]) {
      corp.always = (request) =>
        request.kind === 'bind' && request.name.startsWith('uid=ann') ? { answer: { code } } : undefined
      assert.notEqual(kindOf(await directory.logIn('ann', secret, now)), 'person')
    }
    corp.always = undefined
  })

  test('the connector is not let in by a bind of its own that was refused', async () => {
    const wrong = connector([corp], {
      bind: { name: `uid=hallpass,ou=services,dc=corp,dc=example`, password: new Secret('old') },
    })
    const before = corp.requests.length
    const first = await wrong.logIn('ann', secret, now)
    assert.equal(kindOf(first), 'unavailable')
    assert.match(detailOf(first), /the connector's own bind/)
    assert.equal(corp.requests.slice(before).filter(({ kind }) => kind === 'search').length, 0)
  })
})

test('a directory that was sent the password and did not answer may have counted it, and that is said', async () => {
  const corp = await server()
  const isAnn = (name: string) => name.startsWith('uid=ann')
  for (const directBind of [undefined, `uid={login},${people}`]) {
    const directory = connector([corp], { people: directBind === undefined ? {} : { directBind } })
    corp.always = (request) => (request.kind === 'bind' && isAnn(request.name) ? { share: 0, close: true } : undefined)
    const tried = await directory.logIn('ann', new Secret('a guess'), now)
    assert.equal('unavailable' in tried && tried.tried, true)
    corp.always = (request) => (request.kind === 'search' ? { share: 0, close: true } : undefined)
    const untried = await connector([corp]).logIn('ann', new Secret('a guess'), now)
    assert.equal('unavailable' in untried && untried.tried, undefined)
    corp.always = undefined
  }
})

test('no detail has what was typed as a login: a password may have been typed there', async () => {
  const typed = 'Planted-Secret-9'
  for (const kind of ['openldap', 'active-directory'] as const) {
    const corp = await server({ kind, entries: company })
    for (const directBind of [undefined, '{login}', `uid={login},${people}`, `cn=x+uid={login},${people}`])
      for (const ownBind of [true, false]) {
        if (directBind === undefined && !ownBind) continue
        const own = connector([corp], { ownBind, people: directBind === undefined ? {} : { directBind } })
        const outcome = await own.logIn(typed, secret, now)
        assert.notEqual(kindOf(outcome), 'person')
        assert.doesNotMatch(JSON.stringify(outcome), /planted-secret/i, `${kind} ${directBind} ${ownBind}`)
      }
  }
})

test('no error and no detail has the password in it, not even when the server repeats it', async () => {
  const corp = await server({ entries: [...company, ...states.map((state) => person(state, {}, state))] })
  const directory = connector([corp])
  const outcomes = [
    ...(await Promise.all([...states, 'nobody'].map((login) => directory.logIn(login, secret, now)))),
    await directory.logIn('ann', new Secret(`${password}!`), now),
  ]
  for (const code of [49, 53, 52, 80, 1]) {
    corp.always = (request) =>
      request.kind === 'bind' ? { answer: { code, message: `no: ${request.password}` } } : undefined
    outcomes.push(await connector([corp]).logIn('ann', secret, now))
    corp.always = (request) =>
      request.kind === 'bind' && request.name.startsWith('uid=ann')
        ? { answer: { code, message: `no: ${request.password}` } }
        : undefined
    outcomes.push(await connector([corp]).logIn('ann', secret, now))
  }
  assert.equal(outcomes.filter((outcome) => 'person' in outcome).length, 0)
  assert.ok(!JSON.stringify(outcomes).includes('Planted'))
})

test('a group of another name is not made by a DN that is escaped', async () => {
  const ann = `uid=ann,${people}`
  const corp = await server({
    entries: [
      ...company,
      group('AWS-Admins\\,ou=groups\\,dc=corp', [ann], { base: 'ou=elsewhere,dc=corp,dc=example' }),
    ],
  })
  assert.deepEqual(groupNames(await connector([corp]).logIn('ann', secret, now)), ['AWS-Admins', 'platform'])
})
