// SAML providers and account aliases as AWS's own client makes, changes and reads them: each operation, what each refuses,
// who may, what the audit keeps, and that another node knows of a change.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  CreateAccountAliasCommand,
  CreateRoleCommand,
  CreateSAMLProviderCommand,
  type CreateSAMLProviderCommandInput,
  DeleteAccountAliasCommand,
  DeleteSAMLProviderCommand,
  GetAccountSummaryCommand,
  GetRoleCommand,
  GetSAMLProviderCommand,
  ListAccountAliasesCommand,
  ListSAMLProvidersCommand,
  ListSAMLProviderTagsCommand,
  TagSAMLProviderCommand,
  UntagSAMLProviderCommand,
  UpdateSAMLProviderCommand,
  type UpdateSAMLProviderCommandInput,
} from '@aws-sdk/client-iam'
import {
  metadataOf,
  metadataOfEntra,
  metadataOfKeycloak,
  rsaCertificate,
} from '../../src/federation/saml/testing/metadata.ts'
import { samlProviders } from '../../src/service/records.ts'
import { createSamlProviders } from '../../src/service/saml/providers.ts'
import type { Change } from '../../src/store/store.ts'
import { textsOf } from './journals.ts'
import { allow, manager, member, person, policy } from './people.ts'
import { denied, noIdentityPolicy, type Refused, refused } from './refused.ts'
import { secondNode, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const certificate = rsaCertificate()
const metadata = metadataOf([certificate])
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const server = await testServer({ clock, file: 'shared.sqlite', node: 'one' })
const root = server.as(server.root)
const other = await member(server, await manager(server), 'other')
const arnOf = (name: string) => `arn:aws:iam::${server.account}:saml-provider/${name}`

const create = (Name: string, more: Partial<CreateSAMLProviderCommandInput> = {}, by = root) =>
  by.iam.send(new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: metadata, ...more }))
const get = (name: string, by = root) => by.iam.send(new GetSAMLProviderCommand({ SAMLProviderArn: arnOf(name) }))
const update = (name: string, more: Partial<UpdateSAMLProviderCommandInput>, by = root) =>
  by.iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn: arnOf(name), ...more }))
const remove = (name: string, by = root) => by.iam.send(new DeleteSAMLProviderCommand({ SAMLProviderArn: arnOf(name) }))
const noProvider = (name: string): Refused => [
  'NoSuchEntityException',
  404,
  `Manifest not found for arn ${arnOf(name)}`,
]
const invalid = (message: string): Refused => ['InvalidInputException', 400, message]
const constraint = (message: string): Refused => [
  'ValidationError',
  400,
  `1 validation error detected: Value at ${message}`,
]

describe('a SAML provider', () => {
  test('is made of what common providers publish, and read back to the letter', async () => {
    for (const [name, document] of [
      ['Entra', metadataOfEntra(certificate)],
      ['Keycloak', metadataOfKeycloak(certificate)],
      ['Commented', metadataOf([certificate]).replaceAll('><', '><!-- <& -->\r\n<')],
    ] as const) {
      const { SAMLProviderArn } = await create(name, { SAMLMetadataDocument: document })
      assert.equal(SAMLProviderArn, arnOf(name))
      assert.equal((await get(name)).SAMLMetadataDocument, document)
    }
    const { SAMLProviderList = [] } = await root.iam.send(new ListSAMLProvidersCommand({}))
    assert.deepEqual(
      SAMLProviderList.map(({ Arn }) => Arn),
      ['Commented', 'Entra', 'Keycloak'].map(arnOf),
    )
    assert.deepEqual(SAMLProviderList[0]?.ValidUntil, new Date('2126-09-01T12:00:05Z'))
    const { SummaryMap = {} } = await root.iam.send(new GetAccountSummaryCommand({}))
    assert.equal(SummaryMap.Providers, 3)
  })

  test('has tags, keys and a mode', async () => {
    const Tags = [{ Key: 'team', Value: 'red' }]
    assert.deepEqual(
      (await create('Whole', { Tags, AddPrivateKey: pem, AssertionEncryptionMode: 'Required' })).Tags,
      Tags,
    )
    const shown = await get('Whole')
    assert.deepEqual([shown.Tags, shown.AssertionEncryptionMode, shown.PrivateKeyList?.length], [Tags, 'Required', 1])
    assert.match(shown.SAMLProviderUUID ?? '', /^[A-Z0-9]{22,64}$/)
    const SAMLProviderArn = arnOf('Whole')
    await root.iam.send(new TagSAMLProviderCommand({ SAMLProviderArn, Tags: [{ Key: 'Env', Value: 'prod' }] }))
    await root.iam.send(new UntagSAMLProviderCommand({ SAMLProviderArn, TagKeys: ['team'] }))
    const listed = await root.iam.send(new ListSAMLProviderTagsCommand({ SAMLProviderArn }))
    assert.deepEqual([listed.Tags, listed.IsTruncated], [[{ Key: 'Env', Value: 'prod' }], false])
    const KeyId = shown.PrivateKeyList?.[0]?.KeyId
    await refused(update('Whole', { RemovePrivateKey: KeyId }), invalid('Failed to remove private key.'))
    await update('Whole', { RemovePrivateKey: KeyId, AssertionEncryptionMode: 'Allowed' })
    await remove('Whole')
    await refused(get('Whole'), noProvider('Whole'))
  })

  test('is refused where it breaks a constraint', async () => {
    const shortest =
      "'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal to 1000"
    await refused(create('x', { SAMLMetadataDocument: metadata.trim().slice(0, 999) }), constraint(shortest))
    const nameful = "'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w._-]+"
    for (const name of ['a b', 'a/b', 'a*', 'é']) await refused(create(name), constraint(nameful))
    await assert.rejects(create('x'.repeat(129)), { name: 'ValidationError' })
    await assert.rejects(create('x', { AssertionEncryptionMode: 'Sometimes' as never }), { name: 'ValidationError' })
    await assert.rejects(create('x', { AddPrivateKey: 'k'.repeat(16_385) }), { name: 'ValidationError' })
    await assert.rejects(update('Entra', { RemovePrivateKey: 'short' }), { name: 'ValidationError' })
    await refused(create('Entra'), ['EntityAlreadyExistsException', 409, 'Provider with name Entra already exists.'])
  })

  test('is refused where its metadata, its key or its mode is none', async () => {
    const wrong = (text: string) => create('x', { SAMLMetadataDocument: text.padEnd(1000) })
    await refused(wrong(`<!DOCTYPE a>${metadata}`), invalid('Could not parse metadata: it holds a document type'))
    await refused(wrong('<a/>'), invalid('Could not parse metadata: it describes no SAML 2.0 identity provider'))
    await assert.rejects(wrong('<a>'), { name: 'InvalidInputException', message: /^Could not parse metadata: / })
    await refused(create('x', { AddPrivateKey: certificate.toString() }), invalid('Invalid private key.'))
    const needed = 'Unable to set assertion encryption mode to Required because no private key is provided.'
    await refused(create('x', { AssertionEncryptionMode: 'Required' }), invalid(needed))
    await refused(
      update('Entra', {}),
      invalid('Unable to update identity provider. No updates are defined for metadata or encryption assertion.'),
    )
    await refused(get('x'), noProvider('x'))
  })

  test('of another account is nobody else’s, be it there or not', async () => {
    for (const name of ['Entra', 'None']) {
      await assert.rejects(get(name, other.admin), { name: 'AccessDenied' })
      await assert.rejects(remove(name, other.admin), { name: 'AccessDenied' })
    }
    assert.deepEqual((await other.admin.iam.send(new ListSAMLProvidersCommand({}))).SAMLProviderList, [])
    await create('Entra', {}, other.admin)
  })

  test('is for those whom policies name', async () => {
    const own = { StringEquals: { 'aws:ResourceTag/owner': 'ann' } }
    const tagged = { StringEquals: { 'aws:RequestTag/owner': 'ann' } }
    const ann = await person(
      root,
      'ann',
      policy(
        { Action: ['iam:GetSAMLProvider', 'iam:UpdateSAMLProvider'], Resource: '*', Condition: own },
        { Action: ['iam:CreateSAMLProvider', 'iam:TagSAMLProvider'], Resource: '*', Condition: tagged },
      ),
    )
    const as = server.as(ann.keys)
    const no = (action: string, name: string) =>
      denied(ann.arn, `iam:${action}`, arnOf(name), noIdentityPolicy(`iam:${action}`))
    await create('Hers', { Tags: [{ Key: 'owner', Value: 'ann' }] }, as)
    await refused(create('Not', {}, as), no('CreateSAMLProvider', 'Not'))
    await get('Hers', as)
    await refused(get('Entra', as), no('GetSAMLProvider', 'Entra'))
    // Whether it is there, and what is wrong with the request, is not told.
    await refused(get('None', as), no('GetSAMLProvider', 'None'))
    await refused(update('None', { SAMLMetadataDocument: 'x'.repeat(1000) }, as), no('UpdateSAMLProvider', 'None'))
    await refused(remove('Hers', as), no('DeleteSAMLProvider', 'Hers'))
  })

  test('may be named by trust policies of its account, with and without a condition on SAML:aud', async () => {
    const trusting = (name: string, Federated: string, Condition: object | undefined) =>
      root.iam.send(
        new CreateRoleCommand({
          RoleName: name,
          AssumeRolePolicyDocument: policy({
            Principal: { Federated },
            Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
            ...(Condition && { Condition }),
          }),
        }),
      )
    await trusting('ByAnyone', arnOf('Entra'), undefined)
    await trusting('ByAws', arnOf('Entra'), { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } })
    const { Role } = await root.iam.send(new GetRoleCommand({ RoleName: 'ByAws' }))
    assert.match(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), /saml-provider\/Entra/)
    const foreign = arnOf('Entra').replace(server.account, other.id)
    await assert.rejects(trusting('ByOther', foreign, undefined), { name: 'MalformedPolicyDocumentException' })
    await assert.rejects(trusting('ByAll', arnOf('*'), undefined), { name: 'MalformedPolicyDocumentException' })
  })
})

test('the audit has every change of a provider, and no private key', async () => {
  await create('Audited', { AddPrivateKey: pem })
  await update('Audited', { AddPrivateKey: pem })
  await refused(create('Audited', { AddPrivateKey: `x${pem}` }), invalid('Invalid private key.'))
  const { store } = server.engine
  const text = [...(await textsOf(store, 'audit')), ...(await textsOf(store, 'refusals'))].join('\n')
  const line = pem.split('\n')[1] ?? ''
  assert.ok(line.length > 40 && !text.includes(line) && !text.includes('PRIVATE KEY'))
  for (const name of ['CreateSAMLProvider', 'UpdateSAMLProvider']) assert.ok(text.includes(`"eventName":"${name}"`))
})

test('another node verifies against changed metadata once its feed has told it', async () => {
  const { store, parts } = (await secondNode(server, { clock })).engine
  const there = createSamlProviders(store, () => clock.now, parts.vault)
  const entityId = async () => {
    const found = (await there.byName(server.account, 'Moved'))?.compiled
    return found === undefined || 'unusable' in found ? undefined : found.provider.entityId
  }
  await create('Moved', { AddPrivateKey: pem })
  assert.equal(await entityId(), 'https://idp.example/saml')
  const told = new Promise<void>((resolve) => {
    const stop = store.watch((change: Change) => {
      if (change !== 'resync' && change.collection !== samlProviders.name) return
      stop()
      resolve()
    })
  })
  await update('Moved', { SAMLMetadataDocument: metadataOf([certificate], '', 'https://moved.example') })
  await told
  assert.equal(await entityId(), 'https://moved.example')
})

describe('an account alias', () => {
  const set = (AccountAlias: string, by = root) => by.iam.send(new CreateAccountAliasCommand({ AccountAlias }))
  const end = (AccountAlias: string, by = root) => by.iam.send(new DeleteAccountAliasCommand({ AccountAlias }))
  const list = async (by = root) => (await by.iam.send(new ListAccountAliasesCommand({}))).AccountAliases
  const taken = (alias: string): Refused => [
    'EntityAlreadyExistsException',
    409,
    `The account alias ${alias} already exists.`,
  ]

  test('is one, of one account, until it is deleted', async () => {
    assert.deepEqual(await list(), [])
    await set('acme')
    await set('acme-prod')
    assert.deepEqual(await list(), ['acme-prod'])
    await refused(set('acme-prod', other.admin), taken('acme-prod'))
    await refused(set('acme-prod'), taken('acme-prod'))
    await set('acme', other.admin)
    const gone: Refused = ['NoSuchEntityException', 404, 'The account alias with name acme cannot be found.']
    await refused(end('acme'), gone)
    await end('acme-prod')
    assert.deepEqual(await list(), [])
  })

  test('of another form is refused', async () => {
    for (const alias of ['ab', 'Acme', '-acme', 'acme-', 'ac--me', 'a'.repeat(64), server.account])
      await assert.rejects(set(alias), { name: 'ValidationError' }, alias)
  })

  test('is for those whom policies name', async () => {
    const bob = await person(root, 'bob', allow('iam:ListAccountAliases'))
    const as = server.as(bob.keys)
    assert.deepEqual(await list(as), [])
    const because = noIdentityPolicy('iam:CreateAccountAlias')
    await refused(set('bobs', as), denied(bob.arn, 'iam:CreateAccountAlias', '*', because))
  })
})
