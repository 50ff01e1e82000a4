// Somebody in a browser on the way through Hallpass's own pages: the role chooser, the console, sign-out; and what a provider is
// told of us by our metadata.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { Served } from './served.ts'
import type { Consumer } from './simplesamlphp-server.ts'

/** Us, by the metadata of one of our provider records. */
export async function consumerOf({ publicUrl }: Served, uuid: string): Promise<Consumer> {
  const xml = await (await fetch(`${publicUrl}/saml/metadata/${uuid}`)).text()
  const all = (pattern: RegExp) => [...xml.matchAll(pattern)].map(([, value = '']) => value)
  const certificate = (use: string) =>
    all(new RegExp(`<KeyDescriptor use="${use}">.*?<ds:X509Certificate>([^<]+)`, 'gs')).map(
      (base64) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    )
  const [entityId = ''] = all(/entityID="([^"]+)"/g)
  const [logout] = all(/<SingleLogoutService [^>]*Location="([^"]+)"/g)
  const [signing, encryption] = [certificate('signing').at(0), certificate('encryption').at(-1)]
  return {
    ...{ entityId, addresses: all(/<AssertionConsumerService [^>]*Location="([^"]+)"/g) },
    ...(logout === undefined ? {} : { logout }),
    ...(signing === undefined ? {} : { signing }),
    ...(encryption === undefined ? {} : { encryption }),
  }
}

/** Roles that the chooser offers, by ARN. */
export async function offered(page: Page): Promise<readonly (string | null)[]> {
  // A provider that has just started is slow with its first person.
  await page.getByRole('heading', { name: 'Choose a role' }).waitFor({ timeout: 60_000 })
  const labels = await page.locator('fieldset div.saml-account label').all()
  return Promise.all(labels.map((label) => label.getAttribute('for')))
}

export async function choose(page: Page, arn: string) {
  await page.locator(`label[for="${arn}"]`).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** Asserts that the page is the console of somebody who is this ARN. */
export async function assertInConsole(page: Page, { publicUrl }: Pick<Served, 'publicUrl'>, arn: string) {
  await page.waitForURL((url) => url.href.startsWith(publicUrl) && url.pathname !== '/saml')
  assert.equal(page.url(), `${publicUrl}/console`, await page.locator('body').innerText())
  assert.match(await page.locator('body').innerText(), new RegExp(`${arn}(?![\\w@.-])`))
}

/** Signs out of the console, and at the provider too, which comes back and says so. */
export async function signOut(page: Page) {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  await page.getByRole('link', { name: /^Sign out at .* too$/ }).click()
  await page.getByText('Your company’s sign-in has signed you out as well.').waitFor()
}

/** Asserts that the browser has no session. */
export async function assertSignedOut(page: Page, { publicUrl }: Pick<Served, 'publicUrl'>) {
  const answer = await page.goto(`${publicUrl}/console`)
  assert.equal(answer?.status(), 401)
}
