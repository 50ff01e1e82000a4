// The development identity provider and the demonstration's pages, through the whole of `hallpass dev`: signing in, exchanging
// the token, refusals, and that no other server has these pages.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import {
  GetRoleCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { decodeJwt } from 'jose'
import * as openid from 'openid-client'
import { newPath, serving } from '../../src/cli/testing/world.ts'
import { awsFiles, credentialsOf } from '../../src/client/aws-files.ts'
import { type Browser, browser, formOf } from '../../src/server/pages/testing/browser.ts'
import { freePort } from './free-port.ts'

const account = '111122223333'
const role = `arn:aws:iam::${account}:role/employee`
const data = newPath()

const dev = (folder: string, at: number) => serving('dev', folder, {}, ['--listen', `127.0.0.1:${at}`])

const port = await freePort()
const base = `http://localhost:${port}`
const served = await dev(data, port)
after(() => served.stop())

/** As far as the page on which a person is chosen. */
const choosing = async (user: Browser) => {
  const shown = await user.open(`${base}/sign-in`)
  assert.equal(shown.status, 200)
  return shown
}

/** Chooses a person, up to the answer that the application is to be sent; follows nothing further. */
async function answerFor(user: Browser, person = 'alice'): Promise<URL> {
  const resumed = await user.send(await choosing(user), { person })
  const answered = await user.ask(new URL(resumed.headers.get('location') ?? '', base).href)
  return new URL(answered.headers.get('location') ?? '', base)
}

async function signIn(user: Browser, person = 'alice') {
  return user.submit(await choosing(user), { person })
}

const tokenFile = (person: string) => `${data}/aws/${person}.jwt`
const sts = () => new STSClient({ endpoint: served.url, region: 'us-east-1', maxAttempts: 1 })
const assume = (WebIdentityToken: string, RoleSessionName: string) =>
  sts().send(new AssumeRoleWithWebIdentityCommand({ RoleArn: role, RoleSessionName, WebIdentityToken }))

describe('a person', () => {
  test('opens the start page, chooses a person, and sees commands to paste', async () => {
    const user = browser()
    const start = await user.open(`${base}/`)
    for (const link of ['Sign in with your company', 'Sign in to the app', 'Continue as a guest'])
      assert.match(start.text, new RegExp(link))
    const chooser = await choosing(user)
    for (const name of ['Alice', 'Bob', 'Carol']) assert.match(chooser.text, new RegExp(`<b>${name}</b>`))
    const end = await user.submit(chooser, { person: 'bob' })
    assert.equal(new URL(end.url).pathname, '/employee')
    assert.match(end.text, /Signed in as Bob/)
    assert.match(end.text, /aws sts assume-role-with-web-identity/)
    assert.match((await user.open(`${base}/`)).text, /You are signed in as Bob/)
  })

  test('has a token in a file of mode 0600, with their team as a session tag and their name as source identity', async () => {
    await signIn(browser(), 'carol')
    assert.equal(statSync(tokenFile('carol')).mode & 0o777, 0o600)
    const { iat = 0, exp, nonce, auth_time, ...claims } = decodeJwt(readFileSync(tokenFile('carol'), 'utf8'))
    assert.equal(exp, iat + 3600)
    assert.deepEqual(claims, {
      iss: `${base}/idp`,
      aud: 'example-app',
      sub: 'carol',
      name: 'Carol',
      email: 'carol@example.com',
      email_verified: true,
      'https://aws.amazon.com/tags': { principal_tags: { team: ['platform'] }, transitive_tag_keys: ['team'] },
      'https://aws.amazon.com/source_identity': 'carol',
    })
  })

  test('gets credentials of the role for the token, only under their own name', async () => {
    await signIn(browser())
    const token = readFileSync(tokenFile('alice'), 'utf8')
    const { Credentials, SourceIdentity } = await assume(token, 'alice')
    assert.equal(SourceIdentity, 'alice')
    const keys = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const client = new STSClient({ endpoint: served.url, region: 'us-east-1', credentials: keys })
    const { Arn } = await client.send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, `arn:aws:sts::${account}:assumed-role/employee/alice`)
    await assert.rejects(assume(token, 'bob'), { name: 'AccessDenied' })
  })

  test('signs in by a stock OpenID Connect client', async () => {
    const options = { execute: [openid.allowInsecureRequests] }
    const config = await openid.discovery(new URL(`${base}/idp`), 'example-app', undefined, openid.None(), options)
    const verifier = openid.randomPKCECodeVerifier()
    const [state, nonce] = [openid.randomState(), openid.randomNonce()]
    const user = browser()
    const chooser = await user.open(
      openid.buildAuthorizationUrl(config, {
        redirect_uri: `${base}/signed-in`,
        scope: 'openid email',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      }).href,
    )
    const resumed = await user.send(chooser, { person: 'bob' })
    const answered = await user.ask(new URL(resumed.headers.get('location') ?? '', base).href)
    const tokens = await openid.authorizationCodeGrant(config, new URL(answered.headers.get('location') ?? ''), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    })
    assert.deepEqual([tokens.claims()?.sub, tokens.claims()?.email], ['bob', 'bob@example.com'])
  })
})

describe('every page', () => {
  const pages = ['/', '/sign-in', '/employee', '/guest', '/signed-in', '/idp/nothing', '/idp/auth', '/idp/people/x']
  for (const path of pages) {
    test(`${path} runs no script, loads nothing from elsewhere, and is in no frame`, async () => {
      const { text, headers } = await browser().open(base + path)
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'/)
      assert.doesNotMatch(headers.get('content-security-policy') ?? '', /script-src|unsafe/)
      assert.doesNotMatch(text, /<script|\son\w+=|https?:\/\/(?!localhost|127\.0\.0\.1|www\.w3\.org)/)
    })
  }
})

describe('a sign-in is refused', () => {
  const over = /This sign-in was begun in another browser/
  const end = (user: Browser, url: URL) => user.open(url.href)

  test('in a browser that did not begin it', async () => {
    const url = await answerFor(browser())
    const { status, text } = await end(browser(), url)
    assert.equal(status, 400)
    assert.match(text, over)
  })

  test('with another state than it was begun with', async () => {
    const user = browser()
    const url = await answerFor(user)
    url.searchParams.set('state', 'another')
    assert.match((await end(user, url)).text, over)
  })

  test('a second time', async () => {
    const user = browser()
    const url = await answerFor(user)
    assert.equal(new URL((await end(user, url)).url).pathname, '/employee')
    assert.match((await end(user, url)).text, over)
  })

  test('with a code that another browser’s sign-in was given', async () => {
    const [thief, victim] = [browser(), browser()]
    const [own, stolen] = [await answerFor(thief), await answerFor(victim, 'carol')]
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    assert.match((await end(thief, own)).text, /does not belong to this sign-in/)
  })

  test('with an answer of another identity provider', async () => {
    const user = browser()
    const url = await answerFor(user)
    url.searchParams.set('iss', 'https://elsewhere.example.com')
    assert.match((await end(user, url)).text, /did not sign you in/)
    assert.equal(user.jar.value(base, 'hallpass_dev'), undefined)
  })

  test('when another browser submits the form, without the cookie of the sign-in', async () => {
    const [victim, other] = [browser(), browser()]
    const [theirs, own] = [await choosing(victim), await choosing(other)]
    const { status, text } = await other.open(theirs.url)
    assert.equal(status, 400)
    assert.match(text, /This sign-in is over/)
    // A form of the other's own page, sent to the victim's sign-in: by the other, and in the victim's browser.
    for (const user of [other, victim]) {
      assert.equal((await user.send({ ...own, url: theirs.url }, { person: 'carol' })).status, 403)
    }
  })

  for (const [where, origin] of [
    ['another site', () => 'https://elsewhere.example.com'],
    ['another port of this host', () => `http://localhost:${port + 1}`],
    ['the APIs’ name', () => `http://127.0.0.1:${port}`],
  ] as const) {
    test(`when a page of ${where} chooses, even with the right token`, async () => {
      const user = browser()
      const chooser = await choosing(user)
      const { action, hidden } = formOf(chooser)
      const { status, text } = await user.sendFrom(origin(), action, { ...hidden, person: 'carol' })
      assert.equal(status, 403)
      assert.match(text, /not sent from a page of this server/)
    })
  }

  test('for a person who is not in the company’s list', async () => {
    const user = browser()
    const chooser = await choosing(user)
    for (const person of ['mallory', '', '__proto__']) {
      const { status, text } = await user.send(chooser, { person })
      assert.equal(status, 400)
      assert.match(text, /Choose one of these people/)
    }
  })

  const request = (change: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({
      client_id: 'example-app',
      redirect_uri: `${base}/signed-in`,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
      ...change,
    })
    for (const [name, value] of Object.entries(change)) if (value === '') query.delete(name)
    return `${base}/idp/auth?${query}`
  }

  for (const [what, change] of [
    ['an answer to be sent elsewhere', { redirect_uri: 'https://elsewhere.example.com/' }],
    ['an application that is not the company’s', { client_id: 'another' }],
  ] as const) {
    test(`for ${what}: nobody is sent anywhere`, async () => {
      const { status, headers } = await browser().ask(request(change))
      assert.deepEqual([status, headers.get('location')], [400, null])
    })
  }
  for (const [what, change, error] of [
    ['without PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['with PKCE in plain text', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['by the implicit flow', { response_type: 'id_token' }, 'unsupported_response_type'],
  ] as const) {
    test(what, async () => {
      const { headers } = await browser().ask(request(change))
      assert.equal(new URLSearchParams(headers.get('location')?.split(/[?#]/)[1] ?? '').get('error'), error)
    })
  }

  test('at its last step without the code’s verifier', async () => {
    const code = (await answerFor(browser())).searchParams.get('code') ?? ''
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'example-app',
      redirect_uri: `${base}/signed-in`,
      code,
      code_verifier: 'y'.repeat(43),
    })
    const answer = await fetch(`${base}/idp/token`, { method: 'POST', body })
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { error: string }).error, 'invalid_grant')
  })
})

describe('a visit', () => {
  test('has another cookie before and after signing in', async () => {
    const user = browser()
    const cookie = () => user.jar.value(base, 'hallpass_dev')
    const chooser = await choosing(user)
    const before = cookie()
    await user.submit(chooser, { person: 'alice' })
    assert(before !== undefined && cookie() !== undefined)
    assert.notEqual(cookie(), before)
  })

  test('without a sign-in is redirected to the start page', async () => {
    const { headers } = await browser().ask(`${base}/employee`)
    assert.equal(headers.get('location'), '/')
  })
})

describe('a guest', () => {
  test('has an identity and credentials of the pool’s role, without proving anything', async () => {
    const pool = /us-east-1:[0-9a-f-]{36}/.exec((await browser().open(`${base}/guest`)).text)?.[0]
    const cognito = new CognitoIdentityClient({ endpoint: served.url, region: 'us-east-1' })
    const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId: pool }))
    const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId }))
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const client = new STSClient({ endpoint: served.url, region: 'us-east-1', credentials })
    const { Arn } = await client.send(new GetCallerIdentityCommand({}))
    assert.match(Arn ?? '', /assumed-role\/guest\//)
  })
})

describe('these pages', () => {
  const paths = [
    '/',
    '/sign-in',
    '/signed-in',
    '/employee',
    '/guest',
    '/idp/auth',
    '/idp/.well-known/openid-configuration',
    '/idp/saml',
    '/idp/saml/metadata',
  ]

  test('answer only under the host of the pages', async () => {
    for (const path of paths) {
      const { status, text } = await browser().ask(`http://127.0.0.1:${port}${path}`)
      assert.notEqual(status, 200, path)
      assert.doesNotMatch(text, /Example Corp|authorization_endpoint|EntityDescriptor/)
    }
  })

  test('do not exist on a server for production, whatever its public URL', async () => {
    const at = await freePort()
    const more = ['--listen', `127.0.0.1:${at}`, '--public-url', `http://localhost:${at}`]
    const production = await serving('serve', newPath(), {}, more)
    for (const path of paths) assert.equal((await browser().ask(`http://localhost:${at}${path}`)).status, 404, path)
    await production.stop()
  })

  test('do not exist when the port is not known beforehand, because an issuer has one URL', async () => {
    const any = await serving('dev', newPath())
    const { status } = await browser().ask(any.url.replace('127.0.0.1', 'localhost'))
    assert.notEqual(status, 200)
    assert.doesNotMatch((await any.stop()).out, /In a browser/)
  })
})

describe('at a later start', () => {
  const folder = newPath()
  const iam = (url: string) => {
    const { accessKeyId = '', secret } = credentialsOf(awsFiles(folder).credentials, 'root') ?? {}
    const credentials = { accessKeyId, secretAccessKey: secret?.reveal() ?? '' }
    return new IAMClient({ endpoint: url, region: 'us-east-1', credentials })
  }
  const trust = async (url: string) => {
    const { Role } = await iam(url).send(new GetRoleCommand({ RoleName: 'employee' }))
    return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
  }

  test('later changes stay; on another port the provider is registered again and trusted', async () => {
    const [first, second] = [await freePort(), await freePort()]
    const one = await dev(folder, first)
    assert.match(await trust(one.url), new RegExp(`localhost:${first}/idp`))
    const changed = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    const nobody = { RoleName: 'employee', PolicyDocument: changed.replace('[]', `[${denyAll}]`) }
    await iam(one.url).send(new UpdateAssumeRolePolicyCommand(nobody))
    await one.stop()
    const again = await dev(folder, first)
    assert.match(await trust(again.url), /"Deny"/)
    await again.stop()
    const moved = await dev(folder, second)
    assert.match(await trust(moved.url), new RegExp(`localhost:${second}/idp`))
    const { OpenIDConnectProviderList = [] } = await iam(moved.url).send(new ListOpenIDConnectProvidersCommand({}))
    assert.equal(OpenIDConnectProviderList.length, 2)
    await moved.stop()
  })
  const denyAll = JSON.stringify({ Effect: 'Deny', Principal: { AWS: account }, Action: 'sts:AssumeRole' })
})
