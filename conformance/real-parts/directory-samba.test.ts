// Samba as a company's Active Directory: the names that people bind by, nested groups in each way, accounts that are closed.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Attribute, Change } from 'ldapts'
import { Secret } from '../../src/core/secret.ts'
import type { DirectorySettings, Membership } from '../../src/federation/directory/directory.ts'
import { folder } from '../clients/folder.ts'
import { connectorFor, signIn, summary } from './directory-tools.ts'
import { describeWith } from './part.ts'
import { company, password } from './samba-company.ts'
import { startSamba } from './samba-server.ts'

const data = folder()

describeWith('SAMBA', 'Samba', async (template) => {
  const server = await startSamba(template, join(data, 'domain'), company)
  const settings: DirectorySettings = {
    ...{ name: 'corp', servers: [server.url], startTls: false, ca: server.ca, deadlineMs: 10_000 },
    bind: { name: 'hallpass@corp.example', password: new Secret(password) },
    people: {
      ...{ base: server.domain, objectClass: 'user', loginAttributes: ['sAMAccountName', 'userPrincipalName'] },
      ...{ nameAttribute: 'sAMAccountName', idAttribute: 'objectGUID', attributes: ['department'] },
    },
    groups: { base: `OU=Groups,${server.domain}`, membership: ['token-groups'], nested: true, nameAttribute: 'cn' },
  }
  const directory = connectorFor(settings)
  const all = 'ann: AWS-Admins all-staff platform'

  for (const way of ['token-groups', 'member-of', 'member', 'matching-rule-in-chain'] satisfies Membership[]) {
    test(`nested groups by ${way}`, async () => {
      const own = connectorFor({ ...settings, groups: { ...settings.groups, membership: [way] } })
      assert.equal(await signIn(own, 'ann', password), all)
      assert.equal(await signIn(own, 'ben', password), 'ben: all-staff')
      assert.equal(await signIn(own, 'cleo', password), 'cleo: ')
      await own.close()
    })
  }

  test('a person is found by account name, user principal name, and domain and name', async () => {
    for (const login of ['ann', 'ANN', 'ann@corp.example', 'CORP\\ann', 'corp\\Ann'])
      assert.equal(await signIn(directory, login, password), all, login)
    for (const login of ['EVIL\\ann', 'CORP\\nobody', 'ann@evil.example', 'ann ', 'àñn', '*'])
      assert.equal(await signIn(directory, login, password), 'unknown', login)
  })

  describe('a bind without a search before it', () => {
    for (const directBind of ['{login}@corp.example', 'CORP\\{login}', `CN={login},OU=People,${server.domain}`]) {
      for (const withBind of [true, false]) {
        test(`as ${directBind}, then found ${withBind ? 'by the connector' : 'by the person'}`, async () => {
          const { bind, ...own } = settings
          const direct = connectorFor({
            ...own,
            ...(withBind && bind !== undefined ? { bind } : {}),
            people: { ...settings.people, directBind },
          })
          assert.equal(await signIn(direct, 'ann', password), all)
          assert.equal(await signIn(direct, 'ann', 'wrong'), 'password')
          assert.equal(await signIn(direct, 'dora', password), 'disabled')
          await direct.close()
        })
      }
    }
  })

  test('by StartTLS', async () => {
    const own = connectorFor({ ...settings, servers: [server.plainUrl], startTls: true })
    assert.equal(await signIn(own, 'ann', password), all)
    await own.close()
  })

  test('accounts that are closed, at the bind and without a password', async () => {
    for (const typed of ['a', 'b', 'c']) assert.equal(await signIn(directory, 'eli', typed), 'password')
    for (const [login, expected] of [
      ['dora', 'disabled'],
      ['eli', 'locked'],
      ['finn', 'account-expired'],
      ['gil', 'password-must-change'],
    ] as const) {
      assert.equal(await signIn(directory, login, password), expected)
      assert.equal(summary(await directory.look(login, new Date())), expected)
    }
  })

  test('somebody who signed in is disabled, and is found so by their id', async () => {
    const outcome = await directory.logIn('ben', new Secret(password), new Date())
    assert.ok('person' in outcome)
    const { id } = outcome.person
    assert.match(id, /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/)
    assert.equal(summary(await directory.findAgain(id, new Date())), 'ben: all-staff')
    await server.asRoot((client) =>
      client.modify(
        `CN=ben,OU=People,${server.domain}`,
        new Change({
          operation: 'replace',
          modification: new Attribute({ type: 'userAccountControl', values: ['514'] }),
        }),
      ),
    )
    assert.equal(summary(await directory.findAgain(id, new Date())), 'disabled')
    assert.equal(await signIn(directory, 'ben', password), 'disabled')
  })

  test('the check finds nothing wrong', async () => {
    assert.deepEqual(await directory.check(new Date()), [{ server: server.url, problem: undefined }])
  })

  test('the server is gone: nobody is let in, and nobody is gone', async () => {
    await server.stop()
    assert.match(await signIn(directory, 'ann', password), /^unavailable: /)
    assert.match(
      summary(await directory.findAgain('00000000-0000-0000-0000-000000000000', new Date())),
      /^unavailable: /,
    )
  })
})
