// The SAML providers of accounts over their records: compiled once, and again when a record changes on whichever node.
import { hash } from 'node:crypto'
import { samlProviderArn } from '../../core/arn.ts'
import { andThen } from '../../core/maybe.ts'
import { createLru } from '../../core/token/lru.ts'
import { type ReadMetadata, readMetadata } from '../../federation/saml/metadata.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { CompiledSamlProvider, KnownSamlProvider, SamlProviders } from '../contracts/saml.ts'
import type { Vault } from '../parts.ts'
import { type SamlProvider, samlProviders } from '../records.ts'
import { openPrivateKey } from './private-keys.ts'

/** Bytes that a compiled provider takes, roughly: keys, addresses and names, and not the metadata's text. */
const WEIGHT = 20_000

export function createSamlProviders(store: Store, clock: () => Date, vault: Vault): SamlProviders {
  // A record is read again every minute, and when anything of it changed; its document is parsed once.
  const documents = createLru<ReadMetadata>({ bytes: 32 << 20 })
  function readOnce({ account, metadata }: SamlProvider): ReadMetadata {
    const key = hash('sha256', metadata)
    const kept = documents.get(key)
    if (kept !== undefined) return kept
    const read = readMetadata(metadata)
    documents.set(key, read, WEIGHT, account)
    return read
  }

  function compile(record: SamlProvider): KnownSamlProvider['compiled'] {
    const read = readOnce(record)
    if ('rejected' in read) return { unusable: `${read.rejected}: ${read.detail}` }
    try {
      const decryptionKeys = record.privateKeys.map((key) => openPrivateKey(vault, record, key))
      const without: CompiledSamlProvider['encryption'] = record.encryption === 'Required' ? 'Required' : 'none'
      return {
        provider: read.provider,
        decryptionKeys,
        encryption: decryptionKeys.length === 0 ? without : record.encryption,
      }
    } catch (error) {
      return { unusable: (error as Error).message }
    }
  }

  const known = accountCache<KnownSamlProvider>(store, clock, {
    weight: () => WEIGHT,
    maxBytes: 32 << 20,
    async load(reader, account, key) {
      const found = await reader.read(samlProviders, [account, key])
      if (found === undefined) return undefined
      const { record, version } = found
      const { name, uuid } = record
      return { account, name, uuid, version, arn: samlProviderArn(account, name), compiled: compile(record) }
    },
  })
  const places = accountCache<{ readonly account: string; readonly name: string }>(store, clock, {
    weight: () => 500,
    maxBytes: 4 << 20,
    load: async (reader, _, uuid) => (await reader.find(samlProviders, 'uuid', [uuid]))?.record,
  })
  const byKey = (account: string, name: string, is: (found: KnownSamlProvider) => boolean) =>
    andThen(known.get(account, name.toLowerCase()), (found) => (found !== undefined && is(found) ? found : undefined))
  return {
    // INVARIANT: names are unique without regard to case, and policies name a provider to the letter.
    byName: (account, name) => byKey(account, name, (found) => found.name === name),
    byUuid: (uuid) =>
      andThen(places.get('', uuid), (place) =>
        place === undefined ? undefined : byKey(place.account, place.name, (found) => found.uuid === uuid),
      ),
  }
}
