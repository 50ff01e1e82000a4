// The key of the installation that SAML providers know it by.
import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { everything } from '../../store/everything.ts'
import { NOW, openKit, testVault } from '../testing/operations-kit.ts'
import { createOwnKeys, samlOwnKeys } from './own-keys.ts'

test('is made once, be it by two nodes at the same moment, and is sealed in the store', async () => {
  const { store } = await openKit([samlOwnKeys])
  const node = () => createOwnKeys({ store, vault: testVault, random: randomBytes })
  const [one, other] = await Promise.all([node()(NOW), node()(NOW)])
  const later = await node()(NOW)
  for (const keys of [other, later]) {
    assert.equal(keys.certificate, one.certificate)
    assert.equal(keys.mac.mac('a'), one.mac.mac('a'))
    assert.ok(keys.key.equals(one.key))
  }
  assert.ok(new X509Certificate(one.certificate).publicKey.equals(createPublicKey(one.key)))
  const [record, ...more] = await everything(store, samlOwnKeys)
  assert.equal(more.length, 0)
  assert.equal(JSON.stringify(record).includes('PRIVATE KEY'), false)
})
