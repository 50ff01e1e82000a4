import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expected } from './model.ts'
import { verifyResponse } from './response.ts'
import { attacks } from './testing/attacks.ts'
import { defaultAudience, defaultRecipient, newSamlKeys, samlProvider } from './testing/idp.ts'

const provider = samlProvider()
const now = new Date('2026-11-29T12:00:00.000Z')
const own = [newSamlKeys(), newSamlKeys()]
const [current = newSamlKeys()] = own
const expected: Expected = {
  ...{
    provider: provider.compiled,
    decryptionKeys: own.map(({ privateKey }) => privateKey),
    encryption: 'Allowed',
    skewSeconds: 0,
  },
  ...{ recipients: [defaultRecipient], audiences: [defaultAudience] },
}

for (const attack of attacks({ provider, now, own: current.publicKey, retired: newSamlKeys().publicKey }))
  test(`refused: ${attack.name}`, () => {
    const read = verifyResponse(Buffer.from(attack.xml).toString('base64'), { ...expected, ...attack.expected }, now)
    assert.equal('rejected' in read ? read.rejected : 'accepted', attack.rejected, JSON.stringify(read))
  })
