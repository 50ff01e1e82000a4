// OpenLDAP as a company's directory: LDAPS and StartTLS, each way of membership, accounts that are closed, and two servers of which one
// is killed.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Attribute, Change } from 'ldapts'
import { Secret } from '../../src/core/secret.ts'
import type { DirectorySettings, Membership } from '../../src/federation/directory/directory.ts'
import { folder } from '../clients/folder.ts'
import { connectorFor, signIn, summary } from './directory-tools.ts'
import {
  corp,
  corpOptions,
  groups,
  ipaGroups,
  ipaOptions,
  ipaPeople,
  ipaSearcher,
  password,
  people,
  policyOptions,
  searcher,
} from './openldap-company.ts'
import { type OpenLdap, startOpenLdap } from './openldap-server.ts'
import { describeWith } from './part.ts'

const data = folder()

const settings = (
  servers: readonly OpenLdap[],
  membership: readonly Membership[],
  startTls = false,
): DirectorySettings => ({
  ...{ name: 'corp', servers: servers.map(({ url, plainUrl }) => (startTls ? plainUrl : url)), startTls },
  ...(servers[0] === undefined ? {} : { ca: servers[0].ca }),
  bind: { name: searcher.name, password: new Secret(searcher.password) },
  people: {
    ...{ base: people, objectClass: 'inetOrgPerson', loginAttributes: ['uid', 'mail'], nameAttribute: 'uid' },
    ...{ idAttribute: 'entryUUID', attributes: ['departmentNumber', 'ou'] },
  },
  groups: { base: groups, membership, nested: true, nameAttribute: 'cn' },
  deadlineMs: 10_000,
})

describeWith('OPENLDAP', 'OpenLDAP', async (program) => {
  const server = await startOpenLdap(program, join(data, 'corp'), corpOptions)

  for (const startTls of [false, true]) {
    describe(startTls ? 'by StartTLS' : 'by LDAPS', () => {
      for (const [way, ann, ben] of [
        ['member-of', 'AWS-Admins circle-1 circle-2 platform', 'developers'],
        ['member', 'AWS-Admins circle-1 circle-2 platform', 'developers unique'],
        ['member-uid', 'posix', 'posix'],
      ] as const) {
        test(`${way}: people are let in with their groups`, async () => {
          const directory = connectorFor(settings([server], [way], startTls))
          assert.equal(await signIn(directory, 'ann', password), `ann: ${ann}`)
          assert.equal(await signIn(directory, 'BEN@corp.example', password), `ben: ${ben}`)
          assert.equal(await signIn(directory, 'cleo', password), 'cleo: ')
          await directory.close()
        })
      }

      test('who is not let in', async () => {
        const directory = connectorFor(settings([server], ['member-of'], startTls))
        for (const [login, typed, expected] of [
          ['ann', 'wrong', 'password'],
          ['ann', '', 'input'],
          ['nobody', password, 'unknown'],
          ['*', password, 'unknown'],
          ['ann)(uid=*', password, 'unknown'],
          ['dora', password, 'account-expired'],
          [`uid=ann,${people}`, password, 'unknown'],
        ] as const) {
          assert.equal(await signIn(directory, login, typed), expected, login)
        }
        await directory.close()
      })
    })
  }

  test('somebody found again by their id keeps it through a new name, and is gone when their entry is', async () => {
    const directory = connectorFor(settings([server], ['member-of']))
    const outcome = await directory.logIn('twin', new Secret(password), new Date())
    assert.ok('person' in outcome)
    assert.deepEqual([...outcome.person.attributes], [])
    await server.asRoot((client) => client.modifyDN(`uid=twin,${people}`, 'uid=only'))
    assert.equal(summary(await directory.findAgain(outcome.person.id, new Date())), 'only: ')
    await server.asRoot((client) => client.del(`uid=only,${people}`))
    assert.equal(summary(await directory.findAgain(outcome.person.id, new Date())), 'unknown')
    await directory.close()
  })

  test('attributes for session tags', async () => {
    const directory = connectorFor(settings([server], ['member-of']))
    const outcome = await directory.look('ann', new Date())
    assert.ok('person' in outcome)
    assert.deepEqual(Object.fromEntries(outcome.person.attributes), { departmentnumber: ['42'], ou: ['Platform'] })
    await directory.close()
  })

  test('a DN made of the login, without a bind of its own', async () => {
    const { bind: _bind, ...own } = settings([server], ['member'])
    const directory = connectorFor({ ...own, people: { ...own.people, directBind: `uid={login},${people}` } })
    assert.equal(await signIn(directory, 'ann', password), 'ann: AWS-Admins circle-1 circle-2 platform')
    assert.equal(await signIn(directory, 'ann', 'wrong'), 'password')
    assert.equal(await signIn(directory, 'ann,ou=people', password), 'password')
    await directory.close()
  })

  test('the check finds nothing wrong', async () => {
    const directory = connectorFor(settings([server], ['member-of']))
    assert.deepEqual(await directory.check(new Date()), [{ server: server.url, problem: undefined }])
    await directory.close()
  })

  test("more groups than the server's limit are found where it does not hold for the connector, and an error where it does", async () => {
    const most = 1_600
    await server.asRoot(async (client) => {
      const add = async (from: number) => {
        for (let at = from; at < most; at += 50)
          await client.add(`cn=g${at},${groups}`, {
            ...{ objectClass: 'groupOfNames', cn: `g${at}`, member: `uid=cleo,${people}` },
          })
      }
      await Promise.all(Array.from({ length: 50 }, (_, from) => add(from)))
    })
    for (const way of ['member', 'member-of'] as const) {
      const directory = connectorFor(settings([server], [way]))
      const outcome = await directory.logIn('cleo', new Secret(password), new Date())
      assert.ok('person' in outcome, summary(outcome))
      assert.equal(outcome.person.groups.length, most)
      await directory.close()
    }
    const bind = { name: `uid=ann,${people}`, password: new Secret(password) }
    const limited = connectorFor({ ...settings([server], ['member']), bind })
    assert.equal(await signIn(limited, 'cleo', password), 'groups')
    await limited.close()
  })
})

describeWith('OPENLDAP', 'OpenLDAP with a password policy', async (program) => {
  const server = await startOpenLdap(program, join(data, 'policy'), policyOptions)
  const directory = connectorFor(settings([server], ['member-of']))

  test('three wrong passwords lock, and the lock is seen without a password too', async () => {
    for (const typed of ['a', 'b', 'c']) assert.equal(await signIn(directory, 'ben', typed), 'password')
    assert.equal(await signIn(directory, 'ben', password), 'locked')
    assert.equal(summary(await directory.look('ben', new Date())), 'locked')
  })

  test('a password that was reset must be changed first', async () => {
    await server.asRoot((client) =>
      client.modify(
        `uid=cleo,${people}`,
        new Change({ operation: 'replace', modification: new Attribute({ type: 'pwdReset', values: ['TRUE'] }) }),
      ),
    )
    assert.equal(await signIn(directory, 'cleo', password), 'password-must-change')
    assert.equal(summary(await directory.look('cleo', new Date())), 'password-must-change')
  })
})

describeWith('OPENLDAP', "OpenLDAP with FreeIPA's ways of writing", async (program) => {
  const server = await startOpenLdap(program, join(data, 'ipa'), ipaOptions)
  const plain = settings([server], ['member-of'])
  const directory = connectorFor({
    ...plain,
    bind: { name: ipaSearcher.name, password: new Secret(ipaSearcher.password) },
    people: { ...plain.people, base: ipaPeople, loginAttributes: ['uid'], idAttribute: 'ipaUniqueID' },
    groups: { ...plain.groups, base: ipaGroups },
  })

  test('groups are those of its memberOf that are groups', async () => {
    assert.equal(await signIn(directory, 'ann', password), 'ann: admins everyone')
    const outcome = await directory.look('ann', new Date())
    assert.ok('person' in outcome)
    assert.equal(outcome.person.id, '8f9c2a70-cc0e-11f0-9a3b-000000000001')
    assert.deepEqual(await directory.findAgain(outcome.person.id, new Date()), outcome)
  })

  test('accounts that are switched off, and passwords that ended', async () => {
    assert.equal(await signIn(directory, 'dora', password), 'disabled')
    assert.equal(await signIn(directory, 'finn', password), 'password-expired')
  })
})

describeWith('OPENLDAP', 'Two servers of OpenLDAP', async (program) => {
  // Without replication each has entryUUIDs of its own: they are given.
  const entries = corpOptions.entries.map(([dn, attributes]) => [dn, attributes] as const)
  const first = await startOpenLdap(program, join(data, 'first'), { ...corpOptions, entries })
  const second = await startOpenLdap(program, join(data, 'second'), { ...corpOptions, entries })
  const directory = connectorFor(settings([first, second], ['member-of']))
  const expected = 'ann: AWS-Admins circle-1 circle-2 platform'

  test('one is killed amid sign-ins: none of them fails', async () => {
    assert.equal(await signIn(directory, 'ann', password), expected)
    const running = Array.from({ length: 40 }, async (_, at) => {
      if (at === 20) await first.kill()
      return signIn(directory, 'ann', password)
    })
    for (const outcome of await Promise.all(running)) assert.equal(outcome, expected)
    for (let count = 0; count < 20; count++) assert.equal(await signIn(directory, 'ann', password), expected)
  })

  test('the other is killed too: nobody is let in, and nobody is gone', async () => {
    await second.kill()
    assert.match(await signIn(directory, 'ann', password), /^unavailable: /)
    assert.match(
      summary(await directory.findAgain('00000000-0000-4000-8000-000000000000', new Date())),
      /^unavailable: /,
    )
  })

  test('the first comes back', async () => {
    await first.start()
    // Both rest: each sign-in asks the one that rests the longest.
    const outcomes = [await signIn(directory, 'ann', password), await signIn(directory, 'ann', password)]
    assert.ok(outcomes.includes(expected), corp)
  })
})
