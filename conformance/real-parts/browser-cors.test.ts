// A page of another origin, in Chromium, with the AWS SDK: it gets credentials from Cognito and STS and uses them. Whatever
// is answered, a refusal too, the page can read; what is not for pages stays closed to it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CreateIdentityPoolCommand, SetIdentityPoolRolesCommand } from '@aws-sdk/client-cognito-identity'
import { chromium } from 'playwright-core'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { policy, role } from '../clients/people.ts'
import { register, testIdp, trusting } from '../clients/web-identity-servers.ts'
import { startSite } from './browser-modules.ts'
import { describeWith } from './part.ts'
import { account, serve } from './served.ts'

const cognito = 'cognito-identity.amazonaws.com'

interface Told {
  readonly answer?: { readonly Account?: string; readonly Arn?: string }
  readonly refused?: string
  readonly message?: string
  readonly requestId?: string
  readonly status?: number
}

// A skipped suite is not counted; a test is.
describeWith('CHROMIUM', 'a page of another origin', async (executablePath) => {
  const key = await newKey()
  const idp = await testIdp({ keys: [key] })
  const server = await serve({ providers: [{ issuer: idp.issuer }] })
  const admin = server.as(server.root)
  const arn = await register(admin, idp.issuer)
  const provider = idp.issuer.slice('https://'.length)
  const reader = await role(admin, 'reader', trusting(arn, { StringEquals: { [`${provider}:sub`]: 'ann' } }))
  const makePool = async (open: boolean) => {
    const command = new CreateIdentityPoolCommand({
      ...{ IdentityPoolName: 'app', AllowUnauthenticatedIdentities: open, OpenIdConnectProviderARNs: [arn] },
    })
    return (await admin.cognito.send(command)).IdentityPoolId ?? ''
  }
  const [pool, closedPool] = [await makePool(true), await makePool(false)]
  const trust = (amr: string) =>
    policy({
      ...{ Principal: { Federated: cognito }, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
      Condition: {
        StringEquals: { [`${cognito}:aud`]: pool },
        'ForAnyValue:StringLike': { [`${cognito}:amr`]: amr },
      },
    })
  const Roles = {
    unauthenticated: await role(admin, 'guests', trust('unauthenticated')),
    authenticated: await role(admin, 'people', trust('authenticated')),
  }
  await admin.cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId: pool, Roles }))

  const site = await startSite(fileURLToPath(new URL('browser-page.js', import.meta.url)))
  after(() => site.close())
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update', '--no-proxy-server'],
    ],
  })
  after(() => browser.close())
  const page = await browser.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  await page.goto(site.origin)
  const ready = page.waitForFunction("document.title === 'ready'")
  await ready.catch((error) => assert.fail(`${error}: ${wrong}`))

  const token = (claims: object = {}) => signToken(idp.issuer, key, new Date(), { claims: { ...claims } })
  const call = (name: string, given: object) =>
    page.evaluate(`calls.${name}(${JSON.stringify({ endpoint: server.url, ...given })})`) as Promise<Told>

  async function isIn(name: string, given: object, roleName: string) {
    const told = await call(name, given)
    assert.match(
      told.answer?.Arn ?? JSON.stringify(told),
      new RegExp(`^arn:aws:sts::${account}:assumed-role/${roleName}/`),
    )
    assert.equal(told.answer?.Account, account)
    assert.match(told.requestId ?? '', /^[0-9a-f-]{36}$/)
  }

  async function isRefused(name: string, given: object, code: string, status: number, message: RegExp) {
    const told = await call(name, given)
    assert.deepEqual([told.refused, told.status], [code, status], JSON.stringify(told))
    assert.match(told.message ?? '', message)
  }

  test('a guest of an identity pool: GetId, GetCredentialsForIdentity, a signed GetCallerIdentity', () =>
    isIn('identity', { IdentityPoolId: pool }, 'guests'))

  test('someone who signed in', async () =>
    isIn('identity', { IdentityPoolId: pool, Logins: { [provider]: await token() } }, 'people'))

  test('both by the SDK’s own provider, fromCognitoIdentityPool', async () => {
    await isIn('pool', { identityPoolId: pool }, 'guests')
    await isIn('pool', { identityPoolId: pool, logins: { [provider]: await token() } }, 'people')
  })

  test('AssumeRoleWithWebIdentity without a signature, and fromWebToken', async () => {
    await isIn('webIdentity', { RoleArn: reader, WebIdentityToken: await token() }, 'reader')
    await isIn('webToken', { roleArn: reader, webIdentityToken: await token() }, 'reader')
  })

  test('refusals of Cognito can be read', async () => {
    const given = { IdentityPoolId: closedPool }
    await isRefused('identity', given, 'NotAuthorizedException', 400, /^Unauthenticated access is not supported/)
    const unknown = { IdentityPoolId: `us-east-1:${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}` }
    await isRefused('identity', unknown, 'ResourceNotFoundException', 400, /^IdentityPool '.*' not found/)
  })

  test('refusals of STS can be read: of tokens, of roles, of signatures', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const old = await token({ iat: seconds - 600, exp: seconds - 300 })
    await isRefused(
      'webIdentity',
      { RoleArn: reader, WebIdentityToken: old },
      'ExpiredTokenException',
      400,
      /^Token expired/,
    )
    const bob = { RoleArn: reader, WebIdentityToken: await token({ sub: 'bob' }) }
    await isRefused('webIdentity', bob, 'AccessDenied', 403, /^Not authorized to perform/)
    const credentials = { ...server.root, secretAccessKey: 'x'.repeat(40) }
    await isRefused('whoIs', { credentials }, 'SignatureDoesNotMatch', 403, /signature we calculated/)
  })

  test('what IAM answers is closed to pages', async () => {
    const sts = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
    const iam = { Action: 'ListUsers', Version: '2010-05-08' }
    assert.equal(await call('readable', { url: server.url, body: sts }), 403)
    assert.equal(await call('readable', { url: server.url, body: iam }), 'closed')
  })
})
