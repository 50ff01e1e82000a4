// The SAML provider that an operation acts on, and what its metadata and private keys may be (IAM API Reference,
// CreateSAMLProvider and UpdateSAMLProvider; IAM User Guide, "Troubleshoot SAML federation with IAM").
import { base32 } from '../../../core/ids.ts'
import { readMetadata } from '../../../federation/saml/metadata.ts'
import type { Reader, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import {
  concurrentModification,
  invalidInput,
  limitExceeded,
  malformedArn,
  noSuchEntity,
} from '../../principals/refusals.ts'
import { isoTime, type SamlPrivateKey, type SamlProvider, samlProviders } from '../../records.ts'
import { readPrivateKey, sealPrivateKey } from '../../saml/private-keys.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'
import { providerArnOf } from './provider-arn.ts'

const MOST_PRIVATE_KEYS = 2

/** A SAMLProviderUUID, or the id of a private key: 26 characters. */
export const newSamlId = (random: Parts['random']) => base32(random(16))

export interface SamlTarget {
  readonly account: string
  /** Whose it is to allow. */
  readonly owner: string
  readonly arn: string
  readonly provider: SamlProvider | undefined
}

/** Looks a provider up by ARN, to the letter. @throws ValidationError when the text is no provider's ARN. */
export async function samlTarget(reader: Reader, call: Call, text: string): Promise<SamlTarget> {
  const account = accountOf(call)
  const { account: owner, name } = providerArnOf(text, 'saml-provider')
  if (!/^[\w.-]{1,128}$/.test(name)) throw malformedArn()
  // Providers of other accounts are nobody else's.
  const found = owner === account ? await reader.get(samlProviders, [account, name.toLowerCase()]) : undefined
  // INVARIANT: what was authorized is this ARN; a policy that denies it must not be passed by another spelling.
  return { account, owner, arn: text, provider: found?.name === name ? found : undefined }
}

export const onSamlProvider = (action: IamName, { owner, arn, provider }: SamlTarget) =>
  check(action, arn, owner, iamResourceTagKeys(provider?.tags))

const notFound = (arn: string) => noSuchEntity(`Manifest not found for arn ${arn}`)

/** @throws NoSuchEntity */
export function presentSamlProvider({ provider, arn }: SamlTarget): SamlProvider {
  if (provider === undefined) throw notFound(arn)
  return provider
}

/**
 * The provider as the transaction sees it.
 *
 * INVARIANT: it is the provider, with the tags, that was authorized.
 *
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentSamlProvider(tx: Transaction, target: SamlTarget): Promise<SamlProvider> {
  const then = presentSamlProvider(target)
  const now = await tx.get(samlProviders, samlProviders.key(then))
  if (now === undefined) throw notFound(target.arn)
  if (now.uuid !== then.uuid || JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw concurrentModification()
  return now
}

type Uploaded = Pick<SamlProvider, 'metadata' | 'validUntil'>

/** What a record holds of an uploaded document. @throws InvalidInput when it is not one provider's metadata. */
export function uploaded(text: string): Uploaded {
  const read = readMetadata(text)
  // AWS's sentence, and what there is to correct.
  if ('rejected' in read) throw invalidInput(`Could not parse metadata: ${read.detail}`, read.rejected)
  const { validUntil } = read.provider
  return { metadata: text, ...(validUntil === undefined ? {} : { validUntil: isoTime(validUntil) }) }
}

type NewKey = Omit<SamlPrivateKey, 'addedAt'>

/** Seals a private key for its provider. @throws InvalidInput when it is none that assertions can be decrypted with. */
export function newPrivateKey(
  { vault, random }: Pick<Parts, 'vault' | 'random'>,
  owner: Pick<SamlProvider, 'account' | 'uuid'>,
  pem: string,
): NewKey {
  const key = readPrivateKey(pem)
  if (key === undefined) throw invalidInput('Invalid private key.')
  const id = newSamlId(random)
  return { id, sealed: sealPrivateKey(vault, owner, id, key) }
}

export interface KeyChange {
  readonly encryption: SamlProvider['encryption'] | undefined
  readonly added?: NewKey | undefined
  /** Its id. */
  readonly removed?: string | undefined
}

const required = () =>
  invalidInput('Unable to set assertion encryption mode to Required because no private key is provided.')

/**
 * A provider's keys and mode after a change of them.
 *
 * INVARIANT: a provider whose assertions must be encrypted has a key to decrypt them with.
 *
 * @throws InvalidInput, LimitExceeded
 */
export function withKeys(
  before: Pick<SamlProvider, 'encryption' | 'privateKeys'>,
  { encryption = before.encryption, added, removed }: KeyChange,
  addedAt: string,
): Pick<SamlProvider, 'encryption' | 'privateKeys'> {
  if (removed !== undefined && !before.privateKeys.some(({ id }) => id === removed)) {
    throw invalidInput('Failed to remove private key because the Key ID does not match a private key.')
  }
  const kept = before.privateKeys.filter(({ id }) => id !== removed)
  const privateKeys = added === undefined ? kept : [...kept, { ...added, addedAt }]
  if (privateKeys.length > MOST_PRIVATE_KEYS) {
    throw limitExceeded(`Private key limit of ${MOST_PRIVATE_KEYS} is reached.`)
  }
  if (encryption === 'Required' && privateKeys.length === 0) {
    throw removed === undefined
      ? required()
      : invalidInput('Failed to remove private key.', 'the last one, and assertions must be encrypted')
  }
  return { encryption, privateKeys }
}
