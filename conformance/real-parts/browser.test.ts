// Development mode as a person uses it: a real browser signs in, and the commands that its pages show work in a shell with the
// stock AWS CLI. Needs Chromium and the AWS CLI, which run.js provides.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { GetSAMLProviderCommand, IAMClient } from '@aws-sdk/client-iam'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { newPath, serving } from '../../src/cli/testing/world.ts'
import { awsFiles, credentialsOf } from '../../src/client/aws-files.ts'
import { freePort } from '../clients/free-port.ts'
import { browserFlags } from './browser-flags.ts'
import { describeWith, partPath } from './part.ts'
import { assertInConsole, choose, offered, signOut } from './saml-browser.ts'

const contrast = readFileSync(new URL('contrast.js', import.meta.url), 'utf8')
const kinds = ['h1', 'p', 'dt', 'pre', '.soft', 'nav a', '.button', '.person b']

describeWith('CHROMIUM', 'the pages of development mode', async (executablePath) => {
  /** The browser's errors, except for the 4xx answers that tests cause. */
  const complaints: string[] = []

  const port = await freePort()
  const base = `http://localhost:${port}`
  const served = await serving('dev', newPath(), {}, ['--listen', `127.0.0.1:${port}`])
  after(() => served.stop())
  const browser = await chromium.launch({ executablePath, args: browserFlags })
  after(() => browser.close())

  async function visit(options: BrowserContextOptions, work: (page: Page) => Promise<void>) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options })
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    try {
      await page.goto(base)
      await work(page)
    } finally {
      await context.close()
    }
  }

  const signIn = async (page: Page, name: RegExp) => {
    await page.getByRole('link', { name: 'Sign in to the app' }).click()
    await page.getByRole('button', { name }).click()
  }

  /** As far as the page that sends the company's response on. */
  const chooseAtCompany = async (page: Page, name: RegExp) => {
    await page.getByRole('link', { name: 'Sign in with your company' }).click()
    await page.getByRole('button', { name }).click()
  }

  test('sign somebody in without any script', () =>
    visit({ javaScriptEnabled: false }, async (page) => {
      await signIn(page, /^Bob/)
      assert.equal(page.url(), `${base}/employee`)
      assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Signed in as Bob')
    }))

  const session = (account: string, role: string, name: string) =>
    `arn:aws:sts::${account}:assumed-role/${role}/${name}@example.com`

  test('take somebody from the company to one of four roles in two accounts, and out again, without any script', () =>
    visit({ javaScriptEnabled: false }, async (page) => {
      await chooseAtCompany(page, /^Carol/)
      await page.getByRole('button', { name: 'Continue' }).click()
      const roles = await offered(page)
      assert.deepEqual(roles.map((arn) => arn?.replace('arn:aws:iam::', '')).sort(), [
        ...['administrator', 'billing-reader', 'developer'].map((name) => `111122223333:role/${name}`),
        '444455556666:role/operator',
      ])
      await choose(page, 'arn:aws:iam::444455556666:role/operator')
      await assertInConsole(page, { publicUrl: base }, session('444455556666', 'operator', 'carol'))
      await signOut(page)
      assert.equal((await page.request.get(`${base}/console`)).status(), 401)
    }))

  test('show credentials that work in a shell until their person signs out', () =>
    visit({}, async (page) => {
      await chooseAtCompany(page, /^Carol/)
      await page.getByRole('button', { name: 'Continue' }).click()
      await choose(page, 'arn:aws:iam::111122223333:role/administrator')
      await assertInConsole(page, { publicUrl: base }, session('111122223333', 'administrator', 'carol'))
      await page.getByRole('navigation').getByRole('link', { name: 'Credentials' }).click()
      await page.getByRole('button', { name: 'bash, zsh' }).click()
      const shown = await page.locator('#credentials').innerText()
      const commands = `${shown}\naws sts get-caller-identity && aws iam list-users --query 'Users[].UserName'`
      const { out } = await shell(commands)
      assert.match(out, /assumed-role\/administrator\/carol@example\.com/)
      assert.match(out, /"alice"/)
      await signOut(page)
      const after = await shell(commands)
      assert.deepEqual([after.out, /An error occurred \((\w+)\)/.exec(after.err)?.[1]], ['', 'InvalidClientTokenId'])
    }))

  test('take somebody with one role straight into the console, also when it begins here', () =>
    visit({}, async (page) => {
      const iam = new IAMClient({ endpoint: served.url, region: 'us-east-1', credentials: rootKeys(served.data) })
      const SAMLProviderArn = 'arn:aws:iam::111122223333:saml-provider/example-corp'
      const { SAMLProviderUUID } = await iam.send(new GetSAMLProviderCommand({ SAMLProviderArn }))
      iam.destroy()
      await page.goto(`${base}/saml/login/${SAMLProviderUUID}`)
      await page.getByRole('button', { name: /^Alice/ }).click()
      await page.getByRole('button', { name: 'Continue' }).click()
      await assertInConsole(page, { publicUrl: base }, session('111122223333', 'developer', 'alice'))
    }))

  test('sign somebody in with the keyboard alone, with a visible focus', () =>
    visit({}, async (page) => {
      const focus = page.locator(':focus')
      const focused = async () => (await focus.textContent())?.trim().split('\n')[0]
      const style = 'getComputedStyle(document.activeElement).outlineStyle'
      const outlined = async () => (await page.evaluate<string>(style)) === 'solid'
      await page.keyboard.press('Tab')
      assert.equal(await focused(), 'Sign in with your company')
      await page.keyboard.press('Tab')
      assert.equal(await focused(), 'Sign in with the directory')
      await page.keyboard.press('Tab')
      assert.equal(await focused(), 'Sign in to the app')
      assert(await outlined())
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sign in to Example Corp' }).waitFor()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      assert.equal(await focused(), 'Bob')
      assert(await outlined())
      await page.keyboard.press('Space')
      await page.getByRole('heading', { name: 'Signed in as Bob' }).waitFor()
    }))

  test('fit a telephone, on every page', () =>
    visit({ viewport: { width: 320, height: 640 } }, async (page) => {
      const wide = () => page.evaluate<number>('document.documentElement.scrollWidth')
      assert.equal(await wide(), 320)
      await page.getByRole('link', { name: 'Sign in to the app' }).click()
      assert.equal(await wide(), 320)
      await page.getByRole('button', { name: /^Carol/ }).click()
      for (const summary of await page.locator('summary').all()) await summary.click()
      assert.equal(await wide(), 320)
      await page.goto(`${base}/guest`)
      assert.equal(await wide(), 320)
      await page.goto(base)
      await chooseAtCompany(page, /^Carol/)
      await page.locator('summary').click()
      assert.equal(await wide(), 320)
    }))

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`are readable in the ${colorScheme}`, () =>
      visit({ colorScheme }, async (page) => {
        const readable = async () => {
          const ratios = await page.evaluate<[string, number][]>(`${contrast}\ncontrastsOf(${JSON.stringify(kinds)})`)
          assert(ratios.length >= 3)
          for (const [what, ratio] of ratios) assert(ratio >= 4.5, `${what}: ${ratio}`)
        }
        await readable()
        await page.getByRole('link', { name: 'Sign in to the app' }).click()
        await readable()
        await page.getByRole('button', { name: /^Alice/ }).click()
        await readable()
        await page.goto(base)
        await chooseAtCompany(page, /^Bob/)
        await page.locator('summary').click()
        await readable()
      }))
  }

  test('take no form of another origin with all that belongs to it, and are in none of its frames', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    try {
      await page.goto(base)
      await page.getByRole('link', { name: 'Sign in to the app' }).click()
      const form = await page.locator('form').innerHTML()
      const elsewhere = await context.newPage()
      await elsewhere.goto(`${served.url}/livez`)
      await elsewhere.setContent(
        `<iframe src="${base}/"></iframe><form method="post" action="${page.url()}">${form}</form>`,
      )
      const [, frame] = elsewhere.frames()
      await frame?.waitForURL('chrome-error://**')
      await elsewhere.getByRole('button', { name: /^Bob/ }).click()
      await elsewhere.getByText('The form was not sent from a page of this server.').waitFor()
      await page.getByRole('button', { name: /^Bob/ }).click()
      assert.equal(page.url(), `${base}/employee`)
    } finally {
      await context.close()
    }
  })

  test('show commands that work in a shell, for an employee', () =>
    visit({}, async (page) => {
      await signIn(page, /^Alice/)
      const [aim = '', trade = '', use = '', refused = '', notes = ''] = await page.locator('pre').allTextContents()
      const { out } = await shell([aim, trade, use].join('\n'))
      assert.match(out, /"SourceIdentity": "alice"/)
      assert.match(out, /"Arn": "arn:aws:sts::111122223333:assumed-role\/employee\/alice"/)
      assert.match(out, /"team-data"/)
      // The last line asks this server why, by the command that is not on this path.
      const { err } = await shell([aim, use, refused.split('\n')[0]].join('\n'))
      assert.match(err, /AccessDenied.*not authorized to perform: iam:CreateUser/)
      const read = await shell([aim, use, notes].join('\n'))
      assert.match(read.out, /"Orders: the nightly job takes too long\."/, read.err)
      assert.match(read.err, /AccessDeniedException.*not authorized to perform: dynamodb:Query/)
    }))

  test('show commands that work in a shell, for a guest', () =>
    visit({}, async (page) => {
      await page.getByRole('link', { name: 'Continue as a guest' }).click()
      const { out, err } = await shell((await page.locator('pre').allTextContents()).join('\n'))
      assert.match(out, /^us-east-1:[0-9a-f-]{36}\n/, err)
      assert.match(out, /"Arn": "arn:aws:sts::111122223333:assumed-role\/guest\//)
      assert.match(out, /"Hello\."/)
      assert.match(err, /AccessDeniedException.*not authorized to perform: dynamodb:Query/)
    }))

  test('ask for rows by buttons, without any script: a guest’s own, and not somebody else’s', () =>
    visit({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } }, async (page) => {
      await page.getByRole('link', { name: 'Continue as a guest' }).click()
      await page.getByRole('button', { name: 'Write a note' }).click()
      await page.getByRole('button', { name: 'Read your notes' }).click()
      assert.match((await page.getByRole('listitem').textContent()) ?? '', /^Written in the app\./)
      await page.getByRole('button', { name: 'Read Alice’s' }).click()
      assert.match((await page.getByRole('alert').textContent()) ?? '', /^AccessDeniedException/)
      assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), 320)
    }))

  test('cause no error in the browser', () => assert.deepEqual(complaints, []))
})

function rootKeys(folder: string) {
  const { accessKeyId = '', secret } = credentialsOf(awsFiles(folder).credentials, 'root') ?? {}
  return { accessKeyId, secretAccessKey: secret?.reveal() ?? '' }
}

/** Runs lines in a shell that has the AWS CLI and nothing of the machine's AWS settings. */
function shell(lines: string): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const path = `${partPath('PYTHON_CLIENTS')}:${process.env.PATH ?? ''}`
    const env = {
      PATH: path,
      HOME: newPath(),
      LC_ALL: 'C.UTF-8',
      NO_PROXY: '127.0.0.1',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const child = spawn('bash', [], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.once('error', reject)
    child.once('close', () => resolve({ out, err }))
    child.stdin.end(`${lines}\n`)
  })
}
