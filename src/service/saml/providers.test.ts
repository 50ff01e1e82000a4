// Providers as they are found: compiled, and as their records are now.
import { deepEqual, equal, match } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, test } from 'node:test'
import { metadataOf, rsaCertificate } from '../../federation/saml/testing/metadata.ts'
import type { KnownSamlProvider, SamlProviders } from '../contracts/saml.ts'
import { type SamlProvider, samlProviders } from '../records.ts'
import { ACCOUNT, type Kit, NOW, OTHER, openKit } from '../testing/operations-kit.ts'
import { sealPrivateKey } from './private-keys.ts'
import { createSamlProviders } from './providers.ts'

const [old, young] = [rsaCertificate(), rsaCertificate()]
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const owner = { account: ACCOUNT, uuid: 'U'.repeat(26) }
const record: SamlProvider = {
  ...owner,
  name: 'Corp',
  metadata: metadataOf([old]),
  createdAt: '2026-01-01T00:00:00Z',
  tags: [],
  encryption: 'Allowed',
  privateKeys: [],
}
let home: Kit
let providers: SamlProviders

beforeEach(async () => {
  home = await openKit()
  providers = createSamlProviders(home.store, () => NOW, home.parts.vault)
  await home.store.transact((tx) => tx.create(samlProviders, record))
})

const change = (more: Partial<SamlProvider>) =>
  home.store.transact((tx) => tx.replace(samlProviders, { ...record, ...more }))
const compiled = (found: KnownSamlProvider | undefined) => {
  if (found === undefined || 'unusable' in found.compiled) throw new Error(JSON.stringify(found))
  return found.compiled
}
const keysOf = async () =>
  compiled(await providers.byName(ACCOUNT, 'Corp')).provider.signingKeys.map((key) =>
    key.export({ type: 'spki', format: 'pem' }),
  )
const spki = ({ publicKey }: typeof old) => publicKey.export({ type: 'spki', format: 'pem' })
const unusable = async () => {
  const found = (await providers.byName(ACCOUNT, 'Corp'))?.compiled
  return found !== undefined && 'unusable' in found ? found.unusable : 'usable'
}

test('a provider is found by its account and name, or by its id', async () => {
  const found = await providers.byName(ACCOUNT, 'Corp')
  equal(found?.arn, `arn:aws:iam::${ACCOUNT}:saml-provider/Corp`)
  deepEqual(await providers.byUuid(owner.uuid), found)
  deepEqual([compiled(found).encryption, compiled(found).decryptionKeys], ['none', []])
  for (const other of [
    providers.byName(ACCOUNT, 'corp'),
    providers.byName(OTHER, 'Corp'),
    providers.byName(ACCOUNT, 'Other'),
    providers.byUuid('V'.repeat(26)),
  ])
    equal(await other, undefined)
})

test('metadata that changed counts at once, with a version of its own', async () => {
  deepEqual(await keysOf(), [spki(old)])
  const before = (await providers.byUuid(owner.uuid))?.version
  await change({ metadata: metadataOf([young]) })
  deepEqual(await keysOf(), [spki(young)])
  equal((await providers.byUuid(owner.uuid))?.version === before, false)
})

test('one that was deleted is gone at once, and one made again under its name has another id', async () => {
  await providers.byUuid(owner.uuid)
  await home.store.transact((tx) => tx.delete(samlProviders, [ACCOUNT, 'corp']))
  equal(await providers.byName(ACCOUNT, 'Corp'), undefined)
  equal(await providers.byUuid(owner.uuid), undefined)
  await home.store.transact((tx) => tx.create(samlProviders, { ...record, uuid: 'W'.repeat(26) }))
  equal(await providers.byUuid(owner.uuid), undefined)
  equal((await providers.byName(ACCOUNT, 'Corp'))?.uuid, 'W'.repeat(26))
})

test('private keys are opened, and what their provider’s assertions may be', async () => {
  const key = { id: 'K'.repeat(26), addedAt: record.createdAt }
  const sealed = sealPrivateKey(home.parts.vault, owner, key.id, privateKey)
  await change({ encryption: 'Required', privateKeys: [{ ...key, sealed }] })
  const found = compiled(await providers.byName(ACCOUNT, 'Corp'))
  equal(found.encryption, 'Required')
  equal(found.decryptionKeys[0]?.equals(privateKey), true)
})

test('nothing is verified against a provider whose record cannot be read whole', async () => {
  await change({ metadata: metadataOf([rsaCertificate(1024)]) })
  match(await unusable(), /^key: an RSA key has 1024 bits/)
  const elsewhere = sealPrivateKey(home.parts.vault, { ...owner, uuid: 'V' }, 'K', privateKey)
  await change({ privateKeys: [{ id: 'K', addedAt: record.createdAt, sealed: elsewhere }] })
  equal(await unusable(), 'sealed elsewhere')
})

test('without a private key, one whose assertions must be encrypted takes none', async () => {
  await change({ encryption: 'Required' })
  equal(compiled(await providers.byName(ACCOUNT, 'Corp')).encryption, 'Required')
})
