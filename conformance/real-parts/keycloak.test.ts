// Keycloak as a company's provider: its services and its people assume roles with tokens it issues. One story; a step
// starts from where the one before it ended. The last one stops Keycloak.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { folder } from '../clients/folder.ts'
import { role } from '../clients/people.ts'
import { refused } from '../clients/refused.ts'
import { invalidToken, notAuthorized, register, trusting } from '../clients/web-identity-servers.ts'
import { signInAt } from './keycloak-person.ts'
import { company, people, secret } from './keycloak-realm.ts'
import { startKeycloak } from './keycloak-server.ts'
import { describeWith } from './part.ts'
import { environmentOf, run } from './real.ts'
import { account, serve } from './served.ts'

const data = folder()
const unknownKey = invalidToken(
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
)

const arnOf = (name: string) => `arn:aws:sts::${account}:assumed-role/${name}/session`
const kidOf = (token: string) => decodeProtectedHeader(token).kid

/** Asks until it is answered in another way than by `meanwhile`: an unknown key is looked for once in half a minute. */
async function eventually<T>(ask: () => Promise<T>, meanwhile: typeof unknownKey): Promise<T> {
  const late = Date.now() + 45_000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as Error).message !== meanwhile[2] || Date.now() > late) throw error
    }
    await delay(1000)
  }
}

// A skipped suite is not counted; a test is.
describeWith('KEYCLOAK', 'Keycloak', async (home) => {
  const keycloak = await startKeycloak(home, data)
  for (const realm of ['company', 'partners']) await keycloak.addRealm(company(realm))
  const [issuer, other] = [keycloak.issuer('company'), keycloak.issuer('partners')]
  const server = await serve({
    providers: [{ issuer, claims: ['groups'] }, { issuer: other }],
    ca: keycloak.ca,
  })
  const admin = server.as(server.root)
  const arn = await register(admin, issuer, ['deploy-bot', 'brief-bot', 'portal'])
  const name = issuer.slice('https://'.length)
  assert.equal(arn, `arn:aws:iam::${account}:oidc-provider/${name}`)
  const ofBot = { StringEquals: { [`${name}:aud`]: 'deploy-bot' } }
  const deploy = await role(admin, 'deploy', trusting(arn, ofBot))
  const ofGroup = (group: string) =>
    trusting(arn, {
      StringEquals: { [`${name}:aud`]: 'portal' },
      'ForAnyValue:StringEquals': { [`${name}:groups`]: group },
    })
  const engineers = await role(admin, 'engineers', ofGroup('engineers'))
  const auditors = await role(admin, 'auditors', ofGroup('auditors'))
  const partner = await register(admin, other, ['deploy-bot'])
  const ofPartner = { StringEquals: { [`${other.slice('https://'.length)}:aud`]: 'deploy-bot' } }
  const partners = await role(admin, 'partners', trusting(partner, ofPartner))

  const bot = (realm = 'company', client = 'deploy-bot') => keycloak.clientCredentials(realm, client, secret)

  test('a service with client credentials assumes its role', async () => {
    assert.equal(await server.whoIs(deploy, await bot()), arnOf('deploy'))
  })

  test('so does the AWS CLI, with the token in a file', async () => {
    const file = join(data, 'token')
    writeFileSync(file, await bot())
    const { code, out, err } = await run('aws', ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'], {
      ...environmentOf(server.url, data),
      ...{ AWS_ROLE_ARN: deploy, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_SESSION_NAME: 'session' },
    })
    assert.deepEqual([code, err, out.trim()], [0, '', arnOf('deploy')])
  })

  test('a realm is a provider of its own: the role does not trust the same client of another realm', async () => {
    const token = await bot('partners')
    assert.equal(await server.whoIs(partners, token), arnOf('partners'))
    await refused(server.assumeWith(deploy, token), notAuthorized())
    await refused(server.assumeWith(partners, await bot()), notAuthorized())
  })

  test('another client of the realm is refused, whether the provider’s record knows it or not', async () => {
    await refused(
      server.assumeWith(deploy, await bot('company', 'other-bot')),
      invalidToken('Incorrect token audience'),
    )
    await refused(server.assumeWith(deploy, await bot('company', 'brief-bot')), notAuthorized())
  })

  test('an expired token is refused', async () => {
    const token = await bot('company', 'brief-bot')
    const { exp = 0 } = decodeJwt(token)
    while (Date.now() < exp * 1000) await delay(exp * 1000 - Date.now())
    await assert.rejects(server.assumeWith(deploy, token), { name: 'ExpiredTokenException' })
  })

  test('people sign in with a code and PKCE, and their group decides the role', async () => {
    for (const [person, own, other] of [
      [people.erin, 'engineers', auditors],
      [people.olga, 'auditors', engineers],
    ] as const) {
      const { idToken, claims } = await signInAt(keycloak.issuer('company'), 'portal', person)
      assert.deepEqual([claims.aud, claims.azp, claims.groups], ['portal', 'portal', [own]])
      assert.equal(await server.whoIs(own === 'engineers' ? engineers : auditors, idToken), arnOf(own))
      await refused(server.assumeWith(other, idToken), notAuthorized())
    }
  })

  test('someone in no group gets no role', async () => {
    const { idToken, claims } = await signInAt(keycloak.issuer('company'), 'portal', people.nick)
    assert.ok(!claims.groups?.length)
    for (const one of [engineers, auditors]) await refused(server.assumeWith(one, idToken), notAuthorized())
  })

  test('a new signing key is followed; tokens of the one before stay good', async () => {
    const old = await bot()
    await keycloak.rotate('company')
    const fresh = await bot()
    assert.notEqual(kidOf(fresh), kidOf(old))
    assert.equal(await eventually(() => server.whoIs(deploy, fresh), unknownKey), arnOf('deploy'))
    assert.equal(await server.whoIs(deploy, old), arnOf('deploy'))
  })

  test('without Keycloak: known keys go on, for an unknown one it cannot be asked', async () => {
    const known = [await bot(), await bot('partners')]
    await keycloak.rotate('partners')
    const unknown = await bot('partners')
    await keycloak.stop()
    const down = eventually(() => server.assumeWith(partners, unknown), unknownKey)
    await assert.rejects(down, { name: 'IDPCommunicationErrorException' })
    assert.equal(await server.whoIs(deploy, known[0] ?? ''), arnOf('deploy'))
    assert.equal(await server.whoIs(partners, known[1] ?? ''), arnOf('partners'))
  })
})
