// Workloads at the sign-in page: a console of theirs ends as their credentials would, whatever it asks for, and as what vouches for them.
import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { bundle, certificateWorld, credentialsIn, idIn } from './certificates-kit.ts'
import { consoleUrl, publicUrl, sessionText, signInNames, toServer } from './console-tools.ts'
import type { Keys } from './server.ts'

const world = await certificateWorld({ settings: { 'public-url': publicUrl, 'signin-names': signInNames } })
const { server, root, session, done, roleArn } = world
const leaf = root.issue({ subject: ['O=Example', 'CN=web-1'] })

const federation = (parameters: Readonly<Record<string, string>>) =>
  `${publicUrl}/federation?${new URLSearchParams(parameters)}`
const visitor = () => browser(toServer(server))

const tokenFor = (keys: Keys, more = {}) =>
  visitor().ask(federation({ Action: 'getSigninToken', Session: sessionText(keys), ...more }))

/** A link that signs in once. */
async function link(keys: Keys): Promise<string> {
  const { status, text } = await tokenFor(keys)
  equal(status, 200, text)
  const { SigninToken } = JSON.parse(text) as { readonly SigninToken: string }
  return federation({ Action: 'login', Destination: consoleUrl, SigninToken })
}

test('a console is no longer than the profile lets sessions be', async () => {
  const limits = { name: 'short', enabled: true, roleArns: [roleArn], durationSeconds: 900 }
  const { profile } = await done('POST', '/profiles', limits)
  const { keys } = credentialsIn(await session({ by: leaf, profileArn: profile.profileArn, body: {} }))
  equal((await tokenFor(keys, { SessionDuration: '7200' })).status, 400)
  const person = visitor()
  equal((await person.open(await link(keys))).url, consoleUrl)
  equal((await person.ask(consoleUrl)).status, 200)
  await server.move(901_000)
  notEqual((await person.ask(consoleUrl)).status, 200)
})

test('a console, and a link to one, end with the trust anchor', async () => {
  const { trustAnchor } = await done('POST', '/trustanchors', { name: 'a', enabled: true, source: bundle(root.pem) })
  const { keys } = credentialsIn(await session({ by: leaf, anchorArn: trustAnchor.trustAnchorArn }))
  const person = visitor()
  equal((await person.open(await link(keys))).url, consoleUrl)
  const second = await link(keys)
  await done('POST', `/trustanchor/${idIn(trustAnchor.trustAnchorArn)}/disable`)
  notEqual((await person.ask(consoleUrl)).status, 200)
  notEqual((await visitor().open(second)).url, consoleUrl)
})
