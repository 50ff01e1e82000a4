// Signing in at a SAML provider as a person, and what does not sign anybody in: responses that nobody asked for, that another browser
// or connector asked for, that were made for roles, that come again, or that do not hold.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { verifyQuery } from '../../src/federation/saml/sign.ts'
import { attacks } from '../../src/federation/saml/testing/attacks.ts'
import {
  defaultRole,
  newSamlKeys,
  type ResponseChoice,
  samlProvider,
  seconds,
} from '../../src/federation/saml/testing/idp.ts'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { createNextPages } from '../../src/server/people/next.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import type { PeopleTable, SamlConnector } from '../../src/service/contracts/people-table.ts'
import { createOwnKeys } from '../../src/service/saml/own-keys.ts'
import { createSamlPeople } from '../../src/service/saml/people.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { manager, role } from './people.ts'
import { leads, messageIn } from './saml-messages.ts'
import { pairOf, registerSaml, stating, trustingSaml } from './saml-servers.ts'
import { testServer } from './server.ts'

let table: PeopleTable = {
  ...{ version: 1, connectors: [], brokers: [], targets: [], assignments: [], deviceNetworks: [] },
}
const server = await testServer({
  settings: { 'public-url': publicUrl, 'clock-skew': '0' },
  bounds: { refusals: { perSecond: 10_000, perAddress: 10_000, bytesPerDay: 1 << 24 } },
  people: { table: async () => table },
  providers: {
    providers: [],
    saml: [{ provider: 'arn:aws:iam::111122223333:saml-provider/Once', 'one-use': true }],
  },
})
const admin = await manager(server)
const idp = samlProvider()
const company = await registerSaml(admin, 'Company', idp.metadata())
const once = await registerSaml(admin, 'Once', idp.metadata())
const { signIns } = server.engine.people

const connector = (name: string, more: Partial<SamlConnector> = {}): SamlConnector => ({
  ...{ kind: 'saml', name, title: `Sign-in of ${name}`, hidden: false, signInSeconds: 3600, provider: company.arn },
  ...{ groupsAttribute: 'groups', loginAttribute: 'uid', multiFactorContexts: ['urn:example:mfa'] },
  ...{ tags: new Map([['Department', 'department']]), ...more },
})
const numbered = { idAttribute: 'employeeNumber', loginAttribute: 'uid' }
table = {
  ...table,
  connectors: [
    ...[connector('adfs'), connector('other'), connector('numbered', numbered)],
    ...[connector('once', { provider: once.arn }), connector('gone', { provider: `${company.arn}X` })],
  ],
}

const at = (name: string) => `${publicUrl}/signin/with/${name}`
const visitor = () => browser(toServer(server))
const ann = [
  ['groups', ['Engineers']],
  ['groups', ['Admins']],
  ['uid', ['ann']],
] as const

/** A response that is made for the connector. */
const made = (name: string, choice: ResponseChoice = {}): string =>
  idp.respond({
    ...{ now: server.now(), recipient: `${at(name)}/saml`, audiences: [at(name)], nameId: 'x-81f3' },
    ...{ attributes: ann, ...choice },
  })
const post = (person: Browser, name: string, SAMLResponse: string, more: Readonly<Record<string, string>> = {}) =>
  person.sendFrom('https://idp.example', `${at(name)}/saml`, { SAMLResponse, ...more })

async function begin(person: Browser, name: string, query = ''): Promise<{ readonly id: string; readonly url: URL }> {
  return messageIn(leads(await person.ask(`${at(name)}/start${query}`)))
}

/** Posts a response that is taken, and follows once. */
async function answer(person: Browser, name: string, response: string, more = {}): Promise<Shown> {
  const posted = await post(person, name, response, more)
  assert.equal(posted.status, 303, posted.text)
  return person.ask(leads(posted))
}

const signedIn = async () =>
  (await signIns.list(server.now())).map((one) => `${one.connector} ${one.personId} ${one.login}`)

async function reasonOf({ text }: Shown): Promise<string> {
  const [, id = ''] = /<code>([^<]+)<\/code>/.exec(text) ?? []
  await server.move(1)
  return explainForOperator((await why(server.engine.store, id)) ?? assert.fail(`no record of ${id}`))
}

async function assertRefused(shown: Shown, status: number, reason: RegExp): Promise<void> {
  assert.equal(shown.status, status, shown.text)
  assert.match(await reasonOf(shown), reason)
  assert.deepEqual(await signedIn(), [])
}

afterEach(async () => {
  for (const { id } of await signIns.list(server.now())) await signIns.end(id, 'test', server.now())
})

// First: the corpus is as old as the clock is now.
describe('a response of a known attack signs nobody in', () => {
  const alsoForRoles = [...stating([defaultRole]), ...ann]
  const forged = attacks({
    provider: {
      ...idp,
      respondXml: (choice) =>
        idp.respondXml({
          recipient: `${at('adfs')}/saml`,
          audiences: [at('adfs')],
          attributes: alsoForRoles,
          ...choice,
        }),
    },
    now: server.now(),
    own: newSamlKeys().publicKey,
    retired: newSamlKeys().publicKey,
  })
  for (const { name, xml, expected } of forged) {
    // The others are about records with keys or marks that this provider's has not.
    if (expected !== undefined) continue
    test(`known attack: ${name}`, async () => {
      const sent = Buffer.from(xml).toString('base64')
      const shown = await post(visitor(), 'adfs', sent)
      if (shown.status !== 413) return assertRefused(shown, 403, /proof: /)
      assert.deepEqual(await signedIn(), [])
    })
  }
})

describe('signing in at a SAML provider', () => {
  test('sends our signed request, and leads to the roles as whom the response names', async () => {
    const person = visitor()
    const begun = await person.ask(`${at('adfs')}/start`)
    const { id, url, xml, attribute } = messageIn(leads(begun))
    assert.equal(url.origin + url.pathname, 'https://idp.example/sso')
    assert.equal(attribute('AssertionConsumerServiceURL'), `${at('adfs')}/saml`)
    assert.match(xml, new RegExp(`<saml:Issuer>${at('adfs')}</saml:Issuer>`))
    assert.match(xml, /NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/)
    assert.equal(url.searchParams.has('RelayState'), false)
    const { certificate } = await createOwnKeys(server.engine.parts)(server.now())
    assert.equal(verifyQuery(url.search.slice(1), [createPublicKey(certificate)]), 'verified')
    const end = seconds(server.now(), 1800)
    const shown = await answer(person, 'adfs', made('adfs', { inResponseTo: id, sessionNotOnOrAfter: end }))
    assert.deepEqual([shown.status, leads(shown)], [303, `${publicUrl}/signin/roles`])
    assert.deepEqual(await signedIn(), ['adfs x-81f3 ann'])
    const [only] = await signIns.list(server.now())
    assert.equal(only?.endsAt.getTime(), Math.floor(end.getTime() / 1000) * 1000)
    const signIn = await signIns.byId(only?.id ?? '', server.now())
    assert.deepEqual(
      signIn?.groups.map(({ name }) => name),
      ['Engineers', 'Admins'],
    )
  })

  test('by an attribute that says who they are, whatever the NameID is', async () => {
    const person = visitor()
    const { id, url } = await begin(person, 'numbered')
    assert.doesNotMatch(messageIn(url.href).xml, /NameIDPolicy Format/)
    const attributes = [...ann, ['employeeNumber', ['4711']]] as const
    const nameIdFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
    await answer(person, 'numbered', made('numbered', { inResponseTo: id, nameIdFormat, attributes }))
    assert.deepEqual(await signedIn(), ['numbered 4711 ann'])
  })

  test('leads to a page of ours that was sealed, and to nowhere else', async () => {
    const sealed = createNextPages(server.engine.parts.vault).seal('/hallpass/signin/device', server.now())
    for (const [relay, location] of [
      [sealed, `${publicUrl}/signin/device`],
      ['https://evil.example/', `${publicUrl}/signin/roles`],
      ['//evil.example', `${publicUrl}/signin/roles`],
      [`${sealed}A`, `${publicUrl}/signin/roles`],
    ] as const) {
      const person = visitor()
      const { id, url } = await begin(person, 'adfs', `?next=${encodeURIComponent(relay)}`)
      assert.equal(url.searchParams.get('RelayState'), relay === sealed ? sealed : null)
      const shown = await answer(person, 'adfs', made('adfs', { inResponseTo: id }), { RelayState: relay })
      assert.equal(leads(shown), location, relay)
    }
  })

  test('the connector’s metadata names its own entity and address', async () => {
    const { status, text } = await visitor().ask(`${at('adfs')}/metadata`)
    assert.equal(status, 200)
    assert.match(text, new RegExp(`entityID="${at('adfs')}"`))
    assert.match(text, new RegExp(`Location="${at('adfs')}/saml"`))
    assert.doesNotMatch(text, /amazon/)
    assert.equal((await visitor().ask(`${at('gone')}/metadata`)).status, 404)
  })

  test('anew is asked of the provider (ForceAuthn), and when it was is what the provider says', async () => {
    const person = visitor()
    const usual = await begin(person, 'adfs')
    assert.doesNotMatch(messageIn(usual.url.href).xml, /ForceAuthn/)
    const { id, url } = await begin(person, 'adfs', '?afresh=yes')
    assert.match(messageIn(url.href).xml, / ForceAuthn="true"/)
    await answer(person, 'adfs', made('adfs', { inResponseTo: id }))
    assert.doesNotMatch((await person.open(`${publicUrl}/signin/factor/enrol`)).text, /name="enrolment-code"/)
    await server.move(301_000)
    assert.match((await person.open(`${publicUrl}/signin/factor/enrol`)).text, /Sign in anew with Sign-in of adfs/)
  })

  test('cannot begin at a provider that is not there', async () => {
    await assertRefused(await visitor().ask(`${at('gone')}/start`), 503, /there is no provider/)
  })
})

describe('a response', () => {
  test('that nobody asked for signs nobody in: its page begins a sign-in here', async () => {
    const person = visitor()
    await begin(person, 'adfs')
    const shown = await answer(person, 'adfs', made('adfs'))
    assert.match(shown.text, /<a href="\/hallpass\/signin\/with\/adfs\/start">Sign in with Sign-in of adfs<\/a>/)
    await assertRefused(shown, 400, /a response that nobody asked for/)
  })

  test('in a browser that has begun nothing', async () => {
    await assertRefused(await answer(visitor(), 'adfs', made('adfs')), 400, /browser that has begun no sign-in/)
  })

  test('that another browser asked for', async () => {
    const [attacker, victim] = [visitor(), visitor()]
    await begin(victim, 'adfs')
    const { id } = await begin(attacker, 'adfs')
    await assertRefused(await answer(victim, 'adfs', made('adfs', { inResponseTo: id })), 400, /InResponseTo/)
  })

  test('that this browser asked for at another connector of the same provider, or for roles', async () => {
    const person = visitor()
    const { id } = await begin(person, 'other')
    await assertRefused(await answer(person, 'adfs', made('adfs', { inResponseTo: id })), 400, /InResponseTo/)
    const forRoles = messageIn(leads(await person.ask(`${publicUrl}/saml/login/${company.uuid}`))).id
    await assertRefused(await answer(person, 'adfs', made('adfs', { inResponseTo: forRoles })), 400, /InResponseTo/)
  })

  test('that comes again, by the same handle or posted anew', async () => {
    const person = visitor()
    const { id } = await begin(person, 'adfs')
    const cookie = person.jar.header(new URL(publicUrl))
    const response = made('adfs', { inResponseTo: id })
    const posted = await post(person, 'adfs', response)
    assert.equal((await person.ask(leads(posted))).status, 303)
    for (const { id: one } of await signIns.list(server.now())) await signIns.end(one, 'test', server.now())
    // With the cookie that the request was begun with, as whoever copied it would.
    const again = visitor()
    await assertRefused(await again.ask(leads(posted), { headers: { cookie } }), 400, /used before/)
    const anew = await post(again, 'adfs', response)
    await assertRefused(await again.ask(leads(anew), { headers: { cookie } }), 400, /used before/)
  })

  test('whose handle another address is asked with', async () => {
    const person = visitor()
    const { id } = await begin(person, 'adfs')
    const handle = new URL(leads(await post(person, 'adfs', made('adfs', { inResponseTo: id })))).search
    await assertRefused(await person.ask(`${at('other')}/continue${handle}`), 400, /posted to another address/)
    const forRoles = await person.ask(`${publicUrl}/saml/signin${handle}`)
    assert.notEqual(forRoles.status, 303)
    assert.match(await reasonOf(forRoles), /posted to a connector of people/)
    for (const headers of [{ 'sec-fetch-dest': 'iframe' }, { 'sec-purpose': 'prefetch' }])
      assert.equal((await person.ask(`${at('adfs')}/continue${handle}`, { headers })).status, 403)
    assert.equal((await person.ask(`${at('adfs')}/continue${handle}`)).status, 303)
  })

  test('that nobody comes for within a minute', async () => {
    const person = visitor()
    const { id } = await begin(person, 'adfs')
    const posted = await post(person, 'adfs', made('adfs', { inResponseTo: id }))
    await server.move(61_000)
    await assertRefused(await person.ask(leads(posted)), 400, /within a minute/)
  })

  test('made for roles is none for people, and one for people none for roles', async () => {
    const reader = await role(admin, 'Reader', trustingSaml(company.arn))
    const attributes = [...stating([pairOf(reader, company.arn)]), ...ann]
    const both = { nameId: 'x-81f3', now: server.now(), attributes }
    for (const [title, choice] of [
      ['address and audience of roles', { recipient: `${publicUrl}/saml` }],
      ['our address, the audience of roles', { recipient: `${at('adfs')}/saml` }],
      ['our audience, the address of roles', { recipient: `${publicUrl}/saml`, audiences: [at('adfs')] }],
      ['AWS’s own address', {}],
      ['the provider’s own address for roles', { recipient: `${publicUrl}/saml/acs/${company.uuid}` }],
    ] as const)
      await assertRefused(await post(visitor(), 'adfs', idp.respond({ ...both, ...choice })), 403, /proof: /).catch(
        (error) => assert.fail(`${title}: ${error}`),
      )
    const forPeople = made('adfs', { attributes })
    for (const url of [`${publicUrl}/saml`, `${publicUrl}/saml/acs/${company.uuid}`]) {
      const posted = await visitor().sendFrom('https://idp.example', url, { SAMLResponse: forPeople })
      assert.equal(posted.status, 403, url)
    }
  })

  test('made for another connector', async () => {
    await assertRefused(await post(visitor(), 'adfs', made('other')), 403, /proof: (?:recipient|destination|audience)/)
  })

  for (const [title, choice, reason] of [
    ['with a transient NameID', { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }, /no-id/],
    ['with an address as NameID', { nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' }, /no-id/],
    ['with a NameID of no format', { nameIdFormat: undefined }, /no-id/],
    ['without groups', { attributes: [['uid', ['ann']]] }, /no attribute groups/],
    [
      'with a link in place of the groups',
      {
        attributes: [
          ['http://schemas.microsoft.com/claims/groups.link', ['https://graph.example']],
          ['uid', ['ann']],
        ],
      },
      /groups overage/,
    ],
    [
      'with two logins',
      {
        attributes: [
          ['groups', []],
          ['uid', ['ann', 'ben']],
        ],
      },
      /not one value of uid/,
    ],
    ['of another provider', { signature: { keys: newSamlKeys() } }, /proof: signature/],
    ['that is stale', { issueInstant: new Date('2026-09-01T11:50:00Z') }, /proof: stale/],
  ] as const) {
    test(`${title} signs nobody in`, async () => {
      const person = visitor()
      const { id } = await begin(person, 'adfs')
      const response = made('adfs', { ...(choice as ResponseChoice), inResponseTo: id })
      await assertRefused(await post(person, 'adfs', response), 403, reason)
    })
  }

  test('whose attribute for the id has two values, or none', async () => {
    for (const values of [['1', '2'], [], ['']]) {
      const person = visitor()
      const { id } = await begin(person, 'numbered')
      const attributes = [...ann, ['employeeNumber', values]] as const
      await assertRefused(
        await post(person, 'numbered', made('numbered', { inResponseTo: id, attributes })),
        403,
        /no-id: not one value of employeeNumber/,
      )
    }
  })
})

describe('a response that a program brings', () => {
  const people = createSamlPeople(server.engine.parts.saml, publicUrl)
  const brought = (response: string, name = 'adfs') =>
    people.brought(table.connectors.find((one) => one.name === name) as SamlConnector, response, server.now())

  test('made for the connector or for AWS’s sign-in is a person; for another address it is none', async () => {
    const more = { now: server.now(), nameId: 'x-81f3', attributes: ann }
    for (const response of [made('adfs'), idp.respond(more)]) {
      const proven = await brought(response)
      assert.ok('person' in proven, JSON.stringify(proven))
      assert.deepEqual([proven.person.id, proven.oneUse], ['x-81f3', undefined])
    }
    for (const response of [made('other'), idp.respond({ ...more, recipient: 'https://app.example/saml' })]) {
      const proven = await brought(response)
      assert.ok('rejected' in proven && proven.rejected === 'proof')
    }
  })

  test('says what it counts once by, where the operator wants it so for the provider', async () => {
    const proven = await brought(made('once'), 'once')
    assert.ok('person' in proven && proven.oneUse?.scope === 'saml')
  })

  test('a second factor is what the connector names as one', async () => {
    const withMfa = (xml: string) =>
      xml.replace('urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', 'urn:example:mfa')
    const [plain, strong] = [await brought(made('adfs')), await brought(made('adfs', { beforeSigning: withMfa }))]
    assert.ok('person' in plain && 'person' in strong)
    assert.deepEqual([plain.person.multiFactor, strong.person.multiFactor], [false, true])
  })
})
