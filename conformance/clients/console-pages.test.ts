// The console's pages, as people with a session see and use them: who they are, credentials, and the account by their own
// permissions. Switches of roles, lists of a thousand and attacks are in files of their own.
import { deepEqual, doesNotMatch, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity'
import {
  CreateAccountAliasCommand,
  CreateOpenIDConnectProviderCommand,
  CreateSAMLProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts'
import { metadataOf, rsaCertificate } from '../../src/federation/saml/testing/metadata.ts'
import type { Shown } from '../../src/server/pages/testing/browser.ts'
import { assuming, company, plain, visitorWith, wellMade } from './console-world.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, policy, role, trusts } from './people.ts'

const { server, admin, ann, administrator, assumed, visitor, lastEvent } = await company({
  'api-url': 'https://sts.example',
})
await admin.iam.send(new CreateAccountAliasCommand({ AccountAlias: 'head-office' }))
const reader = await role(admin, 'Reader', trusts([ann.arn, administrator], assuming), {
  permissions: allow('iam:ListUsers'),
})
await role(admin, 'Closed', trusts(`arn:aws:iam::${server.account}:user/manager`))

test('every page is small, labelled, without inline scripts, and kept by no browser', async () => {
  const { at, home } = await visitor()
  wellMade(home)
  const paths = [
    ...[
      '/switch',
      '/switch?account=123456789012&roleName=x',
      '/permissions',
      '/permissions?actions=s3:GetObject',
      '/credentials',
    ],
    ...[
      '/users',
      '/user?name=ann',
      '/user?name=nobody',
      '/roles',
      '/role?name=Reader',
      '/role?name=..',
      '/role?name=a&name=b',
    ],
    ...[
      '/inline-policy?of=role&name=Reader&policy=own',
      '/inline-policy?of=user&name=ann&policy=own',
      '/inline-policy',
    ],
    ...[
      '/policies',
      '/policies?scope=AWS',
      '/policies?marker=wrong',
      '/policy?arn=arn:aws:iam::aws:policy/ReadOnlyAccess',
      '/policy',
    ],
    ...['/providers', '/openid-provider', '/saml-provider?arn=x', '/pools', '/pool?id=x'],
  ]
  for (const path of paths) {
    const shown = await at(path)
    wellMade(shown)
    match(shown.text, /<a class="skip" href="#main">/)
    match(shown.text, /<nav class="side" aria-label="Console">/)
    equal(shown.text.match(/aria-current="page"/g)?.length, 1, path)
    equal(shown.headers.get('referrer-policy'), 'same-origin')
  }
})

test('the overview says who one is, and until when in a zone', async () => {
  const tags = [{ Key: 'cost-center', Value: '4711' }]
  const more = {
    SourceIdentity: 'ann@example.com',
    Tags: tags,
    TransitiveTagKeys: ['cost-center'],
    DurationSeconds: 1800,
  }
  const { home } = await visitor(administrator, more, 'https://login.example.com/start')
  const words = plain(home)
  match(words, /ann@example\.com as Administrator in head-office 111122223333/)
  match(
    words,
    /Session name ann Role Administrator Account head-office \(111122223333\) Source identity ann@example\.com/,
  )
  match(words, /Authenticated by Access key AKIA/)
  match(words, /cost-center 4711 transitive/)
  match(home.text, /<time datetime="2026-09-01T12:30:05\.000Z">2026-09-01 12:30 UTC<\/time>/)
  match(words, /29 min left/)
  match(home.text, /<a href="https:\/\/login\.example\.com\/start" rel="noreferrer">login\.example\.com<\/a>/)
  match(words, /arn:aws:sts::111122223333:assumed-role\/Administrator\/ann/)
})

describe('credentials', () => {
  const secrets = /AWS_SECRET_ACCESS_KEY|aws_secret_access_key/
  const shownBy = (shown: Shown) =>
    /<pre id="credentials"[^>]*>([^<]*)<\/pre>/.exec(shown.text)?.[1]?.replace(/&#39;/g, "'") ?? ''

  test('are not shown before a form asks', async () => {
    const { at } = await visitor()
    const shown = await at('/credentials')
    doesNotMatch(shown.text, secrets)
    for (const path of ['/credentials?for=bash', '/credentials?form=env']) doesNotMatch((await at(path)).text, secrets)
  })

  test('work as they are shown, are noted in the audit, and are dead after a sign-out', async () => {
    const { browser, at } = await visitor()
    const shown = await browser.send(await at('/credentials'), { for: 'env' }, '/credentials')
    equal(shown.status, 200)
    wellMade(shown)
    const values = Object.fromEntries(
      shownBy(shown)
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    )
    equal(values.AWS_ENDPOINT_URL, 'https://sts.example')
    equal(values.AWS_ENDPOINT_URL_STS, 'https://sts.example')
    const keys = {
      accessKeyId: values.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: values.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: values.AWS_SESSION_TOKEN ?? '',
    }
    const { Arn } = await server.as(keys).sts.send(new GetCallerIdentityCommand({}))
    match(Arn ?? '', /assumed-role\/Administrator\/ann$/)
    const event = await lastEvent('ShowCredentials')
    match(event, /"Form":"env"/)
    doesNotMatch(event, new RegExp(keys.secretAccessKey.replace(/[+/]/g, '\\$&')))
    await browser.submit(shown, {}, '/sign-out')
    await rejects(server.as(keys).sts.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
  })

  for (const [form, says] of [
    ['bash', /^unset AWS_PROFILE .*\nexport AWS_ACCESS_KEY_ID='ASIA\w+'\nexport AWS_SECRET_ACCESS_KEY='/],
    ['powershell', /\n\$Env:AWS_ACCESS_KEY_ID = 'ASIA/],
    ['fish', /\nset -gx AWS_ACCESS_KEY_ID 'ASIA/],
    ['profile', /^\[profile Administrator\]\naws_access_key_id = ASIA/],
    ['env', /^AWS_ACCESS_KEY_ID=ASIA/],
  ] as const) {
    test(`are shown for ${form}`, async () => {
      const { browser, at } = await visitor()
      const shown = await browser.send(await at('/credentials'), { for: form }, '/credentials')
      match(shownBy(shown), says)
      match(shown.text, /<button type="button" class="small" data-copies="credentials" hidden="">/)
    })
  }

  test('for anything else are not shown', async () => {
    const { browser, at } = await visitor()
    const page = await at('/credentials')
    for (const fields of [{ for: 'cmd' }, {}]) {
      const shown = await browser.send(page, fields, '/credentials')
      equal(shown.status, 400)
      doesNotMatch(shown.text, secrets)
    }
  })
})

describe('what one may do', () => {
  test('is tried with the reason', async () => {
    const { at } = await visitor()
    const words = plain(await at('/permissions?actions=s3:GetObject,iam:CreateUser&resource=arn:aws:s3:::b/k'))
    match(words, /Allowed s3:GetObject on arn:aws:s3:::b\/k Decided by AdministratorAccess/)
    match(words, /iam:CreateUser/)
  })

  test('counts the tags of the session', async () => {
    const permissions = policy(
      { Action: 'iam:SimulatePrincipalPolicy', Resource: '*' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
      { Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/team}/*' },
    )
    const tagged = await role(admin, 'Tagged', trusts([ann.arn, administrator], assuming), { permissions })
    const { at } = await visitor(tagged, { Tags: [{ Key: 'team', Value: 'orders' }] })
    const words = async (key: string) =>
      plain(await at(`/permissions?actions=s3:GetObject&resource=arn:aws:s3:::b/${key}`))
    match(await words('orders/1'), / Allowed s3:GetObject/)
    match(await words('payments/1'), /Not allowed s3:GetObject/)
  })

  test('is refused to who may not simulate, in AWS’s words', async () => {
    const { at } = await visitor(reader)
    match(
      plain(await at('/permissions?actions=s3:GetObject')),
      /is not authorized to perform: iam:SimulatePrincipalPolicy/,
    )
  })

  test('of more operations than ten, or of none that is one, is not tried', async () => {
    const { at } = await visitor()
    match(plain(await at(`/permissions?actions=${'a:B+'.repeat(11)}`)), /at most 10 operations/)
    match(plain(await at('/permissions?actions=nonsense')), /Invalid Action Name: nonsense/)
  })
})

describe('the account', () => {
  test('is shown to who may read it: users, roles, policies', async () => {
    const { at } = await visitor()
    match((await at('/users')).text, /<a href="\/hallpass\/console\/user\?name=ann">ann<\/a>/)
    match(plain(await at('/user?name=ann')), /arn:aws:iam::111122223333:user\/ann .* own Access keys AKIA\w+ Active/)
    match(plain(await at('/role?name=Reader')), /"Action": \[ "sts:AssumeRole"/)
    match(plain(await at('/inline-policy?of=role&name=Reader&policy=own')), /"Action": "iam:ListUsers"/)
    match(plain(await at('/policy?arn=arn:aws:iam::aws:policy/AdministratorAccess')), /Role Administrator/)
    match(plain(await at('/policies?scope=AWS')), /ReadOnlyAccess/)
  })

  test('is not shown to who may not, and the refusal says which operation and by which request', async () => {
    const { at } = await visitor(reader)
    match((await at('/users')).text, /user\?name=ann/)
    for (const [path, operation] of [
      ['/user?name=ann', 'iam:GetUser'],
      ['/roles', 'iam:ListRoles'],
      ['/role?name=Reader', 'iam:GetRole'],
      ['/policies', 'iam:ListPolicies'],
      ['/policy?arn=arn:aws:iam::aws:policy/ReadOnlyAccess', 'iam:GetPolicy'],
      ['/inline-policy?of=role&name=Reader&policy=own', 'iam:GetRolePolicy'],
      ['/providers', 'iam:ListSAMLProviders'],
      ['/pools', 'cognito-identity:ListIdentityPools'],
    ] as const) {
      const shown = await at(path)
      const words = plain(shown)
      ok(words.includes(`assumed-role/Reader/ann is not authorized to perform: ${operation}`), `${path}: ${words}`)
      const [, id = ''] = /this server: ([0-9a-f-]{36})/.exec(words) ?? []
      ok((await textsOf(server.engine.store, 'audit')).some((text) => text.includes(id)))
    }
  })
})

test('providers and identity pools are shown, each with what belongs to it', async () => {
  const { at } = await visitor()
  const saml = await admin.iam.send(
    new CreateSAMLProviderCommand({ Name: 'Company', SAMLMetadataDocument: metadataOf([rsaCertificate()]) }),
  )
  const Url = 'https://idp.example.com/realm'
  await admin.iam.send(
    new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['portal'], ThumbprintList: ['a'.repeat(40)] }),
  )
  const { IdentityPoolId = '' } = await admin.cognito.send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'shop', AllowUnauthenticatedIdentities: true }),
  )
  const list = await at('/providers')
  match(plain(list), /SAML Company until \d{4}-\d\d-\d\d OpenID Connect idp\.example\.com\/realm/)
  for (const [path, says] of [
    [
      `/saml-provider?${new URLSearchParams({ arn: saml.SAMLProviderArn ?? '' })}`,
      /Company A SAML provider .* UUID (\w+) .*Responses \(ACS\) \S+\/saml .*\/saml\/login\/\1 .*&lt;.*EntityDescriptor/,
    ],
    [`/openid-provider?arn=arn:aws:iam::${server.account}:oidc-provider/idp.example.com/realm`, /Audiences portal/],
    ['/pools', /shop us-east-1:/],
    [`/pool?id=${IdentityPoolId}`, /Guests Allowed without a sign-in/],
  ] as const) {
    const shown = await at(path)
    equal(shown.status, 200)
    wellMade(shown)
    match(plain(shown), says)
  }
})

test('a federated user sees who they are, and is refused what AWS refuses them', async () => {
  const input = { Name: 'guest-of-ann', Policy: allow('*') }
  const { Credentials } = await server.as(ann.keys).sts.send(new GetFederationTokenCommand(input))
  const { home, browser, at } = await visitorWith(server, keysOf(Credentials))
  wellMade(home)
  match(plain(home), /guest-of-ann as ann in head-office/)
  match(plain(home), /Federated by ann/)
  const shown = await browser.send(await at('/switch'), { roleName: 'Reader' }, '/switch')
  equal(shown.status, 403)
  wellMade(await at('/permissions?actions=iam:ListUsers'))
})

describe('revoking a role’s sessions', () => {
  test('puts AWS’s policy, and older sessions may nothing more', async () => {
    const theirs = server.as(await assumed(reader))
    await server.move(5000)
    const { browser, at } = await visitor()
    const form = await at('/role?name=Reader')
    equal((await browser.send(form, {}, '/role/revoke')).status, 400)
    await theirs.sts.send(new GetCallerIdentityCommand({}))
    const shown = await browser.submit(form, { sure: 'yes' }, '/role/revoke')
    match(plain(shown), /Sessions from before 2026-09-01 12:00:10 UTC are denied everything/)
    const put = await admin.iam.send(
      new GetRolePolicyCommand({ RoleName: 'Reader', PolicyName: 'AWSRevokeOlderSessions' }),
    )
    deepEqual(JSON.parse(decodeURIComponent(put.PolicyDocument ?? '')).Statement[0].Condition, {
      DateLessThan: { 'aws:TokenIssueTime': '2026-09-01T12:00:10Z' },
    })
    await rejects(theirs.iam.send(new ListUsersCommand({})), /explicit deny/)
  })

  test('is refused to who may not change the role', async () => {
    const { browser, at } = await visitor(
      await role(admin, 'Looker', trusts(ann.arn, assuming), { permissions: allow(['iam:Get*', 'iam:List*']) }),
    )
    const shown = await browser.send(await at('/role?name=Closed'), { sure: 'yes' }, '/role/revoke')
    equal(shown.status, 403)
    match(plain(shown), /Nothing was revoked .* is not authorized to perform: iam:PutRolePolicy/)
  })
})

test('a session that ended says why on every page and form, takes the cookie away, and where to sign in again', async () => {
  const arn = await role(admin, 'Ending', trusts(ann.arn, assuming), {
    permissions: policy({ Action: '*', Resource: '*' }),
  })
  const { browser, at } = await visitor(arn, {}, 'https://login.example.com/start')
  const form = await at('/credentials')
  await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Ending', PolicyName: 'own' }))
  await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Ending' }))
  const shown = await browser.send(form, { for: 'env' }, '/credentials')
  equal(shown.status, 401)
  wellMade(shown)
  match(plain(shown), /The role of your session no longer exists\..*Sign in again This leads to login\.example\.com/)
  match(shown.text, /<a class="button inline" href="https:\/\/login\.example\.com\/start" rel="noreferrer">/)
  match(shown.headers.getSetCookie()[0] ?? '', /^__Host-hallpass-session=; Max-Age=0;/)
  match(plain(await at('/users')), /You are not signed in/)
})
