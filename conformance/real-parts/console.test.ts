// The console as a person sees it, in a real browser: with and without a script, by keyboard, on a telephone and a wide screen, in
// the light and in the dark. Needs Chromium, which run.js provides.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { newPath, serving } from '../../src/cli/testing/world.ts'
import { credentialsOf } from '../../src/client/aws-files.ts'
import { freePort } from '../clients/free-port.ts'
import { describeWith } from './part.ts'

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
const contrast = readFileSync(new URL('contrast.js', import.meta.url), 'utf8')
const kinds = [
  ...[
    'h1',
    'h2',
    'h3',
    '.lead',
    'dt',
    'dd',
    '.soft',
    '.id',
    '.chip',
    '.brand',
    '.who',
    '.ends time',
    '[data-until]',
    'label',
  ],
  ...[
    '.side h2',
    '.side a',
    '.side a[aria-current]',
    '.button',
    '.danger',
    '.quiet',
    '.small',
    '.choice',
    '.choice[aria-pressed]',
  ],
  ...[
    'th',
    'td',
    'caption',
    'td a',
    'th a',
    '.note',
    '.refused p',
    '.refused .soft',
    '.refused .id',
    '.verdict.yes',
    '.verdict.no',
  ],
  ...['.hint', 'pre', '.way span', '.way b', '.under', '.paging a', '.tabs a', '.empty', 'input'],
]
const account = '111122223333'

describeWith('CHROMIUM', 'the console', async (executablePath) => {
  const port = await freePort()
  const base = `http://localhost:${port}`
  const api = `http://127.0.0.1:${port}`
  const data = newPath()
  const served = await serving('dev', data, {}, ['--listen', `127.0.0.1:${port}`])
  after(() => served.stop())
  const carol = credentialsOf(join(data, 'aws', 'credentials'), 'carol') ?? assert.fail('no carol')
  const keys = { accessKeyId: carol.accessKeyId, secretAccessKey: carol.secret.reveal() }
  const config = { region: 'us-east-1', endpoint: api, credentials: keys }
  const [iam, sts] = [new IAMClient(config), new STSClient(config)]
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  })
  for (const RoleName of ['platform', 'nothing'])
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'platform', PolicyArn }))
  const browser = await chromium.launch({ executablePath, args: flags })
  after(() => browser.close())
  const complaints: string[] = []

  async function link(): Promise<string> {
    const input = {
      RoleArn: `arn:aws:iam::${account}:role/platform`,
      RoleSessionName: 'carol',
      Tags: [{ Key: 'team', Value: 'platform' }],
    }
    const { Credentials: of } = await sts.send(new AssumeRoleCommand(input))
    const session = { sessionId: of?.AccessKeyId, sessionKey: of?.SecretAccessKey, sessionToken: of?.SessionToken }
    const asked = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(session) })
    const { SigninToken } = (await (await fetch(`${base}/federation?${asked}`)).json()) as { SigninToken: string }
    return `${base}/federation?${new URLSearchParams({ Action: 'login', Destination: `${base}/console`, SigninToken })}`
  }

  async function visit(options: BrowserContextOptions, work: (page: Page) => Promise<void>) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    const page = await context.newPage()
    page.on('console', (message) => {
      // The browser says so of every page of a refusal.
      if (!message.text().startsWith('Failed to load resource: the server responded with a status of 40'))
        complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    try {
      await page.goto(await link())
      await work(page)
    } finally {
      await context.close()
    }
  }

  /** Every page that there is, one after the other. */
  async function everyPage(page: Page, look: (name: string) => Promise<void>) {
    for (const path of [
      ...[
        '',
        '/credentials',
        '/switch',
        '/permissions',
        '/permissions?actions=s3:GetObject+iam:CreateUser',
        '/users',
        '/user?name=alice',
      ],
      ...[
        '/roles',
        '/role?name=platform',
        '/role?name=missing',
        '/policies',
        '/policies?scope=AWS',
        '/providers',
        '/pools',
      ],
      ...['/policy?arn=arn:aws:iam::aws:policy/SecurityAudit', '/inline-policy?of=role&name=team-data&policy=own-team'],
    ]) {
      await page.goto(`${base}/console${path}`)
      await look(path)
    }
    await page.goto(`${base}/console/credentials`)
    await page.getByRole('button', { name: 'bash, zsh' }).click()
    await look('credentials that are shown')
    await page.goto(`${base}/console/switch`)
    await page.getByRole('button', { name: 'Switch to nothing' }).click()
    await look('another role')
    await page.goto(`${base}/console/users`)
    await look('a refusal')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await look('signed out')
  }

  const bashOf = async (page: Page) => {
    await page.getByRole('link', { name: 'Credentials', exact: true }).click()
    await page.getByRole('button', { name: 'bash, zsh' }).click()
    const text = (await page.locator('#credentials').textContent()) ?? ''
    const value = (name: string) => new RegExp(`${name}='([^']*)'`).exec(text)?.[1] ?? ''
    return {
      accessKeyId: value('AWS_ACCESS_KEY_ID'),
      secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
      sessionToken: value('AWS_SESSION_TOKEN'),
    }
  }

  const whoIs = (credentials: typeof keys & { readonly sessionToken: string }) =>
    new STSClient({ region: 'us-east-1', endpoint: api, credentials }).send(new GetCallerIdentityCommand({}))

  test('switches, shows credentials that work, and ends them, without any script', () =>
    visit({ javaScriptEnabled: false }, async (page) => {
      assert.equal(await page.getByLabel('Filter this page').count(), 0)
      await page.getByRole('link', { name: 'Switch role', exact: true }).first().click()
      await page.getByLabel('Role', { exact: true }).fill('nothing')
      await page.getByRole('button', { name: 'Switch role' }).click()
      await page.getByText('carol as nothing in engineering').waitFor()
      await page.getByRole('button', { name: 'Back to platform' }).click()
      await page.getByText('carol as platform in engineering').waitFor()
      const shown = await bashOf(page)
      assert.match((await whoIs(shown)).Arn ?? '', /assumed-role\/platform\/carol$/)
      assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
      await assert.rejects(whoIs(shown), { name: 'InvalidClientTokenId' })
    }))

  test('filters, counts down and copies with its script', () =>
    visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      assert.match((await page.locator('[data-until]').textContent()) ?? '', /^(?:1 h 0|59) min left$/)
      await page.goto(`${base}/console/policies?scope=AWS`)
      await page.getByLabel('Filter this page').fill('dynamodb read')
      assert.deepEqual(await page.locator('tbody tr:visible th').allTextContents(), ['AmazonDynamoDBReadOnlyAccess'])
      assert.match((await page.getByRole('status').textContent()) ?? '', /^1 of \d+$/)
      const shown = await bashOf(page)
      await page.getByRole('button', { name: 'Copy' }).click()
      await page.getByRole('button', { name: 'Copied' }).waitFor()
      assert(String(await page.evaluate('navigator.clipboard.readText()')).includes(shown.secretAccessKey))
    }))

  test('one click selects all of the credentials', () =>
    visit({ javaScriptEnabled: true }, async (page) => {
      const shown = await bashOf(page)
      await page.locator('#credentials').click()
      assert(String(await page.evaluate('getSelection().toString()')).includes(shown.sessionToken))
    }))

  test('goes by keyboard: past the navigation, in order, with the place to be seen', () =>
    visit({}, async (page) => {
      await page.goto(`${base}/console/switch`)
      const outlined = () => page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
      const focused = async () => (await page.locator(':focus').textContent())?.trim()
      await page.keyboard.press('Tab')
      assert.equal(await focused(), 'To the content')
      assert.equal(await outlined(), 'solid')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      assert.equal(await page.evaluate('document.activeElement.id'), 'account')
      assert.equal(await outlined(), 'solid')
      await page.keyboard.press('Tab')
      await page.keyboard.type('nothing')
      await page.keyboard.press('Enter')
      await page.getByText('carol as nothing in engineering').waitFor()
      const order = []
      for (let at = 0; at < 8; at++) {
        await page.keyboard.press('Tab')
        order.push(await focused())
        assert.equal(await outlined(), 'solid')
      }
      assert.deepEqual(order.slice(0, 5), ['To the content', 'Hallpass', 'Back to platform', 'Sign out', 'Overview'])
    }))

  for (const width of [320, 390, 1280, 1920]) {
    test(`fits ${width} pixels, on every page`, () =>
      visit({ viewport: { width, height: 800 } }, (page) =>
        everyPage(page, async (name) => {
          assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), width, name)
        }),
      ))
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`is readable in the ${colorScheme}, on every page`, () =>
      visit({ colorScheme }, async (page) => {
        let measured = 0
        await everyPage(page, async (name) => {
          const ratios = await page.evaluate<[string, number][]>(`${contrast}\ncontrastsOf(${JSON.stringify(kinds)})`)
          measured += ratios.length
          for (const [what, ratio] of ratios) assert(ratio >= 4.5, `${name} ${what}: ${ratio}`)
        })
        assert(measured > 200, String(measured))
      }))
  }

  test('leaves the browser nothing to complain of', () => assert.deepEqual(complaints, []))
})
