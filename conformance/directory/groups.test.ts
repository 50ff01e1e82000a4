// Which groups a person is in: in each way in which directories write it, all of them or an error.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DirectoryEntry } from '../../src/dev/directory/entries.ts'
import type { Membership } from '../../src/federation/directory/directory.ts'
import {
  company,
  connector,
  corp,
  detailOf,
  group,
  groupNames,
  groups,
  kindOf,
  now,
  people,
  person,
  personIn,
  secret,
  server,
  structure,
} from './kit.ts'

const ann = `uid=ann,${people}`
const nestedWays: readonly Membership[] = ['token-groups', 'member-of', 'member', 'matching-rule-in-chain']
const directWays: readonly Membership[] = [...nestedWays, 'member-uid']

/** Groups in a circle, one that is reached in two ways, and one far away. */
const nested: readonly DirectoryEntry[] = [
  ...structure,
  person('ann'),
  person('ben'),
  group('one', [ann]),
  group('two', [`cn=one,${groups}`, `cn=four,${groups}`]),
  group('three', [`cn=one,${groups}`, `cn=two,${groups}`]),
  group('four', [`cn=three,${groups}`]),
  group('self', [ann, `cn=self,${groups}`]),
  group('of-ben', [`uid=ben,${people}`]),
]

for (const way of nestedWays) {
  describe(`By ${way}`, async () => {
    const server1 = await server({ kind: 'active-directory', entries: nested })
    const signIn = (nestedOnes: boolean) =>
      connector([server1], {
        people: { idAttribute: 'objectGUID' },
        groups: { membership: [way], nested: nestedOnes },
      }).logIn('ann', secret, now)

    test('groups in groups, round in a circle, each once', async () => {
      assert.deepEqual(groupNames(await signIn(true)), ['four', 'one', 'self', 'three', 'two'])
    })
    test('only those that the person is in directly, where that is configured', async () => {
      assert.deepEqual(groupNames(await signIn(false)), ['one', 'self'])
    })
    test('no group', async () => {
      const lonely = await server({ kind: 'active-directory', entries: [...structure, person('ann')] })
      const directory = connector([lonely], { people: { idAttribute: 'objectGUID' }, groups: { membership: [way] } })
      assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), [])
    })
    test('groups outside the base are none, and nothing is reached through them', async () => {
      const elsewhere = await server({
        kind: 'active-directory',
        entries: [
          ...nested,
          group('AWS-Admins', [ann], { base: `ou=elsewhere,${corp}` }),
          group('beside', [ann], { base: `ou=groups-of-others,${corp}` }),
          ...(way === 'token-groups' || way === 'matching-rule-in-chain'
            ? []
            : [group('through', [`cn=AWS-Admins,ou=elsewhere,${corp}`])]),
        ],
      })
      const directory = connector([elsewhere], { people: { idAttribute: 'objectGUID' }, groups: { membership: [way] } })
      assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), ['four', 'one', 'self', 'three', 'two'])
      assert.ok(elsewhere.requests.every((request) => request.kind !== 'search' || !request.base.includes('elsewhere')))
    })
    test('a group that the server gives from outside the base is none', async () => {
      const odd = await server({ kind: 'active-directory', entries: nested })
      odd.always = (request) =>
        request.kind === 'search' && request.base === groups
          ? { entries: [group('AWS-Admins', [ann], { base: `ou=elsewhere,${corp}` })] }
          : undefined
      const directory = connector([odd], { people: { idAttribute: 'objectGUID' }, groups: { membership: [way] } })
      assert.ok(!groupNames(await directory.logIn('ann', secret, now)).includes('AWS-Admins'))
    })
  })
}

test('uniqueMember counts as member does', async () => {
  const unique = await server({
    entries: [
      ...structure,
      person('ann'),
      group('unique', [ann], { attribute: 'uniqueMember' }),
      group('over', [`cn=unique,${groups}`]),
    ],
  })
  const directory = connector([unique], { groups: { membership: ['member'] } })
  assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), ['over', 'unique'])
})

test('memberUid names the login, and not a part of it', async () => {
  const posix = await server({
    entries: [
      ...structure,
      person('ann'),
      group('posix', ['ann'], { attribute: 'memberUid' }),
      group('other', ['annie', 'an', '*', 'ben'], { attribute: 'memberUid' }),
    ],
  })
  const directory = connector([posix], { groups: { membership: ['member-uid'] } })
  assert.deepEqual(groupNames(await directory.logIn('ann@corp.example', secret, now)), ['posix'])
})

test('several ways give the groups of all of them, each once', async () => {
  const mixed = await server({
    entries: [...nested, group('posix', ['ann'], { attribute: 'memberUid' })],
  })
  const directory = connector([mixed], { groups: { membership: ['member-of', 'member', 'member-uid'] } })
  assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), [
    'four',
    'one',
    'posix',
    'self',
    'three',
    'two',
  ])
})

test('memberOf of FreeIPA has the nested ones itself, and more than groups', async () => {
  const [accounts, rules] = [`cn=groups,cn=accounts,${corp}`, `cn=hbac,${corp}`]
  const ipa = await server({
    entries: [
      ...structure,
      person('ann', {
        memberOf: [`cn=admins,${accounts}`, `cn=editors,${accounts}`, `ipaUniqueID=1,${rules}`, `cn=gone,${accounts}`],
      }),
      group('admins', [ann], { base: accounts }),
      group('editors', [`cn=admins,${accounts}`], { base: accounts }),
    ],
  })
  const directory = connector([ipa], { groups: { base: accounts } })
  // One whose entry is gone is no group.
  assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), ['admins', 'editors'])
})

describe('Ten thousand groups', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `g${String(at).padStart(5, '0')}`)
  const many = names.map((name) => group(name, [ann]))
  const last = group('last', [ann])

  for (const way of ['member', 'matching-rule-in-chain'] as const) {
    test(`are all found, page by page: ${way}`, async () => {
      const large = await server({ entries: [...structure, person('ann')] })
      large.always = (request) => (request.kind === 'search' && request.base === groups ? { entries: many } : undefined)
      const directory = connector([large], {
        deadlineMs: 60_000,
        groups: { membership: [way], nested: way !== 'member' },
      })
      assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), names)
    })
  }

  for (const way of ['token-groups', 'member-of'] as const) {
    test(`are all found, a hundred with each search: ${way}`, async () => {
      const large = await server({
        kind: 'active-directory',
        entries: [
          ...structure,
          person('ann', {
            memberOf: many.map(({ dn }) => dn),
            tokenGroups: many.map(({ attributes }) => attributes.objectSid as Buffer),
          }),
        ],
      })
      let first = 0
      large.always = (request) => {
        if (request.kind !== 'search' || request.base !== groups || request.scope === 'base') return undefined
        first += 100
        return {
          entries: many
            .slice(first - 100, first)
            .map(({ dn, attributes }) => ({ dn, attributes: { ...attributes, memberOf: [] } })),
        }
      }
      const directory = connector([large], {
        ...{ deadlineMs: 120_000, people: { idAttribute: 'objectGUID' } },
        groups: { membership: [way] },
      })
      assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), names)
      assert.equal(first, 10_000)
    })
  }

  test('one more is refused, and says why', async () => {
    const large = await server({ entries: [...structure, person('ann')] })
    large.always = (request) =>
      request.kind === 'search' && request.base === groups ? { entries: [...many, last] } : undefined
    const directory = connector([large], { deadlineMs: 60_000, groups: { membership: ['member'], nested: false } })
    const outcome = await directory.logIn('ann', secret, now)
    assert.equal(kindOf(outcome), 'groups')
    assert.match(detailOf(outcome), /more than 10000/)
  })
})

for (const [title, memberOf] of [
  ['no DN', 'AWS-Admins'],
  ['a DN in an older form', `cn="AWS-Admins",${groups}`],
  ['no text', Buffer.from([255])],
] as const) {
  test(`a group that cannot be read may be one that counts: ${title}`, async () => {
    const odd = await server({ entries: [...structure, person('ann', { memberOf: [memberOf] })] })
    assert.equal(kindOf(await connector([odd]).logIn('ann', secret, now)), 'groups')
  })
}

test('an attribute in ranges is read to its end', async () => {
  const names = Array.from({ length: 25 }, (_, at) => `g${String(at).padStart(2, '0')}`)
  const ranged = await server({
    kind: 'active-directory',
    mostValues: 10,
    entries: [
      ...structure,
      person('ann'),
      ...names.map((name) => group(name, [ann])),
      group('inner', [`cn=g00,${groups}`]),
    ],
  })
  const directory = connector([ranged], { people: { idAttribute: 'objectGUID' } })
  assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), [...names, 'inner'])
})

test('an attribute in ranges that does not come to its end is an error, not fewer groups', async () => {
  const names = Array.from({ length: 25 }, (_, at) => `g${String(at).padStart(2, '0')}`)
  const ranged = await server({
    mostValues: 10,
    entries: [...structure, person('ann'), ...names.map((name) => group(name, [ann]))],
  })
  ranged.always = (request) =>
    request.kind === 'search' && request.attributes.some((name) => name.includes('range='))
      ? { entries: [] }
      : undefined
  assert.equal(kindOf(await connector([ranged]).logIn('ann', secret, now)), 'groups')
})

describe('An error amid the search for groups is never fewer groups', async () => {
  /** The search that a way asks the groups by. */
  const isGroupSearch =
    (way: Membership) =>
    (request: { readonly kind: string; readonly base?: string; readonly attributes?: readonly string[] }) =>
      request.kind === 'search' &&
      (request.base === groups || request.attributes?.includes('tokenGroups') === true) &&
      way !== undefined

  for (const way of directWays) {
    for (const [title, code, outcome] of [
      ['its limit of entries', 4, 'groups'],
      ["its administrator's limit", 11, 'groups'],
      ['its limit of time', 3, 'unavailable'],
      ['it is busy', 51, 'unavailable'],
      ['it is unavailable', 52, 'unavailable'],
      ['no right to search', 50, 'unavailable'],
      ['a referral', 10, 'unavailable'],
      ['unwilling', 53, 'unavailable'],
      ['an operations error', 1, 'unavailable'],
    ] as const) {
      test(`${way}: ${title}`, async () => {
        const failing = await server({ kind: 'active-directory' })
        failing.always = (request) =>
          isGroupSearch(way)(request)
            ? { answer: { code, referral: code === 10 ? ['ldap://evil.example'] : [] } }
            : undefined
        const directory = connector([failing], { people: { idAttribute: 'objectGUID' }, groups: { membership: [way] } })
        assert.equal(kindOf(await directory.logIn('ann', secret, now)), outcome)
      })
    }

    test(`${way}: half an answer`, async () => {
      const failing = await server({ kind: 'active-directory' })
      failing.always = (request) => (isGroupSearch(way)(request) ? { share: 0.5, close: true } : undefined)
      const directory = connector([failing], { people: { idAttribute: 'objectGUID' }, groups: { membership: [way] } })
      assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unavailable')
    })
  }

  test('a base of groups that is not there is no answer: nobody is without groups', async () => {
    const directory = connector([await server()], { groups: { base: `ou=nowhere,${corp}`, membership: ['member'] } })
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unavailable')
  })

  test('a base of people that is not there is no answer: nobody is gone', async () => {
    const directory = connector([await server()], { people: { base: `ou=nowhere,${corp}` } })
    assert.equal(kindOf(await directory.findAgain('00000000-0000-4000-8000-000000000001', now)), 'unavailable')
  })
})

test('references to other servers are not followed', async () => {
  let asked = 0
  const evil = await server({
    twist: () => {
      asked++
      return undefined
    },
  })
  const referring = await server()
  referring.always = (request) => (request.kind === 'search' ? { references: [`${evil.url}/${groups}`] } : undefined)
  const directory = connector([referring], { groups: { membership: ['member'] } })
  assert.deepEqual(groupNames(await directory.logIn('ann', secret, now)), ['AWS-Admins', 'platform'])
  assert.equal(asked, 0)
})

test('a group has the name that its attribute says, and its own DN', async () => {
  const named = await server({
    entries: [
      ...company,
      { ...group('x', [ann]), attributes: { ...group('x', [ann]).attributes, displayName: 'AWS-1-Admin' } },
    ],
  })
  const directory = connector([named], { groups: { nameAttribute: 'displayName', nested: false } })
  const found = personIn(await directory.logIn('ann', secret, now)).groups
  assert.deepEqual(found.map(({ name, dn }) => `${name} = ${dn}`).sort(), [
    `AWS-1-Admin = cn=x,${groups}`,
    `platform = cn=platform,${groups}`,
  ])
})

test('a name that is written beside the one of its DN is not what an entry is called', async () => {
  const other = group('plain', [ann])
  const named = await server({
    entries: [
      ...structure,
      person('ann', { uid: ['aaa', 'ann'] }),
      { ...other, attributes: { ...other.attributes, cn: ['AWS-Admins', 'plain'] } },
    ],
  })
  const outcome = await connector([named]).logIn('ann', secret, now)
  assert.deepEqual(groupNames(outcome), ['plain'])
  assert.equal(personIn(outcome).login, 'ann')
})
