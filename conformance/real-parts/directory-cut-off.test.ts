// A person of Samba is disabled while signed in, and a directory is killed: console, command line, `exec`, its endpoint and live credentials
// are refused within the stated bound, with the server's own timers; and what the killed directory's people had comes back by itself. It waits
// for as long as the bounds at the shortest check.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
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
/** A connector that did not answer is asked again within a minute, and the timer adds its 15 seconds. */
const backMs = 60_000 + 15_000 + 5_000
/** What a connector said counts for so long, and a little more. */
const forgottenMs = 5_500

interface SignedIn {
  readonly page: Page
  /** Given by the API, and used by nobody but the test. */
  readonly keys: Keys
  /** Runs a command as the person signed in by `hallpass login`. */
  run(...words: string[]): ReturnType<typeof runProgram>
  /** Asks a program that has run under `exec` since the sign-in who it is, or what its endpoint gives. */
  ask(what: 'who' | 'endpoint'): Promise<Said>
}

/** What who-am-i.js says. */
interface Said {
  readonly Arn?: string
  readonly Refused?: string
  readonly Status?: number
  readonly Message?: string
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
        const ask = async (what: 'who' | 'endpoint'): Promise<Said> => {
          long.stdin.write(`${what}\n`)
          const { value, done } = await lines.next()
          assert.notEqual(done, true, 'the program has ended')
          return JSON.parse(value ?? '')
        }
        assert.match((await ask('who')).Arn ?? '', new RegExp(`assumed-role/Reader/${login}-`))
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

      /** Why the keys are refused, in the server's words; undefined: they are not. */
      const refusalOf = ({ keys }: SignedIn): Promise<string | undefined> =>
        server
          .as(keys)
          .sts.send(new GetCallerIdentityCommand({}))
          .then(
            () => undefined,
            ({ name, message }: Error) => `${name}: ${message}`,
          )

      type Way = (person: SignedIn) => Promise<string | undefined>

      /** What somebody signed in has, none of which renews anything: what says that it is refused, or nothing where it is not. */
      const had: Readonly<Record<string, Way>> = {
        'the console': async (person) => {
          const status = await consoleStatus(person)
          return status === 200 ? undefined : `${status}: ${await person.page.locator('body').innerText()}`
        },
        'live credentials': refusalOf,
        'a program under exec': async ({ ask }) => {
          const { Refused, Message } = await ask('who')
          return Refused === undefined ? undefined : `${Refused}: ${Message}`
        },
      }
      /** Asked after a minute, it renews. */
      const endpoint: Readonly<Record<string, Way>> = {
        'the endpoint of exec': async ({ ask }) => {
          const { Status, Message } = await ask('endpoint')
          return Status === 200 ? undefined : `${Status}: ${Message}`
        },
      }

      /** Seconds since `began` until each way is refused (or is not any more), and the words in which it was refused last. */
      async function eachUntil(
        person: SignedIn,
        isRefused: boolean,
        { ways, began, withinMs }: { readonly ways: typeof had; readonly began: number; readonly withinMs: number },
      ): Promise<{
        readonly seconds: Readonly<Record<string, number>>
        readonly words: Readonly<Record<string, string>>
      }> {
        const seconds: Record<string, number> = {}
        const words: Record<string, string> = {}
        while (Object.keys(seconds).length < Object.keys(ways).length) {
          for (const [way, refusal] of Object.entries(ways)) {
            const said = await refusal(person)
            if (said !== undefined) words[way] = said
            if ((said !== undefined) === isRefused) seconds[way] ??= (performance.now() - began) / 1000
          }
          assert.ok(performance.now() - began < withinMs, JSON.stringify({ seconds, words }))
          await delay(500)
        }
        return { seconds, words }
      }
      const told = (seconds: Readonly<Record<string, number>>) =>
        Object.entries(seconds)
          .map(([way, after]) => `${way} after ${after.toFixed(1)} s`)
          .join(', ')

      test('a person who is disabled is cut off within the bound though nothing is renewed; so are those of a directory that is down, until it is back', async () => {
        const ann = await signedIn('samba', 'ann')
        const ben = await signedIn('openldap', 'ben')
        await ldap.kill()
        await setControl('ann', '514')
        const began = performance.now()
        const [disabled, down] = await Promise.all([
          eachUntil(ann, true, { ways: had, began, withinMs: boundMs }),
          eachUntil(ben, true, { ways: { ...had, ...endpoint }, began, withinMs: boundMs }),
        ])
        console.log(`disabled in Samba, refused: ${told(disabled.seconds)}`)
        console.log(`OpenLDAP killed, grace 0, refused: ${told(down.seconds)}`)
        assert.equal((await ann.ask('endpoint')).Status, 403)
        await assertNothingRenews(ann, 'samba', 'ann', 401, /Sign in again|hallpass login/)
        assert.match(disabled.words['live credentials'] ?? '', /^InvalidClientTokenId/)
        // All of it says what it waits for.
        for (const [way, said] of Object.entries(down.words)) assert.match(said, /cannot be asked now/, way)
        await assertNothingRenews(ben, 'openldap', 'ben', 503, /cannot be asked now/)
        assert.match(server.operate('people', 'list'), /^openldap +ben .* 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ +arn:/m)

        await ldap.start()
        const back = await eachUntil(ben, false, { ways: had, began: performance.now(), withinMs: backMs })
        assert.equal((await ben.ask('endpoint')).Status, 200)
        console.log(`OpenLDAP started again, not refused: ${told(back.seconds)}`)
        const renewed = await ben.run(...renew)
        assert.equal(renewed.code, 0, renewed.err)
        // Who was revoked meanwhile stays so.
        assert.match((await refusalOf(ann)) ?? '', /^InvalidClientTokenId/)
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
          [await consoleStatus(ben), await whoIs(server, ben.keys), (await ben.ask('who')).Refused],
          [401, undefined, 'InvalidClientTokenId'],
        )
        await assertNothingRenews(ben, 'samba', 'ben', 401, /Sign in again|hallpass login/)
      })
    }),
  ),
)
