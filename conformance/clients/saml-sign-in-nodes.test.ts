// A sign-in with SAML on two nodes of one store, as a load balancer spreads it: each request of a browser reaches the other node.
import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { redirectTo } from '../../src/federation/saml/redirect.ts'
import { logoutRequest } from '../../src/federation/saml/requests.ts'
import { samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import type { Transport } from '../../src/server/pages/testing/transport.ts'
import { consoleUrl, publicUrl, toServer } from './console-tools.ts'
import { allow, manager, role } from './people.ts'
import { pairOf, registerSaml, stating, trustingSaml } from './saml-servers.ts'
import { secondNode, testServer } from './server.ts'

const settings = { 'public-url': publicUrl }
const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const one = await testServer({ file: 'shared.sqlite', settings, clock, node: 'one' })
const two = await secondNode(one, { settings, clock })
const admin = await manager(one)
const idp = samlProvider()
const company = await registerSaml(admin, 'Company', idp.metadata())
const trust = trustingSaml(company.arn)
const reader = await role(admin, 'Reader', trust, { permissions: allow('iam:ListRoles') })
const writer = await role(admin, 'Writer', trust)
const samlUrl = `${publicUrl}/saml`

/** Reaches the nodes in turn. */
function inTurn(): Transport {
  const nodes = [toServer(one), toServer(two)]
  let asked = 0
  return (sent) => (nodes[asked++ % 2] as Transport)(sent)
}

test('a sign-in that begins on one node ends on the other, in its browser, and so does single logout', async () => {
  const person = browser(inTurn())
  const begun = new URL((await person.ask(`${samlUrl}/login/${company.uuid}`)).headers.get('location') ?? '')
  equal(begun.origin, 'https://idp.example')
  const request = inflateRawSync(Buffer.from(begun.searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
  const inResponseTo = / ID="([^"]*)"/.exec(request)?.[1]
  const attributes = stating([reader, writer].map((arn) => pairOf(arn, company.arn)))
  const response = idp.respond({ now: clock.now, recipient: samlUrl, attributes, inResponseTo })
  const posted = await person.sendFrom('https://idp.example', samlUrl, { SAMLResponse: response })
  const chooser = await person.open(new URL(posted.headers.get('location') ?? '', samlUrl).href)
  match(chooser.text, /Choose a role/)
  match((await person.submit(chooser, { roleIndex: writer })).text, /assumed-role\/Writer\/jane/)
  const destination = `${samlUrl}/logout/${company.uuid}`
  const xml = logoutRequest(
    { id: '_r', issuer: idp.entityId, destination, now: clock.now },
    { nameId: 'jane@example.com', format: undefined, sessionIndex: undefined },
  )
  const asked = redirectTo(destination, 'SAMLRequest', xml, undefined, idp.keys.privateKey)
  equal((await browser(toServer(two)).ask(asked)).status, 302)
  for (const _ of [one, two]) equal((await person.ask(consoleUrl)).status, 401)
})
