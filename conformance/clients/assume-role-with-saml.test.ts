// AssumeRoleWithSAML by AWS's own client, with a provider that makes any response: what it gives, how long, and what stays.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ListUsersCommand, UpdateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, type AssumeRoleWithSAMLCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { newSamlKeys, type ResponseChoice, samlProvider } from '../../src/federation/saml/testing/idp.ts'
import { revoke } from '../../src/service/session/revoke.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, manager, policy, role } from './people.ts'
import { invalidToken, refused } from './refused.ts'
import {
  assumeWithSaml,
  attributeName,
  decryptionKey,
  notAuthorizedForSaml,
  pairOf,
  registerSaml,
  responding,
  type Stated,
  stating,
  trustingSaml,
} from './saml-servers.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer({ settings: { 'public-url': 'https://hallpass.example' } })
const admin = await manager(server)
const idp = samlProvider()
const respond = responding(server, idp)
const company = await registerSaml(admin, 'Company', idp.metadata())
const reader = await role(admin, 'Reader', trustingSaml(company.arn), {
  permissions: allow(['iam:ListUsers', 'sts:*']),
  maxSessionDuration: 43_200,
})
const writer = await role(admin, 'a,b', trustingSaml(company.arn), { path: '/team/' })
const pairs = [pairOf(reader, company.arn), ` ${company.arn} , ${writer} `, 'offline_access']

/** A session of the reader by a response that states the pairs and more. */
const assume = (
  choice: ResponseChoice = {},
  more: readonly Stated[] = [],
  input: Partial<AssumeRoleWithSAMLCommandInput> = {},
) => assumeWithSaml(server, reader, company.arn, respond({ attributes: stating(pairs, ...more), ...choice }), input)
const secondsOf = async (...asked: Parameters<typeof assume>) =>
  Math.round(((await assume(...asked)).Credentials?.Expiration?.getTime() ?? 0) / 1000) -
  Math.floor(server.now().getTime() / 1000)
const after = (seconds: number) => new Date(server.now().getTime() + seconds * 1000)
const whoIs = (clients: Clients) => clients.sts.send(new GetCallerIdentityCommand({}))

describe('a response is traded for a session', () => {
  test('with everything that AWS answers', async () => {
    const answer = await assume()
    const me = await whoIs(server.as(keysOf(answer.Credentials)))
    assert.equal(me.Arn, `arn:aws:sts::${server.account}:assumed-role/Reader/jane`)
    const { AssumedRoleUser, Credentials, $metadata, NameQualifier = '', ...rest } = answer
    assert.deepEqual(AssumedRoleUser, { Arn: me.Arn, AssumedRoleId: me.UserId })
    assert.match(NameQualifier, /^[A-Za-z0-9+/]{27}=$/)
    assert.deepEqual(rest, {
      Subject: 'jane@example.com',
      SubjectType: 'persistent',
      Issuer: idp.entityId,
      Audience: 'https://signin.aws.amazon.com/saml',
    })
    assert.ok(Credentials && $metadata)
  })

  test('of any of the roles that it names, in either order, twice', async () => {
    const text = respond({ attributes: stating(pairs) })
    for (const arn of [reader, writer, reader]) {
      const answer = await assumeWithSaml(server, arn, company.arn, text)
      assert.match(answer.AssumedRoleUser?.Arn ?? '', arn === reader ? /Reader\/jane$/ : /\/a,b\/jane$/)
    }
  })

  test('of one of as many roles as fit, each value in an element of its own', async () => {
    const many = Array.from(
      { length: 120 },
      (_, n): Stated => [attributeName('Role'), [pairOf(`${reader}${n}`, company.arn)]],
    )
    await assume({}, [...many, [attributeName('Role'), pairs]])
  })

  for (const [where, address] of [
    ['our own', 'https://hallpass.example/saml'],
    ['our own of the provider', `https://hallpass.example/saml/acs/${company.uuid}`],
    ['AWS’s of a region', 'https://eu-central-1.signin.aws.amazon.com/saml'],
    ['AWS’s of the provider', `https://eu-central-1.signin.aws.amazon.com/saml/acs/${company.uuid}`],
  ] as const) {
    test(`made for ${where}`, async () => assert.equal((await assume({ recipient: address })).Audience, address))
  }

  for (const audience of [
    'urn:amazon:webservices',
    'https://signin.aws.amazon.com/saml',
    'https://hallpass.example/saml',
  ])
    test(`for the audience ${audience}`, async () => void (await assume({ audiences: [audience] })))

  test('signed by either key while they follow one another', async () => {
    const next = newSamlKeys()
    const both = await registerSaml(admin, 'Rolling', idp.metadata([idp.keys, next]))
    const rolling = await role(admin, 'Rolling', trustingSaml(both.arn))
    const attributes = stating([pairOf(rolling, both.arn)])
    for (const keys of [idp.keys, next])
      await assumeWithSaml(server, rolling, both.arn, respond({ attributes, signature: { keys } }))
  })
})

describe('what describes and limits the session', () => {
  const tagged: readonly Stated[] = [
    [attributeName('PrincipalTag:Team'), ['red']],
    [attributeName('PrincipalTag:Unit'), ['7']],
    [attributeName('TransitiveTagKeys'), ['Team']],
    [attributeName('SourceIdentity'), ['jane.doe']],
  ]

  test('tags and source identity of the assertion, seen by policies and handed down', async () => {
    const answer = await assume({}, tagged)
    assert.equal(answer.SourceIdentity, 'jane.doe')
    assert.ok((answer.PackedPolicySize ?? 0) > 0)
    const session = server.as(keysOf(answer.Credentials))
    const next = await role(
      admin,
      'Next',
      policy({
        Principal: { AWS: reader },
        Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
        Condition: { StringEquals: { 'aws:PrincipalTag/Unit': '7', 'sts:SourceIdentity': 'jane.doe' } },
      }),
    )
    const chained = await session.sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'next' }))
    assert.equal(chained.SourceIdentity, 'jane.doe')
    assert.ok((chained.PackedPolicySize ?? 0) > 0)
  })

  test('tags need sts:TagSession, and a source identity sts:SetSourceIdentity, of the role', async () => {
    const plain = await role(admin, 'Plain', trustingSaml(company.arn, {}, 'sts:AssumeRoleWithSAML'))
    const by = (...more: readonly Stated[]) =>
      assumeWithSaml(
        server,
        plain,
        company.arn,
        respond({ attributes: stating([pairOf(plain, company.arn)], ...more) }),
      )
    await by()
    await refused(by(tagged[0] as Stated), notAuthorizedForSaml)
    await refused(by(tagged[3] as Stated), notAuthorizedForSaml)
  })

  test('a session policy of the request', async () => {
    const session = server.as(keysOf((await assume({}, [], { Policy: allow('s3:*') })).Credentials))
    await assert.rejects(session.iam.send(new ListUsersCommand({})), { name: 'AccessDenied' })
    await server.as(keysOf((await assume()).Credentials)).iam.send(new ListUsersCommand({}))
  })

  test('the least of all ends, without rounding up', async () => {
    const duration = (seconds: number): readonly Stated[] => [[attributeName('SessionDuration'), [String(seconds)]]]
    const end = { sessionNotOnOrAfter: after(100) }
    assert.equal(await secondsOf(), 3600)
    assert.equal(await secondsOf({}, [], { DurationSeconds: 43_200 }), 43_200)
    assert.equal(await secondsOf({}, duration(43_200)), 3600)
    assert.equal(await secondsOf({}, duration(900)), 900)
    assert.equal(await secondsOf({}, duration(1800), { DurationSeconds: 43_200 }), 1800)
    assert.equal(await secondsOf(end), 100)
    assert.equal(await secondsOf(end, duration(900), { DurationSeconds: 900 }), 100)
    assert.equal(
      await secondsOf({ sessionNotOnOrAfter: after(50_000) }, duration(43_200), { DurationSeconds: 3600 }),
      3600,
    )
  })

  test('more than the role’s maximum is refused, and SessionDuration does not make it less', async () => {
    await refused(
      assumeWithSaml(
        server,
        writer,
        company.arn,
        respond({ attributes: stating(pairs, [attributeName('SessionDuration'), ['900']]) }),
        {
          DurationSeconds: 3601,
        },
      ),
      ['ValidationError', 400, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'],
    )
  })

  test('the subject’s keys and the provider outlive the proof, and nothing else of it', async () => {
    const answer = await assume({}, [['urn:oid:2.5.4.3', ['Jane']]])
    const session = server.as(keysOf(answer.Credentials))
    const opens = async (name: string, Condition: object) => {
      const arn = await role(admin, name, policy({ Principal: { AWS: reader }, Action: 'sts:AssumeRole', Condition }))
      return session.sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'next' }))
    }
    await opens('Lasting', {
      StringEquals: {
        'saml:sub': 'jane@example.com',
        'saml:sub_type': 'persistent',
        'saml:namequalifier': answer.NameQualifier,
        'aws:FederatedProvider': company.arn,
      },
    })
    for (const [name, value] of [
      ['saml:aud', 'https://signin.aws.amazon.com/saml'],
      ['saml:iss', idp.entityId],
      ['saml:doc', `${server.account}/Company`],
      ['saml:cn', 'Jane'],
    ] as const) {
      await assert.rejects(opens(`Not-${name.slice(5)}`, { StringEquals: { [name]: value } }), { name: 'AccessDenied' })
    }
  })

  test('the trust policy is asked about all of it', async () => {
    const Condition = {
      StringEquals: {
        'SAML:aud': 'https://signin.aws.amazon.com/saml',
        'saml:iss': idp.entityId,
        'saml:doc': `${server.account}/Company`,
        'saml:cn': 'Jane',
        'sts:RoleSessionName': 'jane',
        'aws:RequestTag/Team': 'red',
      },
    }
    const asking = await role(admin, 'Asking', trustingSaml(company.arn, Condition))
    const by = (...more: readonly Stated[]) =>
      assumeWithSaml(
        server,
        asking,
        company.arn,
        respond({ attributes: stating([pairOf(asking, company.arn)], ...more) }),
      )
    const cn: Stated = ['urn:oid:2.5.4.3', ['Jane']]
    await by(cn, tagged[0] as Stated)
    await refused(by(tagged[0] as Stated), notAuthorizedForSaml)
    await refused(by(['urn:oid:2.5.4.3', ['Jane', 'Root']], tagged[0] as Stated), notAuthorizedForSaml)
  })
})

describe('encrypted assertions', () => {
  test('are opened by either key of the provider, and plain ones taken where encryption is allowed', async () => {
    const [first, second] = [decryptionKey(), decryptionKey()]
    const sealed = await registerSaml(admin, 'Sealed', idp.metadata(), {
      AddPrivateKey: first.pem,
      AssertionEncryptionMode: 'Allowed',
    })
    const SAMLProviderArn = sealed.arn
    await admin.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn, AddPrivateKey: second.pem }))
    const arn = await role(admin, 'Sealed', trustingSaml(sealed.arn))
    const attributes = stating([pairOf(arn, sealed.arn)])
    for (const choice of [{ encryptFor: first.publicKey }, { encryptFor: second.publicKey }, {}])
      await assumeWithSaml(server, arn, sealed.arn, respond({ attributes, ...choice }))
  })
})

test('the sessions of a person are ended by the provider and its subject', async () => {
  const [jane, john] = await Promise.all(
    ['jane', 'john'].map(async (nameId) => server.as(keysOf((await assume({ nameId })).Credentials))),
  )
  assert.ok(jane && john)
  const { store, revocations } = server.engine
  const revoked = await store.transact((tx) =>
    revoke(tx, server.account, { kind: 'subject', by: `${company.arn} jane` }, server.now()),
  )
  revocations.learn(revoked)
  await refused(whoIs(jane), invalidToken)
  await whoIs(john)
})

test('the record is CloudTrail’s, and holds nothing else of the assertion', async () => {
  const text = respond({
    attributes: stating(pairs, ['urn:oid:2.5.4.3', ['Planted Name']]),
    assertionId: '_planted-id',
  })
  const { $metadata, NameQualifier } = await assumeWithSaml(server, reader, company.arn, text)
  const records = [
    ...(await textsOf(server.engine.store, 'audit')),
    ...(await textsOf(server.engine.store, 'refusals')),
  ]
  const all = records.join('\n')
  for (const secret of [text, text.slice(1000, 1060), 'Planted Name']) assert.equal(all.includes(secret), false, secret)
  const line = records.find((one) => one.includes($metadata.requestId ?? ''))
  const [event] = JSON.parse(line ?? '{}').records
  assert.deepEqual(event.userIdentity, {
    type: 'SAMLUser',
    principalId: `${NameQualifier}:jane@example.com`,
    userName: 'jane@example.com',
    identityProvider: NameQualifier,
  })
  assert.deepEqual(event.requestParameters, {
    sAMLAssertionID: '_planted-id',
    roleSessionName: 'jane',
    roleArn: reader,
    principalArn: company.arn,
  })
  assert.equal(event.eventName, 'AssumeRoleWithSAML')
})
