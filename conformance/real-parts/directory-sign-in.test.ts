// People of real directories sign in to Hallpass as it ships: in Chromium to the chooser and the console, and at the broker's API.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Client } from 'ldapts'
import { authority } from '../../src/federation/testing/idp.ts'
import { adminArn, readerArn } from '../clients/company.ts'
import { folder } from '../clients/folder.ts'
import {
  askBroker,
  fillLogin,
  givenKeys,
  openLdapConnector,
  openLdapGroup,
  pages,
  password,
  presetConnector,
  sambaConnector,
  servePeople,
  toConsole,
  whoIs,
} from './directory-people.ts'
import { corpOptions, ipaGroups, ipaOptions } from './openldap-company.ts'
import { startOpenLdap } from './openldap-server.ts'
import { describeWith } from './part.ts'
import { environmentOf, run } from './real.ts'
import { company } from './samba-company.ts'
import { startSamba } from './samba-server.ts'
import { choose } from './saml-browser.ts'
import { account } from './served.ts'

const data = folder()
const entitlements = [{ account, 'policy-arns': ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }]
const session = (role: string, login: string) =>
  new RegExp(`arn:aws:sts::${account}:assumed-role/${role}/${login}-[a-z2-7]{10}(?![\\w@.-])`)
const federated = (login: string) => new RegExp(`^arn:aws:sts::${account}:federated-user/${login}-[a-z2-7]{10}$`)

describeWith('CHROMIUM', 'in a browser', (executablePath) => {
  describeWith('OPENLDAP', 'people of OpenLDAP', async (program) => {
    const one = await startOpenLdap(program, join(data, 'one'), corpOptions)
    const two = await startOpenLdap(program, join(data, 'two'), corpOptions)
    const connectors = ['ldaps', 'starttls', 'both']
    const server = await servePeople(
      {
        connectors: [
          openLdapConnector('ldaps', [one]),
          openLdapConnector('starttls', [one], true),
          openLdapConnector('both', [two, one]),
        ],
        assignments: connectors.flatMap((connector) => [
          { connector, group: openLdapGroup('AWS-Admins'), roles: [adminArn], entitlements },
          { connector, group: openLdapGroup('developers'), roles: [readerArn] },
        ]),
      },
      authority,
    )
    const open = await pages(executablePath)

    for (const connector of ['ldaps', 'starttls']) {
      describe(`by the connector ${connector}`, () => {
        test('a person of a nested group signs in, chooses the role, and is in its console', async () => {
          const page = await open()
          assert.match(
            await toConsole(page, server, `Directory ${connector}`, 'ann', adminArn),
            session('Admin', 'ann'),
          )
          await page.goto(`${server.publicUrl}/signin/roles`)
          assert.deepEqual([await page.locator(`label[for="${readerArn}"]`).count()], [0])
        })

        test('the broker’s API gives credentials of GetFederationToken and of AssumeRole, which the AWS CLI uses', async () => {
          const proof = { connector, login: 'ann', password }
          const token = givenKeys(await askBroker(server, 'credentials', proof))
          assert.match((await whoIs(server, token)) ?? '', federated('ann'))
          const keys = givenKeys(await askBroker(server, 'credentials', { ...proof, role: adminArn }))
          assert.match((await whoIs(server, keys)) ?? '', session('Admin', 'ann'))
          const home = join(data, connector)
          mkdirSync(home)
          for (const [given, expected] of [
            [token, federated('ann')],
            [keys, session('Admin', 'ann')],
          ] as const) {
            const env = { ...environmentOf(server.url, home, given), AWS_CA_BUNDLE: server.ca }
            const { code, out, err } = await run('aws', ['sts', 'get-caller-identity', '--output', 'json'], env)
            assert.equal(code, 0, err)
            assert.match(JSON.parse(out).Arn, expected)
          }
        })

        test('a role or an entitlement that the groups do not give is refused, and so is a wrong password', async () => {
          const proof = { connector, login: 'ben', password }
          assert.equal((await askBroker(server, 'credentials', { ...proof, role: adminArn })).status, 403)
          assert.equal((await askBroker(server, 'credentials', proof)).status, 403)
          assert.equal((await askBroker(server, 'roles', { ...proof, password: 'wrong' })).status, 401)
          assert.equal((await askBroker(server, 'roles', { ...proof, login: 'dora' })).status, 401)
        })
      })
    }

    test('of two servers the preferred one is killed during sign-ins: none of them fails, and whoever is signed in goes on', async () => {
      const page = await open()
      await toConsole(page, server, 'Directory both', 'ann', adminArn)
      let done = 0
      const slowest: number[] = []
      // One after the other for each person: an attempt counts as failed until the directory has answered.
      const lane = async (login: string) => {
        for (let count = 0; count < 15; count++) {
          if (++done === 12) await two.kill()
          const began = performance.now()
          const { status, text } = await askBroker(server, 'roles', { connector: 'both', login, password })
          slowest.push(performance.now() - began)
          assert.equal(status, 200, text)
        }
      }
      await Promise.all(['ann', 'ben', 'cleo'].map(lane))
      console.log(
        `a server of two killed during ${done} sign-ins: none failed, the slowest took ${Math.round(Math.max(...slowest))} ms`,
      )
      // What the directory said a moment ago counts for five seconds.
      await page.waitForTimeout(5_500)
      await page.goto(`${server.publicUrl}/signin/roles`)
      await page.getByRole('heading', { name: 'Choose a role' }).waitFor()
      const other = await open()
      assert.match(await toConsole(other, server, 'Directory both', 'ben', readerArn), session('Reader', 'ben'))
    })
  })

  describeWith('OPENLDAP', 'people by the other ways of membership', async (program) => {
    const ipa = await startOpenLdap(program, join(data, 'ipa'), ipaOptions)
    const posix = await startOpenLdap(program, join(data, 'posix'), corpOptions)
    // FreeIPA's `everyone` is a group of a group, which its memberOf names too.
    const given = [
      ['freeipa', `cn=everyone,${ipaGroups}`],
      ['posix', openLdapGroup('posix')],
    ] as const
    const server = await servePeople(
      {
        connectors: [presetConnector('freeipa', ipa), presetConnector('posix', posix)],
        assignments: given.flatMap(([connector, group]) => [
          { connector, group, roles: [readerArn] },
          { connector, group: group.replace(/^cn=\w+/, 'cn=others'), roles: [adminArn] },
        ]),
      },
      authority,
    )
    const open = await pages(executablePath)

    for (const [connector] of given) {
      test(`${connector}: from the sign-in page to the console, and credentials by the broker’s API`, async () => {
        const page = await open()
        const shown = await toConsole(page, server, `Directory ${connector}`, 'ann', readerArn)
        assert.match(shown, session('Reader', 'ann'))
        await page.goto(`${server.publicUrl}/signin/roles`)
        assert.equal(await page.locator(`label[for="${adminArn}"]`).count(), 0)
        const proof = { connector, login: 'ann', password }
        const keys = givenKeys(await askBroker(server, 'credentials', { ...proof, role: readerArn }))
        assert.match((await whoIs(server, keys)) ?? '', session('Reader', 'ann'))
        assert.equal((await askBroker(server, 'credentials', { ...proof, role: adminArn })).status, 403)
        assert.equal(
          (await askBroker(server, 'credentials', { ...proof, password: 'wrong', role: readerArn })).status,
          401,
        )
      })
    }

    test('freeipa: an account that is switched off is not let in', async () => {
      const proof = { connector: 'freeipa', login: 'dora', password, role: readerArn }
      assert.equal((await askBroker(server, 'credentials', proof)).status, 401)
    })
  })

  describeWith('SAMBA', 'people of Samba', async (template) => {
    const samba = await startSamba(template, join(data, 'domain'), company)
    const group = (name: string) => `CN=${name},OU=Groups,${samba.domain}`
    const server = await servePeople(
      {
        connectors: [sambaConnector('corp', samba)],
        assignments: [
          { connector: 'corp', group: group('AWS-Admins'), roles: [adminArn], entitlements },
          { connector: 'corp', group: group('all-staff'), roles: [readerArn] },
        ],
      },
      samba.ca,
    )
    const open = await pages(executablePath)
    const proof = (login: string) => ({ connector: 'corp', login, password })

    for (const login of ['ann@corp.example', 'CORP\\ann', 'ANN']) {
      test(`${login} is let in by their nested groups: chooser, console, and both answers of the broker’s API`, async () => {
        const page = await open()
        await page.goto(`${server.publicUrl}/signin`)
        await fillLogin(page, login)
        await page.getByRole('heading', { name: 'Choose a role' }).waitFor()
        for (const arn of [adminArn, readerArn]) assert.equal(await page.locator(`label[for="${arn}"]`).count(), 1)
        await choose(page, readerArn)
        await page.waitForURL(`${server.publicUrl}/console`)
        assert.match(await page.locator('body').innerText(), session('Reader', 'ann'))
        const token = givenKeys(await askBroker(server, 'credentials', proof(login)))
        assert.match((await whoIs(server, token)) ?? '', federated('ann'))
        const keys = givenKeys(await askBroker(server, 'credentials', { ...proof(login), role: adminArn }))
        assert.match((await whoIs(server, keys)) ?? '', session('Admin', 'ann'))
      })
    }

    test('disabled, locked and expired people are refused alike, as a wrong password and an unknown login are', async () => {
      for (let guess = 0; guess < 3; guess++) {
        const client = new Client({ url: samba.url, tlsOptions: { ca: samba.ca, servername: 'localhost' } })
        await assert.rejects(client.bind('CORP\\eli', 'wrong'))
        await client.unbind()
      }
      const seen: string[] = []
      for (const [login, typed] of [
        ['nobody', password],
        ['ben', 'wrong'],
        ...['dora', 'eli', 'finn'].map((name) => [name, password] as const),
      ] as const) {
        const page = await open()
        await page.goto(`${server.publicUrl}/signin`)
        await fillLogin(page, login, typed)
        await page.getByRole('alert').waitFor()
        const words = (await page.locator('body').innerText()).replace(/[0-9a-f-]{36}/, 'ID')
        const { status, text } = await askBroker(server, 'roles', { ...proof(login), password: typed })
        seen.push(`${words} ${status} ${text.replace(/[0-9a-f-]{36}/, 'ID')}`)
      }
      assert.deepEqual(new Set(seen).size, 1, seen.join('\n'))
      assert.match(seen[0] ?? '', /The login or the password is wrong, or this account cannot sign in now.* 401 /s)
    })
  })
})
