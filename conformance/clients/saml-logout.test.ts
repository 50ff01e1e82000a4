// Single logout: a SAML provider signs somebody out here, and whoever signs out here is offered the provider's.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { namespaces, success } from '../../src/federation/saml/names.ts'
import { redirectTo } from '../../src/federation/saml/redirect.ts'
import { verifyQuery } from '../../src/federation/saml/sign.ts'
import { samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { consoleUrl } from './console-tools.ts'
import { messageIn } from './saml-messages.ts'
import { pairOf, registerSaml } from './saml-servers.ts'
import {
  explained,
  idp,
  made,
  mine,
  one,
  ourKey,
  payer,
  payments,
  samlUrl,
  server,
  signIn,
  theirs,
  visitor,
} from './saml-sign-in-kit.ts'

const forger = samlProvider(idp.entityId)
const forged = await registerSaml(payments.admin, 'Forged', forger.metadata())

describe('single logout', () => {
  const slo = `${samlUrl}/logout/${mine.uuid}`
  const logoutXml = (choice: Readonly<Record<string, string>> = {}) => {
    const {
      issuer = idp.entityId,
      destination = slo,
      nameId = 'jane@example.com',
      index = '',
      at = server.now().toISOString(),
      name = 'LogoutRequest',
      end,
    } = choice
    return (
      `<p:${name} xmlns:p="${namespaces.protocol}" xmlns="${namespaces.assertion}" ID="_r1" Version="2.0"` +
      ` IssueInstant="${at}" Destination="${destination}"${end === undefined ? '' : ` NotOnOrAfter="${end}"`}>` +
      `<Issuer>${issuer}</Issuer><NameID>${nameId}</NameID>${index === '' ? '' : `<p:SessionIndex>${index}</p:SessionIndex>`}</p:${name}>`
    )
  }
  const asking = (choice: Readonly<Record<string, string>> = {}, key = idp.keys.privateKey) =>
    redirectTo(choice.to ?? slo, 'SAMLRequest', logoutXml(choice), 'relay', key)
  const provider = () => visitor()

  test('the provider ends the person’s sessions, in all accounts that have a record of it, and gets a signed answer', async () => {
    const [first, second, another] = [visitor(), visitor(), visitor()]
    await signIn(first, one())
    await signIn(second, made([pairOf(payer, theirs.arn)]))
    await signIn(another, one({ nameId: 'joe@example.com' }))
    const answer = await provider().ask(asking())
    equal(answer.status, 302)
    const url = new URL(answer.headers.get('location') ?? '')
    equal(url.origin + url.pathname, 'https://idp.example/slo')
    equal(url.searchParams.get('RelayState'), 'relay')
    equal(verifyQuery(url.search.slice(1), [await ourKey()]), 'verified')
    const { xml } = messageIn(url.href, 'SAMLResponse')
    match(xml, /<samlp:LogoutResponse .*InResponseTo="_r1".*status:Success/)
    deepEqual(
      await Promise.all([first, second, another].map(async (person) => (await person.ask(consoleUrl)).status)),
      [401, 401, 200],
    )
  })

  test('of one session at the provider, when it names it', async () => {
    const [first, second] = [visitor(), visitor()]
    await signIn(first, one({ sessionIndex: '_one' }))
    await signIn(second, one({ sessionIndex: '_two' }))
    equal((await provider().ask(asking({ index: '_one' }))).status, 302)
    deepEqual([(await first.ask(consoleUrl)).status, (await second.ask(consoleUrl)).status], [401, 200])
  })

  for (const [what, url] of [
    ['without a signature', () => asking().replace(/&SigAlg=.*/, '')],
    ['signed by another key', () => asking({}, forger.keys.privateKey)],
    ['of another issuer', () => asking({ issuer: 'https://other.example' })],
    ['made for another address', () => asking({ destination: `${samlUrl}/logout/x` })],
    ['six minutes old', () => asking({ at: new Date(server.now().getTime() - 361_000).toISOString() })],
    ['whose time has ended', () => asking({ end: new Date(server.now().getTime() - 61_000).toISOString() })],
    ['of nobody', () => asking({ nameId: '' })],
    ['that is no LogoutRequest', () => asking({ name: 'AuthnRequest' })],
    ['changed after it was signed', () => asking().replace('RelayState=relay', 'RelayState=other')],
    [
      'with a second one before it, its name in percent-encoding',
      () => `${asking().replace('?', `?SAML%52equest=${encodeURIComponent('x')}&`)}`,
    ],
    ['with a member twice', () => `${asking()}&SAMLRequest=x`],
    ['that is empty', () => slo],
    ['that is no XML', () => redirectTo(slo, 'SAMLRequest', '<a', undefined, idp.keys.privateKey)],
    [
      'with a document type',
      () => redirectTo(slo, 'SAMLRequest', `<!DOCTYPE a>${logoutXml()}`, undefined, idp.keys.privateKey),
    ],
    [
      'that inflates to a megabyte',
      () => redirectTo(slo, 'SAMLRequest', ' '.repeat(1 << 20), undefined, idp.keys.privateKey),
    ],
  ] as const) {
    test(`a request ${what} ends nothing`, async () => {
      const person = visitor()
      await signIn(person, one())
      const shown = await provider().ask(url())
      equal(shown.status, 403)
      match(await explained(shown), /logout/)
      equal((await person.ask(consoleUrl)).status, 200)
    })
  }

  test('a record of another account under the provider’s name, with keys of its own, ends sessions of none but its own', async () => {
    const person = visitor()
    await signIn(person, one())
    const to = `${samlUrl}/logout/${forged.uuid}`
    equal((await provider().ask(asking({ to, destination: to }, forger.keys.privateKey))).status, 302)
    equal((await person.ask(consoleUrl)).status, 200)
  })

  test('whoever signs out here is offered the provider’s sign-out, signed, and is signed out here already', async () => {
    const person = visitor()
    const home = await signIn(person, one())
    const left = await person.send(home, {})
    equal(left.status, 200)
    equal((await person.ask(consoleUrl)).status, 401)
    const [, link = ''] = /<a class="button" href="([^"]*)"/.exec(left.text) ?? []
    const url = new URL(link.replaceAll('&amp;', '&'))
    equal(url.origin + url.pathname, 'https://idp.example/slo')
    equal(verifyQuery(url.search.slice(1), [await ourKey()]), 'verified')
    const { xml } = messageIn(url.href)
    match(xml, /<saml:NameID Format="[^"]*persistent">jane@example\.com<\/saml:NameID><samlp:SessionIndex>_session</)
  })

  test('the provider’s answer is believed when it is signed', async () => {
    const xml =
      `<p:LogoutResponse xmlns:p="${namespaces.protocol}" xmlns="${namespaces.assertion}" ID="_a" Version="2.0"` +
      ` IssueInstant="${server.now().toISOString()}" Destination="${slo}"><Issuer>${idp.entityId}</Issuer>` +
      `<p:Status><p:StatusCode Value="${success}"/></p:Status></p:LogoutResponse>`
    const url = redirectTo(slo, 'SAMLResponse', xml, undefined, idp.keys.privateKey)
    match((await visitor().ask(url)).text, /signed you out as well/)
    equal((await visitor().ask(url.replace(/&SigAlg=.*/, ''))).status, 403)
  })
})
