// `hallpass login` as it ships, with its person in Chromium: the browser that comes back to this machine, the code that is pasted,
// and the code of a device. What it was given is used by the profile that it writes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { authority } from '../../src/federation/testing/idp.ts'
import { readerArn } from '../clients/company.ts'
import { folder } from '../clients/folder.ts'
import { fillLogin, openLdapConnector, openLdapGroup, pages, servePeople } from './directory-people.ts'
import { corpOptions } from './openldap-company.ts'
import { startOpenLdap } from './openldap-server.ts'
import { describeWith } from './part.ts'
import { runProgram } from './real.ts'
import { account } from './served.ts'
import { hallpass, logInOverSsh } from './shell-sign-in.ts'
import { stoppedAfterwards } from './stopped.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const data = folder()

type Shell = Readonly<Record<string, string>>

/** Each with a home of its own. */
const newShell = (more: Shell = {}): Shell => ({
  ...{ PATH: process.env.PATH ?? '', HOME: mkdtempSync(join(data, 'home-')), LC_ALL: 'C.UTF-8' },
  ...{ HALLPASS_KEYRING: 'none', NO_PROXY: '127.0.0.1,localhost', AWS_EC2_METADATA_DISABLED: 'true' },
  ...more,
})
/** The browser is on this machine; nothing opens it by itself. */
const withDisplay = { DISPLAY: ':0' }

interface Running {
  /** Waits for what it says. */
  told(pattern: RegExp): Promise<readonly string[]>
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>
}

function started(env: Shell, words: readonly string[]): Running {
  const [program, ...first] = hallpass
  const child = spawn(program, [...first, 'login', ...words], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  stoppedAfterwards(child)
  let said = ''
  const waiting = new Set<() => void>()
  const heard = () => {
    for (const look of waiting) look()
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
    heard()
  })
  let isOver = false
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => {
      isOver = true
      heard()
      resolve({ code, said })
    }),
  )
  return {
    ended,
    told: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(said)
          if (found === null && !isOver) return
          waiting.delete(look)
          if (found === null) reject(new Error(`it ended without ${pattern}: ${said}`))
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}

describeWith('CHROMIUM', 'hallpass login', (executablePath) => {
  describeWith('OPENLDAP', 'by a person of OpenLDAP', async (program) => {
    const directory = await startOpenLdap(program, join(data, 'directory'), corpOptions)
    const assignments = [{ connector: 'corp', group: openLdapGroup('developers'), roles: [readerArn] }]
    const deviceNetworks = ['127.0.0.0/8']
    const server = await servePeople(
      { connectors: [openLdapConnector('corp', [directory])], assignments, deviceNetworks },
      authority,
    )
    const open = await pages(executablePath)
    const login = ['--url', server.publicUrl, '--ca-bundle', server.ca, '--role', 'Reader', '--profile', 'work']

    /** A browser in which the person has signed in at the page, which then shows what it is for. */
    async function signedInAt(url: string): Promise<Page> {
      const page = await open()
      await page.goto(url)
      await fillLogin(page, 'ben')
      return page
    }

    async function assertProfileWorks(env: Shell, said: string): Promise<void> {
      assert.match(said, /^Signed in at https:\S+ as ben \(corp\) until .*^The profile work in /ms)
      const script = [here('who-am-i.js')]
      const profile = { ...env, AWS_PROFILE: 'work', NODE_EXTRA_CA_CERTS: server.ca }
      const { out, err } = await runProgram(process.execPath, script, profile, 'who\n')
      assert.match(out, new RegExp(`"arn:aws:sts::${account}:assumed-role/Reader/ben-[a-z2-7]{10}"`), err)
    }

    const typeCode = async (page: Page, code: string) => {
      await page.getByLabel('Code').fill(code)
      await page.getByRole('button', { name: 'Continue' }).click()
    }

    test('a browser on this machine brings the code back by itself', { timeout: 30_000 }, async () => {
      const shell = newShell(withDisplay)
      const running = started(shell, [...login, '--no-browser'])
      const [, url = ''] = await running.told(/^ {2}(https:\S+)\n/m)
      const page = await signedInAt(url)
      await page.getByText('A program on this computer, port').waitFor()
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.getByText('You are signed in. You can close this page.').waitFor()
      assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/callback\?/)
      await assertProfileWorks(shell, (await running.ended).said)
    })

    test('over SSH the person pastes the code that the page shows', { timeout: 30_000 }, async () => {
      const shell = newShell()
      const said = await logInOverSsh(login, shell, async (url) => {
        const page = await signedInAt(url)
        await page.getByRole('button', { name: 'Allow', exact: true }).click()
        await page.getByRole('heading', { name: 'Paste this code' }).waitFor()
        return page.locator('pre').innerText()
      })
      await assertProfileWorks(shell, said)
    })

    test('a device is signed in by the code that it shows', { timeout: 30_000 }, async () => {
      const shell = newShell()
      const running = started(shell, [...login, '--device'])
      const [, url = '', code = ''] = await running.told(/^ {2}(https:\S+)\n {2}(\S+)\n/m)
      const page = await signedInAt(url)
      await typeCode(page, code)
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.getByRole('heading', { name: 'The device is signed in' }).waitFor()
      await assertProfileWorks(shell, (await running.ended).said)
    })

    test('the page of devices warns, knows no wrong or used code, and lets in nothing that is refused', {
      timeout: 30_000,
    }, async () => {
      const running = started(newShell(), [...login, '--device'])
      const [, url = '', code = ''] = await running.told(/^ {2}(https:\S+)\n {2}(\S+)\n/m)
      const page = await signedInAt(url)
      const none = page.getByRole('alert').filter({ hasText: 'There is no such code' })
      // A code of no device: letters that none has.
      await typeCode(page, 'AAAA-EEEE')
      await none.waitFor()
      await typeCode(page, code)
      await page.getByRole('alert').filter({ hasText: 'If you did not start this, somebody else did.' }).waitFor()
      await page.getByRole('button', { name: 'Do not allow' }).click()
      await page.getByRole('heading', { name: 'The device was refused' }).waitFor()
      await page.goto(url)
      await typeCode(page, code)
      await none.waitFor()
      const { code: exit, said } = await running.ended
      assert.equal(exit, 1)
      assert.doesNotMatch(said, /Signed in/)
    })
  })
})
