// Responses posted to the sign-in endpoint that prove nothing: what the person is told, and what the operator is.
import { deepEqual, equal, match } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { textsOf } from './journals.ts'
import { role } from './people.ts'
import { leads } from './saml-messages.ts'
import { pairOf, registerSaml, stating, trustingSaml } from './saml-servers.ts'
import {
  admin,
  all,
  explained,
  idp,
  made,
  mine,
  one,
  post,
  reader,
  samlUrl,
  server,
  sessionOf,
  signIn,
  theirs,
  visitor,
} from './saml-sign-in-kit.ts'

const stranger = samlProvider(idp.entityId)
const encrypting = generateKeyPairSync('rsa', { modulusLength: 2048 })
const required = await registerSaml(admin, 'Required', idp.metadata(), {
  AssertionEncryptionMode: 'Required',
  AddPrivateKey: encrypting.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})
const secret = await role(admin, 'Secret', trustingSaml(required.arn))
const own = `${samlUrl}/acs/${required.uuid}`
const secretPair = [pairOf(secret, required.arn)]

describe('a response that proves nothing signs nobody in, and the operator is told why', () => {
  for (const [what, response, url, status, words, reason] of [
    ['missing', () => '', samlUrl, 400, /invalid SAML response\. To logout, click/, /saml-not-base64|not base64/],
    ['no base64', () => '%%%', samlUrl, 400, /invalid SAML response/, /no SAML response of the form/],
    [
      'no XML',
      () => Buffer.from('text').toString('base64'),
      samlUrl,
      400,
      /invalid SAML response/,
      /no SAML response of the form/,
    ],
    [
      'longer than 100,000 characters',
      () => 'A'.repeat(100_001),
      samlUrl,
      403,
      /incomplete or has the wrong form/,
      /longer than the 100,000/,
    ],
    [
      'of 2,000 roles',
      () => made(Array.from({ length: 2000 }, (_, n) => pairOf(`${reader}${n}`, mine.arn))),
      ...([samlUrl, 403, /incomplete or has the wrong form/, /longer than the 100,000/] as const),
    ],
    ['unsigned', () => one({ signs: 'none' }), samlUrl, 403, /could not be verified/, /No key of the provider/],
    [
      'signed by another',
      () => stranger.respond({ now: server.now(), recipient: samlUrl, attributes: stating(all) }),
      ...([samlUrl, 403, /could not be verified/, /No key of the provider/] as const),
    ],
    [
      'made for AWS',
      () => one({ recipient: 'https://signin.aws.amazon.com/saml' }),
      samlUrl,
      403,
      /could not be verified/,
      /address that is not taken/,
    ],
    [
      'for another audience',
      () => one({ audiences: ['urn:other'] }),
      samlUrl,
      403,
      /could not be verified/,
      /another audience/,
    ],
    [
      'six minutes old',
      () => one({ issueInstant: new Date(server.now().getTime() - 361_000) }),
      samlUrl,
      403,
      /no longer valid/,
      /five minutes/,
    ],
    [
      'over',
      () => one({ notOnOrAfter: new Date(server.now().getTime() - 121_000) }),
      samlUrl,
      403,
      /no longer valid/,
      /time has ended/,
    ],
    [
      'of a provider that is not here',
      () => made([pairOf(reader, `${mine.arn}x`)]),
      samlUrl,
      403,
      /not set up/,
      /No account here/,
    ],
    ['posted to an address of nobody', () => one(), `${samlUrl}/acs/NOBODY`, 403, /not set up/, /No account here/],
    [
      'posted to another provider’s address',
      () => one(),
      `${samlUrl}/acs/${theirs.uuid}`,
      403,
      /gives you no role/,
      /does not name this role/,
    ],
    [
      'of a provider that must encrypt, in the clear',
      () => made(secretPair, { recipient: own }),
      ...([own, 403, /could not be verified/, /encryption is not what/] as const),
    ],
    [
      'of a provider that must encrypt, for the address of them all',
      () => made(secretPair, { encryptFor: encrypting.publicKey }),
      ...([own, 403, /could not be verified/, /address that is not taken/] as const),
    ],
    [
      'encrypted, posted where no key is chosen: it names no provider that could be asked',
      () => made(secretPair, { recipient: own, encryptFor: encrypting.publicKey }),
      ...([samlUrl, 403, /not set up/, /No account here/] as const),
    ],
  ] as const) {
    test(what, async () => {
      const person = visitor()
      const posted = await post(person, response(), {}, url)
      const shown = posted.status === 303 ? await person.open(leads(posted)) : posted
      deepEqual([shown.status, sessionOf(person)], [status, undefined])
      match(shown.text, words)
      // The account's own names and the reason are not the person's to read.
      equal(/arn:aws|signature|audience|Company/.test(shown.text), false)
      match(await explained(shown), reason)
    })
  }

  test('an encrypted one, for the key and the address of its provider, signs in', async () => {
    const response = made(secretPair, { recipient: own, encryptFor: encrypting.publicKey })
    match((await signIn(visitor(), response, {}, own)).text, /assumed-role\/Secret\/jane/)
  })

  test('a form too large is not read to its end, and what is no form is none', async () => {
    equal((await post(visitor(), 'A'.repeat(1_100_000))).status, 413)
    const json = await visitor().ask(samlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    equal(json.status, 415)
    equal((await visitor().ask(samlUrl)).status, 405)
  })

  test('the operator’s record of it is short, whatever was sent: longer ones would leave no room for those of others', async () => {
    const wordy = samlProvider(`https://idp.example/${'y'.repeat(20_000)}`)
    const sent = wordy.respond({ now: server.now(), recipient: samlUrl, attributes: stating(all) })
    const shown = await post(visitor(), sent, { RelayState: `/hallpass/console/${'z'.repeat(4000)}` })
    match(await explained(shown), /a response of https:\/\/idp\.example\/yyy/)
    const longest = Math.max(...(await textsOf(server.engine.store, 'refusals')).map((text) => text.length))
    equal(longest < 4000, true, `${longest}`)
  })

  test('CloudTrail’s record of it names nobody', async () => {
    await post(visitor(), one({ signs: 'none' }))
    await server.move(2_000)
    const text =
      (await textsOf(server.engine.store, 'refusals')).findLast((entry) => entry.includes('ConsoleLogin')) ?? ''
    const [{ eventName, userIdentity, errorMessage }] = JSON.parse(text).records
    deepEqual([eventName, userIdentity.type, errorMessage], ['ConsoleLogin', 'Unknown', 'Failed authentication'])
  })
})
