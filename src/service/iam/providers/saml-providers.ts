// SAML providers: CreateSAMLProvider and its family (IAM API Reference). An account's provider vouches for people in that
// account alone; which of them may assume which role is for trust policies.
import { setImmediate as turn } from 'node:timers/promises'
import { samlProviderArn } from '../../../core/arn.ts'
import type { Quotas } from '../../../core/quotas.ts'
import type { Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { removedTagKeys, requestTagKeys } from '../../access/tag-keys.ts'
import { count, uncount } from '../../principals/quotas.ts'
import { alreadyExists, invalidInput } from '../../principals/refusals.ts'
import { givenTags, tagsMember, tagsOut, withoutTags, withTags } from '../../principals/tag-rules.ts'
import { isoTime, type SamlProvider, samlProviders, type Tag } from '../../records.ts'
import { check, listCheck, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { type ListingParts, pageOf, recordsFrom } from '../paging.ts'
import {
  currentSamlProvider,
  type KeyChange,
  newPrivateKey,
  newSamlId,
  onSamlProvider,
  presentSamlProvider,
  type SamlTarget,
  samlTarget,
  uploaded,
  withKeys,
} from './saml-target.ts'

/** Metadata may be long: so many are read at once for a list, and then others have a turn. */
const AT_ONCE = 5

export interface Creation {
  readonly account: string
  readonly arn: string
  readonly uuid: string
  readonly tags: readonly Tag[]
  /** Once it was allowed. */
  readonly made?: Pick<SamlProvider, 'metadata' | 'validUntil' | 'encryption' | 'privateKeys'>
}

export interface Update extends SamlTarget {
  /** Once it was allowed. */
  readonly document?: ReturnType<typeof uploaded>
  readonly keys?: KeyChange
}

/** Stores a provider: for the API and for a file alike. @throws EntityAlreadyExists, LimitExceeded */
export async function createSamlProvider(tx: Transaction, provider: SamlProvider, quotas: Quotas): Promise<void> {
  if ((await tx.get(samlProviders, samlProviders.key(provider))) !== undefined) {
    throw alreadyExists(`Provider with name ${provider.name} already exists.`)
  }
  await count(tx, provider.account, 'samlProviders', quotas)
  await tx.create(samlProviders, provider)
}

/** As AWS shows it: what does not say when it ends, ends a hundred years after it was made. */
function validUntilOf({ validUntil, createdAt }: SamlProvider): Date {
  if (validUntil !== undefined) return new Date(validUntil)
  const end = new Date(createdAt)
  end.setUTCFullYear(end.getUTCFullYear() + 100)
  return end
}

export const samlProviderOperations = ({ store, vault, random, quotas, inTurn }: ListingParts) => ({
  CreateSAMLProvider: changes<'CreateSAMLProvider'>()({
    load: ({ Name, Tags }, call): Creation => {
      const account = accountOf(call)
      return { account, arn: samlProviderArn(account, Name), uuid: newSamlId(random), tags: givenTags(Tags) }
    },
    checks: (_, { arn, account, tags }) => [
      check('CreateSAMLProvider', arn, account, requestTagKeys(tags)),
      ...tagsToo('TagSAMLProvider', arn, account, tags),
    ],
    prepare: async ({ SAMLMetadataDocument, AssertionEncryptionMode, AddPrivateKey: pem }, target, { now }) => {
      const added = pem === undefined ? undefined : newPrivateKey({ vault, random }, target, pem)
      const keys = { encryption: AssertionEncryptionMode, added }
      const none = { encryption: 'Allowed', privateKeys: [] } as const
      return { ...target, made: { ...withKeys(none, keys, isoTime(now)), ...uploaded(SAMLMetadataDocument) } }
    },
    change: async (tx, { Name: name }, { account, arn, uuid, tags, made }, { now }) => {
      if (made === undefined) throw new TypeError('a provider without metadata')
      await createSamlProvider(tx, { account, name, uuid, createdAt: isoTime(now), tags, ...made }, quotas)
      return { SAMLProviderArn: arn, ...tagsMember(tags) }
    },
  }),

  UpdateSAMLProvider: changes<'UpdateSAMLProvider'>()({
    load: (input, call): Promise<Update> => {
      const { SAMLMetadataDocument, AssertionEncryptionMode, AddPrivateKey, RemovePrivateKey } = input
      const given = [SAMLMetadataDocument, AssertionEncryptionMode, AddPrivateKey, RemovePrivateKey]
      if (given.every((one) => one === undefined)) {
        throw invalidInput(
          'Unable to update identity provider. No updates are defined for metadata or encryption assertion.',
        )
      }
      if (AddPrivateKey !== undefined && RemovePrivateKey !== undefined) {
        throw invalidInput(
          'Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.',
        )
      }
      return samlTarget(store, call, input.SAMLProviderArn)
    },
    checks: (_, target) => [onSamlProvider('UpdateSAMLProvider', target)],
    prepare: async (
      { SAMLMetadataDocument: text, AssertionEncryptionMode, AddPrivateKey, RemovePrivateKey },
      target,
    ) => {
      const provider = presentSamlProvider(target)
      const added = AddPrivateKey === undefined ? undefined : newPrivateKey({ vault, random }, provider, AddPrivateKey)
      return {
        ...target,
        keys: { encryption: AssertionEncryptionMode, added, removed: RemovePrivateKey },
        ...(text === undefined ? {} : { document: uploaded(text) }),
      }
    },
    change: async (tx, _, target, { now }) => {
      const { document, keys } = target
      if (keys === undefined) throw new TypeError('an update that was not prepared')
      const provider = await currentSamlProvider(tx, target)
      const { metadata, validUntil, ...rest } = provider
      const after = { ...rest, ...(document ?? { metadata, ...(validUntil === undefined ? {} : { validUntil }) }) }
      await tx.replace(samlProviders, { ...after, ...withKeys(provider, keys, isoTime(now)) })
      return { SAMLProviderArn: target.arn }
    },
  }),

  GetSAMLProvider: reads<'GetSAMLProvider'>()({
    load: ({ SAMLProviderArn: arn }, call) => samlTarget(store, call, arn),
    checks: (_, target) => [onSamlProvider('GetSAMLProvider', target)],
    handle: (_, target) => {
      const provider = presentSamlProvider(target)
      return {
        SAMLProviderUUID: provider.uuid,
        SAMLMetadataDocument: provider.metadata,
        CreateDate: new Date(provider.createdAt),
        ValidUntil: validUntilOf(provider),
        Tags: tagsOut(provider.tags),
        AssertionEncryptionMode: provider.encryption,
        PrivateKeyList: provider.privateKeys.map(({ id, addedAt }) => ({ KeyId: id, Timestamp: new Date(addedAt) })),
      }
    },
  }),

  ListSAMLProviders: reads<'ListSAMLProviders'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [listCheck('ListSAMLProviders', account, 'saml-provider/*')],
    handle: (_, account) =>
      inTurn(account, async () => {
        const list: { Arn: string; ValidUntil: Date; CreateDate: Date }[] = []
        for await (const provider of recordsFrom(store, samlProviders, [account], undefined, AT_ONCE)) {
          const Arn = samlProviderArn(account, provider.name)
          list.push({ Arn, ValidUntil: validUntilOf(provider), CreateDate: new Date(provider.createdAt) })
          if (list.length % AT_ONCE === 0) await turn()
        }
        return { SAMLProviderList: list }
      }),
  }),

  DeleteSAMLProvider: changes<'DeleteSAMLProvider'>()({
    load: ({ SAMLProviderArn: arn }, call) => samlTarget(store, call, arn),
    checks: (_, target) => [onSamlProvider('DeleteSAMLProvider', target)],
    change: async (tx, _, target) => {
      const provider = await currentSamlProvider(tx, target)
      await tx.delete(samlProviders, samlProviders.key(provider))
      await uncount(tx, provider.account, 'samlProviders')
      return {}
    },
  }),

  TagSAMLProvider: changes<'TagSAMLProvider'>()({
    load: async ({ SAMLProviderArn: arn, Tags }, call) => ({
      tags: givenTags(Tags),
      provider: await samlTarget(store, call, arn),
    }),
    checks: (_, { provider, tags }) => {
      const question = onSamlProvider('TagSAMLProvider', provider)
      return [{ ...question, keys: new Map([...(question.keys ?? []), ...requestTagKeys(tags)]) }]
    },
    change: async (tx, _, { provider, tags }) => {
      const record = await currentSamlProvider(tx, provider)
      await tx.replace(samlProviders, { ...record, tags: withTags(record.tags, tags) })
      return {}
    },
  }),

  UntagSAMLProvider: changes<'UntagSAMLProvider'>()({
    load: ({ SAMLProviderArn: arn }, call) => samlTarget(store, call, arn),
    checks: ({ TagKeys }, target) => {
      const question = onSamlProvider('UntagSAMLProvider', target)
      return [{ ...question, keys: new Map([...(question.keys ?? []), ...removedTagKeys(TagKeys)]) }]
    },
    change: async (tx, { TagKeys }, target) => {
      const record = await currentSamlProvider(tx, target)
      await tx.replace(samlProviders, { ...record, tags: withoutTags(record.tags, TagKeys) })
      return {}
    },
  }),

  ListSAMLProviderTags: reads<'ListSAMLProviderTags'>()({
    load: ({ SAMLProviderArn: arn }, call) => samlTarget(store, call, arn),
    checks: (_, target) => [onSamlProvider('ListSAMLProviderTags', target)],
    handle: (input, target) => {
      const { account, uuid, tags } = presentSamlProvider(target)
      const pageRequest = { vault, account, operation: 'ListSAMLProviderTags', filter: [uuid], input }
      const { items, page } = pageOf(pageRequest, tags, ({ Key }) => Key)
      return { Tags: tagsOut(items), ...page }
    },
  }),
})
