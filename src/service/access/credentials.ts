// Long-term access keys, looked up by id, opened once and kept current by the change feed.

import type { Identity } from '../../core/identity.ts'
import { accountOfKeyId } from '../../core/ids.ts'
import type { Maybe } from '../../core/maybe.ts'
import { Secret } from '../../core/secret.ts'
import type { Store } from '../../store/store.ts'
import type { Vault } from '../parts.ts'
import { accessKeys } from '../records.ts'
import { accountCache } from './account-cache.ts'

export interface Credential {
  /** Who signs with it. One object a key, so that what is derived from it is derived once. */
  readonly identity: Identity & { readonly kind: 'root' | 'user' }
  readonly active: boolean
  readonly secret: Secret
  /** Names this key and its secret for ever: what derived signing keys are kept under. */
  readonly name: string
}

export interface Credentials {
  /** Undefined when there is no such key. A miss reads the store: a key made on another node works at once. */
  byKeyId(keyId: string): Maybe<Credential | undefined>
}

export function createCredentials(store: Store, vault: Vault, clock: () => Date): Credentials {
  const cache = accountCache<Credential>(store, clock, {
    weight: () => 700,
    maxBytes: 32 << 20,
    async load(reader, account, keyId) {
      const stored = await reader.read(accessKeys, [account, keyId])
      if (stored === undefined) return undefined
      const { record, version } = stored
      const kind = record.principal === account ? 'root' : 'user'
      return {
        identity: { kind, account, principal: record.principal, accessKeyId: keyId },
        active: record.status === 'Active',
        secret: new Secret(vault.open(account, keyId, 'secret', record.secret)),
        name: `${keyId}#${version}`,
      }
    },
  })
  return {
    byKeyId(keyId) {
      const account = accountOfKeyId(keyId)
      return account === undefined ? undefined : cache.get(account, keyId)
    },
  }
}
