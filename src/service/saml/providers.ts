// The SAML providers of accounts over their records: compiled once, and again when a record changes on whichever node.
import { samlProviderArn } from '../../core/arn.ts'
import { andThen } from '../../core/maybe.ts'
import { readMetadata } from '../../federation/saml/metadata.ts'
import type { Store } from '../../store/store.ts'
import { accountCache } from '../access/account-cache.ts'
import type { CompiledSamlProvider, KnownSamlProvider, SamlProviders } from '../contracts/saml.ts'
import type { Vault } from '../parts.ts'
import { type SamlProvider, samlProviders } from '../records.ts'
import { openPrivateKey } from './private-keys.ts'

export function createSamlProviders(store: Store, clock: () => Date, vault: Vault): SamlProviders {
  const known = accountCache<KnownSamlProvider>(store, clock, {
    // Not the metadata's text: keys, addresses and names of it.
    weight: () => 20_000,
    maxBytes: 32 << 20,
    async load(reader, account, key) {
      const found = await reader.read(samlProviders, [account, key])
      if (found === undefined) return undefined
      const { record, version } = found
      const { name, uuid } = record
      return { account, name, uuid, version, arn: samlProviderArn(account, name), compiled: compile(vault, record) }
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

function compile(vault: Vault, record: SamlProvider): KnownSamlProvider['compiled'] {
  const read = readMetadata(record.metadata)
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
