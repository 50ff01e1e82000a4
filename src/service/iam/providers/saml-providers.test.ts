import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import { metadataOf, rsaCertificate } from '../../../federation/saml/testing/metadata.ts'
import { chaos } from '../../../store/testing/chaos.ts'
import type { Operation } from '../../operation.ts'
import { samlProviders } from '../../records.ts'
import { openPrivateKey } from '../../saml/private-keys.ts'
import {
  ACCOUNT,
  type Kit,
  NOW,
  OTHER,
  openKit,
  questionsOf,
  refusalOf,
  rootOf,
  run,
} from '../../testing/operations-kit.ts'
import { createTurns } from '../../turns.ts'
import { samlProviderOperations } from './saml-providers.ts'

const arn = `arn:aws:iam::${ACCOUNT}:saml-provider/Corp`
const SAMLProviderArn = arn
const certificate = rsaCertificate()
const metadata = metadataOf([certificate])
const pkcs8 = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const first = pkcs8()
const second = pkcs8()
let home: Kit
let api: ReturnType<typeof samlProviderOperations>

beforeEach(async () => {
  home = await openKit()
  api = samlProviderOperations({ ...home.parts, inTurn: createTurns() })
})

const ask = <I, O, T>(operation: Operation<I, O, T>, input: I, options = {}) => run(home, operation, input, options)
const create = (more: object = {}, options = {}) =>
  ask(api.CreateSAMLProvider, { Name: 'Corp', SAMLMetadataDocument: metadata, ...more }, options)
const get = (options = {}) => ask(api.GetSAMLProvider, { SAMLProviderArn }, options)
const update = (more: object, options = {}) => ask(api.UpdateSAMLProvider, { SAMLProviderArn, ...more }, options)
const keyIds = async () => ((await get()).PrivateKeyList ?? []).map(({ KeyId }) => KeyId)
const missing = `NoSuchEntity: Manifest not found for arn ${arn}`

describe('a SAML provider', () => {
  test('is shown as AWS shows it, with an end a hundred years away', async () => {
    deepEqual(await create(), { SAMLProviderArn: arn })
    const { SAMLProviderUUID, ...shown } = await get()
    match(SAMLProviderUUID ?? '', /^[A-Z0-9]{22,64}$/)
    deepEqual(shown, {
      SAMLMetadataDocument: metadata,
      CreateDate: NOW,
      ValidUntil: new Date('2126-03-01T12:00:00Z'),
      Tags: [],
      AssertionEncryptionMode: 'Allowed',
      PrivateKeyList: [],
    })
    deepEqual(await ask(api.ListSAMLProviders, {}), {
      SAMLProviderList: [{ Arn: arn, ValidUntil: shown.ValidUntil, CreateDate: NOW }],
    })
    deepEqual(await ask(api.ListSAMLProviders, {}, { as: rootOf(OTHER) }), { SAMLProviderList: [] })
  })

  test('ends when its metadata says so', async () => {
    await create({ SAMLMetadataDocument: metadataOf([certificate], ' validUntil="2027-05-06T07:08:09.5Z"') })
    deepEqual((await get()).ValidUntil, new Date('2027-05-06T07:08:09Z'))
    await update({ SAMLMetadataDocument: metadata })
    deepEqual((await get()).ValidUntil, new Date('2126-03-01T12:00:00Z'))
  })

  test('is one of its name in an account, whatever its case', async () => {
    await create()
    equal(await refusalOf(create()), 'EntityAlreadyExists: Provider with name Corp already exists.')
    equal(await refusalOf(create({ Name: 'CORP' })), 'EntityAlreadyExists: Provider with name CORP already exists.')
    await create({}, { as: rootOf(OTHER) })
  })

  test('is found by its name to the letter alone', async () => {
    await create()
    const other = arn.replace('Corp', 'corp')
    equal(
      await refusalOf(ask(api.GetSAMLProvider, { SAMLProviderArn: other })),
      `NoSuchEntity: Manifest not found for arn ${other}`,
    )
  })

  test('is one of a hundred', async () => {
    for (let at = 0; at < 100; at++) await create({ Name: `idp-${at}` })
    equal(await refusalOf(create()), 'LimitExceeded: Cannot exceed quota for SAMLProvidersPerAccount: 100')
    equal((await ask(api.ListSAMLProviders, {})).SAMLProviderList?.length, 100)
  })

  test('that is deleted is gone, and may be made again as another', async () => {
    await create()
    const before = (await get()).SAMLProviderUUID
    await ask(api.DeleteSAMLProvider, { SAMLProviderArn })
    equal(await refusalOf(get()), missing)
    equal(await refusalOf(ask(api.DeleteSAMLProvider, { SAMLProviderArn })), missing)
    equal(await refusalOf(update({ SAMLMetadataDocument: metadata })), missing)
    await create()
    ok((await get()).SAMLProviderUUID !== before)
  })

  test('of another account is not seen', async () => {
    await create()
    const as = rootOf(OTHER)
    for (const asked of [get({ as }), update({ SAMLMetadataDocument: metadata }, { as })])
      equal(await refusalOf(asked), missing)
    const [question] = await questionsOf(api.GetSAMLProvider, { SAMLProviderArn }, as)
    deepEqual([question?.action, question?.resource], ['iam:GetSAMLProvider', arn])
  })

  test('with tags needs the right to tag as well', async () => {
    const asked = async (Tags?: { Key: string; Value: string }[]) =>
      (await questionsOf(api.CreateSAMLProvider, { Name: 'Corp', SAMLMetadataDocument: metadata, Tags })).map(
        ({ action, resource, keys }) => [action, resource, keys.get('aws:requesttag/team')],
      )
    deepEqual(await asked(), [['iam:CreateSAMLProvider', arn, undefined]])
    deepEqual(await asked([{ Key: 'Team', Value: 'red' }]), [
      ['iam:CreateSAMLProvider', arn, 'red'],
      ['iam:TagSAMLProvider', arn, 'red'],
    ])
  })

  test('draws and seals nothing in its transaction, which may run twice', async () => {
    let draws = 0
    const random = (bytes: number) => {
      draws++
      return home.parts.random(bytes)
    }
    api = samlProviderOperations({ ...home.parts, random, inTurn: createTurns() })
    const input = { Name: 'Corp', SAMLMetadataDocument: metadata, AddPrivateKey: first }
    await run({ store: chaos(home.store, { twice: true }) }, api.CreateSAMLProvider, input)
    equal(draws, 2)
    const more = { SAMLProviderArn, AddPrivateKey: second }
    await run({ store: chaos(home.store, { twice: true }) }, api.UpdateSAMLProvider, more)
    equal(draws, 3)
    equal((await keyIds()).length, 2)
  })

  test('is not read before it is allowed', async () => {
    const allow = () => false
    const given = { SAMLMetadataDocument: 'x'.repeat(1000), AddPrivateKey: 'x' }
    equal(await refusalOf(create(given, { allow })), 'AccessDenied: denied iam:CreateSAMLProvider')
    await create()
    equal(await refusalOf(update(given, { allow })), 'AccessDenied: denied iam:UpdateSAMLProvider')
  })
})

describe('metadata', () => {
  test('that is none is refused with AWS’s sentence and what to correct, and nothing is changed', async () => {
    const broken = { SAMLMetadataDocument: metadata.replace('</md:EntityDescriptor>', '').padEnd(1000) }
    match(await refusalOf(create(broken)), /^InvalidInput: Could not parse metadata: ./)
    await create()
    match(await refusalOf(update(broken)), /^InvalidInput: Could not parse metadata: ./)
    equal((await get()).SAMLMetadataDocument, metadata)
  })
  test('with a weak key says so', async () => {
    const weak = { SAMLMetadataDocument: metadataOf([rsaCertificate(1024)]) }
    const sentence = 'Could not parse metadata: an RSA key has 1024 bits; 2048 to 4096 are taken'
    equal(await refusalOf(create(weak)), `InvalidInput: ${sentence}`)
  })
  test('is replaced whole, and leaves keys, tags and id as they are', async () => {
    await create({ AddPrivateKey: first, Tags: [{ Key: 'a', Value: 'b' }] })
    const { SAMLMetadataDocument: _, ...before } = await get()
    const other = metadataOf([rsaCertificate()], '', 'https://other.example')
    deepEqual(await update({ SAMLMetadataDocument: other }), { SAMLProviderArn: arn })
    deepEqual(await get(), { ...before, SAMLMetadataDocument: other })
  })
})

describe('private keys', () => {
  test('are sealed to their provider and shown by their ids alone', async () => {
    await create({ AddPrivateKey: first })
    const shown = await get()
    match(shown.PrivateKeyList?.[0]?.KeyId ?? '', /^[A-Z0-9]{22,64}$/)
    deepEqual(shown.PrivateKeyList?.[0]?.Timestamp, NOW)
    const record = await home.store.get(samlProviders, [ACCOUNT, 'corp'])
    const [key] = record?.privateKeys ?? []
    if (record === undefined || key === undefined) throw new Error('not stored')
    ok(!JSON.stringify([shown, record]).includes('PRIVATE'))
    equal(openPrivateKey(home.parts.vault, record, key).export({ type: 'pkcs8', format: 'pem' }), first)
    for (const elsewhere of [
      { ...record, uuid: 'X' },
      { ...record, account: OTHER },
    ])
      await refuses(() => openPrivateKey(home.parts.vault, elsewhere, key))
    await refuses(() => openPrivateKey(home.parts.vault, record, { ...key, id: 'X' }))
  })

  test('are rotated: added, then the old one removed', async () => {
    await create({ AddPrivateKey: first, AssertionEncryptionMode: 'Required' })
    await update({ AddPrivateKey: second })
    const [old, young] = await keyIds()
    await update({ RemovePrivateKey: old })
    deepEqual(await keyIds(), [young])
    equal((await get()).AssertionEncryptionMode, 'Required')
  })

  test('are two at most', async () => {
    await create({ AddPrivateKey: first })
    await update({ AddPrivateKey: second })
    equal(await refusalOf(update({ AddPrivateKey: pkcs8() })), 'LimitExceeded: Private key limit of 2 is reached.')
  })

  test('and the mode are refused together where AWS refuses them', async () => {
    const needed =
      'InvalidInput: Unable to set assertion encryption mode to Required because no private key is provided.'
    equal(await refusalOf(create({ AssertionEncryptionMode: 'Required' })), needed)
    await create()
    equal(await refusalOf(update({ AssertionEncryptionMode: 'Required' })), needed)
    equal(
      await refusalOf(update({})),
      'InvalidInput: Unable to update identity provider. No updates are defined for metadata or encryption assertion.',
    )
    equal(
      await refusalOf(update({ AddPrivateKey: first, RemovePrivateKey: 'A'.repeat(22) })),
      'InvalidInput: Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.',
    )
    equal(
      await refusalOf(update({ RemovePrivateKey: 'A'.repeat(22) })),
      'InvalidInput: Failed to remove private key because the Key ID does not match a private key.',
    )
  })

  test('the last one stays while assertions must be encrypted', async () => {
    await create({ AddPrivateKey: first, AssertionEncryptionMode: 'Required' })
    const [RemovePrivateKey] = await keyIds()
    const failed = 'InvalidInput: Failed to remove private key.'
    equal(await refusalOf(update({ RemovePrivateKey })), failed)
    equal(await refusalOf(update({ RemovePrivateKey, AssertionEncryptionMode: 'Required' })), failed)
    await update({ RemovePrivateKey, AssertionEncryptionMode: 'Allowed' })
    deepEqual(await keyIds(), [])
  })

  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const encrypted = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  const rows: readonly (readonly [title: string, pem: string])[] = [
    ['no key', 'x'],
    ['a certificate', certificate.toString()],
    ['a public key', rsaCertificate().publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['half a key', first.slice(0, 500)],
    ['two keys', first + second],
    ['text before a key', `key: ${first}`],
    ['RSA of 1024 bits', rsa(1024).export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['an elliptic curve key', ec.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['an elliptic curve key in SEC1', ec.export({ type: 'sec1', format: 'pem' }).toString()],
    [
      'an encrypted PKCS#8 key',
      rsa(2048)
        .export({ type: 'pkcs8', ...encrypted })
        .toString(),
    ],
    [
      'an encrypted PKCS#1 key',
      rsa(2048)
        .export({ type: 'pkcs1', ...encrypted })
        .toString(),
    ],
  ]
  for (const [title, AddPrivateKey] of rows) {
    test(`is none: ${title}`, async () =>
      equal(await refusalOf(create({ AddPrivateKey })), 'InvalidInput: Invalid private key.'))
  }
  test('are taken in PKCS#1 too', async () => {
    await create({ AddPrivateKey: rsa(3072).export({ type: 'pkcs1', format: 'pem' }).toString() })
    equal((await keyIds()).length, 1)
  })
})

describe('tags', () => {
  test('are added, replaced without regard to case, listed and taken away', async () => {
    await create()
    await ask(api.TagSAMLProvider, { SAMLProviderArn, Tags: [{ Key: 'Team', Value: 'red' }] })
    await ask(api.TagSAMLProvider, { SAMLProviderArn, Tags: [{ Key: 'team', Value: 'blue' }] })
    const listed = await ask(api.ListSAMLProviderTags, { SAMLProviderArn })
    deepEqual(listed, { Tags: [{ Key: 'team', Value: 'blue' }], IsTruncated: false })
    await ask(api.UntagSAMLProvider, { SAMLProviderArn, TagKeys: ['TEAM'] })
    deepEqual((await get()).Tags, [])
  })
  test('are what conditions ask about', async () => {
    await create({ Tags: [{ Key: 'Team', Value: 'red' }] })
    const operations = [api.DeleteSAMLProvider, api.UpdateSAMLProvider, api.GetSAMLProvider, api.ListSAMLProviderTags]
    for (const operation of operations) {
      const input = { SAMLProviderArn, AssertionEncryptionMode: 'Allowed' } as const
      const [question] = await questionsOf(operation as Operation<typeof input, unknown, unknown>, input)
      equal(question?.keys.get('aws:resourcetag/team'), 'red')
    }
  })
})

describe('an ARN that is no SAML provider’s', () => {
  for (const text of [
    'nothing-valid-in-here',
    `arn:aws:iam::${ACCOUNT}:oidc-provider/x`,
    `arn:aws:iam::${ACCOUNT}:saml-provider/`,
    `arn:aws:iam::${ACCOUNT}:saml-provider/a/b`,
    `arn:aws:iam::${ACCOUNT}:saml-provider/*`,
    `arn:aws:iam:us-east-1:${ACCOUNT}:saml-provider/x`,
    'arn:aws:iam::12:saml-provider/x',
  ]) {
    test(text, async () => {
      const asked = ask(api.GetSAMLProvider, { SAMLProviderArn: text })
      equal(await refusalOf(asked), 'ValidationError: Invalid ARN:  Could not be parsed!')
    })
  }
})

async function refuses(work: () => unknown) {
  try {
    work()
  } catch {
    return
  }
  throw new Error('it opened')
}
