// A person of Samba is disabled while signed in, and a directory is down: what console, command line, `exec` and live credentials do then,
// with the server's own timers. It waits once, for as long as the stated bound at the shortest check.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Attribute, Change } from 'ldapts'
import type { Page } from 'playwright-core'
import { readerArn } from '../clients/company.ts'
import { folder } from '../clients/folder.ts'
import type { Keys } from '../clients/server.ts'
import {
  askBroker,
  givenKeys,
  openLdapConnector,
  openLdapGroup,
  pages,
  password,
  sambaConnector,
  servePeople,
  submitLogin,
  toConsole,
  whoIs,
} from './directory-people.ts'
import { corpOptions } from './openldap-company.ts'
import { startOpenLdap } from './openldap-server.ts'
import { describeWith } from './part.ts'
import { runProgram } from './real.ts'
import { company } from './samba-company.ts'
import { startSamba } from './samba-server.ts'
import { hallpass, logInOverSsh } from './shell-sign-in.ts'
import { stoppedAfterwards } from './stopped.ts'

const data = folder()
const whoAmI = fileURLToPath(new URL('who-am-i.js', import.meta.url))
/** `people-check-minutes`, the timer's 15 seconds, and a turn (docs/decisions/0024). */
const boundMs = 60_000 + 15_000 + 5_000
/** What a connector said counts for so long, and a little more. */
const forgottenMs = 5_500

interface SignedIn {
  readonly page: Page
  /** Given by the API, and used by nobody but the test. */
  readonly keys: Keys
  /** Runs a command as the person signed in by `hallpass login`. */
  run(...words: string[]): ReturnType<typeof runProgram>
  /** Asks a program that has run under `exec` since the sign-in who it is. It ends where it is refused. */
  ask(): Promise<string | undefined>
}

describeWith('CHROMIUM', 'people are signed in', (executablePath) =>
  describeWith('OPENLDAP', 'in OpenLDAP', (slapd) =>
    describeWith('SAMBA', 'and in Samba', async (template) => {
      const samba = await startSamba(template, join(data, 'domain'), company)
      const ldap = await startOpenLdap(slapd, join(data, 'ldap'), corpOptions)
      const server = await servePeople(
        {
          connectors: [sambaConnector('samba', samba), openLdapConnector('openldap', [ldap])],
          assignments: [
            { connector: 'samba', group: `CN=all-staff,OU=Groups,${samba.domain}`, roles: [readerArn] },
            { connector: 'openldap', group: openLdapGroup('developers'), roles: [readerArn] },
          ],
        },
        samba.ca,
        { 'people-check-minutes': '1' },
      )
      const open = await pages(executablePath)

      const renew = ['credential-process', '--sign-in', server.publicUrl, '--role-arn', readerArn, '--no-cache']
      const exec = ['exec', '--url', server.publicUrl, '--role', readerArn, '--', process.execPath, '-e', '']

      /** Everything that a person may have: a console, the command line's sign-in, and credentials of the API. */
      async function signedIn(connector: string, login: string): Promise<SignedIn> {
        const page = await open()
        await toConsole(page, server, `Directory ${connector}`, login, readerArn)
        const home = join(data, `${connector}-${login}`)
        mkdirSync(home)
        const env = { PATH: process.env.PATH ?? '', HOME: home, NO_PROXY: '127.0.0.1,localhost' }
        const options = ['--url', server.publicUrl, '--ca-bundle', server.ca, '--role', readerArn]
        const printed = await logInOverSsh(options, env, async (address) => {
          const allowing = await page.context().newPage()
          await allowing.goto(address)
          await allowing.getByRole('button', { name: 'Allow', exact: true }).click()
          return allowing.locator('pre').innerText()
        })
        assert.match(printed, /The profile hallpass in /)
        const [program, ...first] = hallpass
        const run = (...given: string[]) => runProgram(program, [...first, ...given], env)
        for (const command of [renew, exec]) {
          const { code, err } = await run(...command)
          assert.equal(code, 0, err)
        }
        const long = spawn(program, [...first, ...exec.slice(0, -2), whoAmI], {
          env: { ...env, NODE_EXTRA_CA_CERTS: server.ca },
          stdio: ['pipe', 'pipe', 'ignore'],
        })
        stoppedAfterwards(long)
        const lines = createInterface({ input: long.stdout })[Symbol.asyncIterator]()
        const ask = async () => {
          long.stdin.write('who\n')
          const { value, done } = await lines.next()
          return done === true ? undefined : String(JSON.parse(value).Arn)
        }
        assert.match((await ask()) ?? '', new RegExp(`assumed-role/Reader/${login}-`))
        const proof = { connector, login, password, role: readerArn }
        return { page, run, ask, keys: givenKeys(await askBroker(server, 'credentials', proof)) }
      }

      const setControl = (name: string, value: string) =>
        samba.asRoot((client) =>
          client.modify(
            `CN=${name},OU=People,${samba.domain}`,
            new Change({
              operation: 'replace',
              modification: new Attribute({ type: 'userAccountControl', values: [value] }),
            }),
          ),
        )

      const consoleStatus = async ({ page }: SignedIn) => (await page.goto(`${server.publicUrl}/console`))?.status()

      async function assertNothingRenews(
        { run, page }: SignedIn,
        connector: string,
        login: string,
        status: number,
        why: RegExp,
      ) {
        for (const command of [renew, exec]) {
          const { code, out, err } = await run(...command)
          assert.deepEqual([code, out], [1, ''], err)
          assert.match(err, why)
        }
        const { status: answered } = await askBroker(server, 'credentials', {
          connector,
          login,
          password,
          role: readerArn,
        })
        assert.equal(answered, status)
        const other = await open()
        await other.goto(`${server.publicUrl}/signin`)
        await submitLogin(other, `Directory ${connector}`, login)
        await other.getByRole('alert').waitFor()
        await page.goto(`${server.publicUrl}/signin/roles`)
        assert.equal(await page.getByRole('heading', { name: 'Choose a role' }).count(), 0)
      }

      test('a person who is disabled is cut off within the bound though nothing is renewed; a directory that is down ends nothing and gives nothing', async () => {
        const ann = await signedIn('samba', 'ann')
        const ben = await signedIn('openldap', 'ben')
        await ldap.kill()
        await setControl('ann', '514')
        const began = performance.now()
        const took: { console?: number; credentials?: number } = {}
        while (took.console === undefined || took.credentials === undefined) {
          const seconds = (performance.now() - began) / 1000
          if ((await consoleStatus(ann)) === 401) took.console ??= seconds
          if ((await whoIs(server, ann.keys)) === undefined) took.credentials ??= seconds
          assert.ok(seconds * 1000 < boundMs, `${seconds} s`)
          await delay(500)
        }
        console.log(
          `disabled in Samba: the console was refused after ${took.console.toFixed(1)} s, live credentials after ${took.credentials.toFixed(1)} s`,
        )
        await assertNothingRenews(ann, 'samba', 'ann', 401, /Sign in again|hallpass login/)
        assert.equal(await ann.ask(), undefined)
        // The other directory is down for as long.
        assert.match((await ben.ask()) ?? '', /assumed-role\/Reader\/ben-/)
        assert.equal(await consoleStatus(ben), 200)
        assert.match((await whoIs(server, ben.keys)) ?? '', /assumed-role\/Reader\/ben-/)
        await assertNothingRenews(ben, 'openldap', 'ben', 503, /cannot be asked|unavailable|503/)
        assert.equal(await consoleStatus(ben), 200)
        await ldap.start()
        const late = performance.now() + 60_000
        let renewed = await ben.run(...renew)
        while (renewed.code !== 0 && performance.now() < late) {
          await delay(1000)
          renewed = await ben.run(...renew)
        }
        assert.equal(renewed.code, 0, renewed.err)
      })

      test('a person who is disabled is refused by the next renewal, which ends console and credentials at once', async () => {
        const ben = await signedIn('samba', 'ben')
        await setControl('ben', '514')
        const began = performance.now()
        let renewed = await ben.run(...renew)
        while (renewed.code === 0 && performance.now() - began < forgottenMs) renewed = await ben.run(...renew)
        assert.equal(renewed.code, 1, renewed.err)
        console.log(
          `disabled in Samba: credential-process was refused after ${((performance.now() - began) / 1000).toFixed(1)} s`,
        )
        assert.deepEqual(
          [await consoleStatus(ben), await whoIs(server, ben.keys), await ben.ask()],
          [401, undefined, undefined],
        )
        await assertNothingRenews(ben, 'samba', 'ben', 401, /Sign in again|hallpass login/)
      })
    }),
  ),
)
