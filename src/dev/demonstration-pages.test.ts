// The demonstration's pages under an https URL with a path, from the start page to being signed in: cookies are `__Host-` ones.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createPages } from '../server/pages/router.ts'
import { browser } from '../server/pages/testing/browser.ts'
import { toHandler } from '../server/pages/testing/transport.ts'
import { demonstrationPages } from './demonstration-pages.ts'
import { newSamlSigner } from './saml-signer.ts'

const publicUrl = 'https://hallpass.example.com/sts'
const clock = () => new Date()
const tokens: string[] = []
const pages = demonstrationPages({
  publicUrl,
  people: [{ name: 'alice', email: 'alice@example.com', team: 'orders' }],
  pool: async () => undefined,
  shell: {
    url: 'https://api.example.com',
    folder: '.',
    proxied: false,
    hallpass: (command) => command,
    word: (text) => text,
  },
  signer: await newSamlSigner(new Date(), randomBytes),
  uuidOnRecord: async () => undefined,
  directoryPassword: 'drawn',
  random: randomBytes,
  keepToken(name, token) {
    tokens.push(token)
    return name
  },
  clock,
  fail: (error) => assert.fail(String(error)),
})
const handler = createPages({
  publicUrl,
  pages,
  limits: { take: () => true, charge: () => {} },
  clock,
  fail: (error) => assert.fail(String(error)),
})

test('an employee signs in over https, below a path', async () => {
  const user = browser(toHandler(handler))
  const start = await user.open(`${publicUrl}/`)
  assert.match(start.text, /href="\/sts\/sign-in"/)
  const chooser = await user.open(`${publicUrl}/sign-in`)
  assert.match(chooser.text, /<b>Alice<\/b>/)
  const end = await user.submit(chooser, { person: 'alice' })
  assert.equal(end.url, `${publicUrl}/employee`)
  assert.match(end.text, /Signed in as Alice/)
  assert.equal(tokens.length, 1)
  for (const name of ['__Host-hallpass_dev', '__Host-hallpass_idp']) {
    assert.match(user.jar.value(publicUrl, name) ?? '', /^[\w-]{43}$/)
  }
})
