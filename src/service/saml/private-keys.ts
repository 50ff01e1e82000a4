// Private keys that assertions are decrypted with (IAM API Reference, AddPrivateKey of CreateSAMLProvider): RSA, 2048 to 4096
// bits, in one unencrypted PEM. Sealed in the record, and shown to nobody again.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Vault } from '../parts.ts'
import type { SamlPrivateKey, SamlProvider } from '../records.ts'

const pem = /^\s*-----BEGIN ((?:RSA )?PRIVATE KEY)-----\r?\n[A-Za-z0-9+/=\s]+-----END \1-----\s*$/

/** The key in a PEM text; undefined for anything else. */
export function readPrivateKey(text: string): KeyObject | undefined {
  // What has a head of its own (`Proc-Type: 4,ENCRYPTED`) is encrypted; what has two blocks is not one key.
  if (!pem.test(text)) return undefined
  try {
    const key = createPrivateKey({ key: text.trim(), format: 'pem' })
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= 2048 && bits <= 4096 ? key : undefined
  } catch {
    return undefined
  }
}

/** Where a key of a provider is sealed: a key of another provider does not open there. */
const fieldOf = (id: string) => `saml-key:${id}`

type Owner = Pick<SamlProvider, 'account' | 'uuid'>

export function sealPrivateKey(vault: Vault, { account, uuid }: Owner, id: string, key: KeyObject): string {
  return vault.seal(account, uuid, fieldOf(id), key.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/** Throws when the key was sealed elsewhere. */
export function openPrivateKey(vault: Vault, { account, uuid }: Owner, { id, sealed }: SamlPrivateKey): KeyObject {
  return createPrivateKey(vault.open(account, uuid, fieldOf(id), sealed))
}
