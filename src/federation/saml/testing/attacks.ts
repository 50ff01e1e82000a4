// Responses that must be refused, each with the reason: known attacks on SAML, and responses of somebody else, of another time,
// for another place. They are a table so that a second verifier can be asked about the same ones.
import type { KeyObject } from 'node:crypto'
import type { Attack } from './attacks/attack.ts'
import { claims } from './attacks/claims.ts'
import { differentials } from './attacks/differentials.ts'
import { encrypted } from './attacks/encrypted.ts'
import { signatures } from './attacks/signatures.ts'
import { wrappings } from './attacks/wrappings.ts'
import type { SamlProviderForTests } from './idp.ts'

export interface AttackSetting {
  readonly provider: SamlProviderForTests
  readonly now: Date
  /** Public keys: one of the provider record's, and one that was. */
  readonly own: KeyObject
  readonly retired: KeyObject
}

export function attacks({ provider, now, own, retired }: AttackSetting): readonly Attack[] {
  return [
    ...wrappings(provider, now),
    ...signatures(provider, now),
    ...differentials(provider, now),
    ...claims(provider, now),
    ...encrypted(provider, now, own, retired),
    {
      name: 'not encrypted where it must be',
      rejected: 'not-encrypted',
      xml: provider.respondXml({ now }),
      expected: { encryption: 'Required' },
    },
    {
      name: 'encrypted for a provider without keys',
      rejected: 'encrypted',
      xml: provider.respondXml({ now, encryptFor: own }),
      expected: { decryptionKeys: [] },
    },
    {
      name: 'unsigned where the response’s signature would do',
      rejected: 'unsigned',
      xml: provider.respondXml({ now, signs: 'none' }),
      expected: { allowsResponseSignature: true },
    },
  ]
}
