// OpenID Connect providers: CreateOpenIDConnectProvider and its family (IAM API Reference). An account's provider vouches
// for bearers of its tokens in that account alone; which of them may assume which role is for trust policies.
import { mostOf, type Quotas } from '../../../core/quotas.ts'
import type { Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { removedTagKeys, requestTagKeys } from '../../access/tag-keys.ts'
import type { Parts } from '../../parts.ts'
import { count, uncount } from '../../principals/quotas.ts'
import { alreadyExists, invalidInput, noSuchEntity } from '../../principals/refusals.ts'
import { givenTags, tagsMember, tagsOut, withoutTags, withTags } from '../../principals/tag-rules.ts'
import { isoTime, type OidcProvider, oidcProviders, type Tag } from '../../records.ts'
import { check, listCheck, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { pageOf } from '../paging.ts'
import {
  clientIdsOf,
  currentProvider,
  type NewProvider,
  newProvider,
  onProvider,
  presentProvider,
  providerTarget,
  thumbprintListOf,
  unreachable,
} from './oidc-target.ts'

export interface Creation extends NewProvider {
  readonly account: string
  /** From newProviderId. */
  readonly id: string
  readonly tags: readonly Tag[]
  readonly clientIds: readonly string[]
  /** Undefined until the provider was asked, when none were given. */
  readonly thumbprints: readonly string[] | undefined
}

const cannotBeFound = (arn: string) => noSuchEntity(`OpenId connect Provider ${arn} cannot be found.`)

/** Stores a provider: for the API and for a file alike. @throws EntityAlreadyExists, LimitExceeded */
export async function createProvider(tx: Transaction, provider: OidcProvider, quotas: Quotas): Promise<OidcProvider> {
  if ((await tx.get(oidcProviders, oidcProviders.key(provider))) !== undefined) {
    throw alreadyExists(`Provider with url ${provider.issuer} already exists.`)
  }
  await count(tx, provider.account, 'oidcProviders', quotas)
  await tx.create(oidcProviders, provider)
  return provider
}

export const newProviderId = (random: Parts['random']) => random(16).toString('hex')

export const oidcProviderOperations = ({ store, vault, random, webIdentity, quotas }: Parts) => ({
  CreateOpenIDConnectProvider: changes<'CreateOpenIDConnectProvider'>()({
    load: ({ Url, ClientIDList, ThumbprintList, Tags }, call): Creation => {
      const account = accountOf(call)
      return {
        ...newProvider(webIdentity, account, Url ?? ''),
        account,
        id: newProviderId(random),
        tags: givenTags(Tags),
        clientIds: clientIdsOf(ClientIDList ?? [], quotas(account)),
        thumbprints:
          ThumbprintList === undefined || ThumbprintList.length === 0 ? undefined : thumbprintListOf(ThumbprintList),
      }
    },
    checks: (_, { arn, account, tags }) => [
      check('CreateOpenIDConnectProvider', arn, account, requestTagKeys(tags)),
      ...tagsToo('TagOpenIDConnectProvider', arn, account, tags),
    ],
    prepare: async (_, target) => {
      const { account, issuer } = target
      // Nobody waits for a provider only to be told that it is there already.
      if ((await store.get(oidcProviders, [account, target.url])) !== undefined) return { ...target, thumbprints: [] }
      const thumbprints = target.thumbprints ?? (await webIdentity.thumbprintsOf(account, issuer))
      if ('rejected' in thumbprints) throw unreachable(issuer, `${thumbprints.rejected}: ${thumbprints.detail}`)
      return { ...target, thumbprints }
    },
    change: async (tx, _, { account, id, url, issuer, arn, tags, clientIds, thumbprints = [] }, call) => {
      const createdAt = isoTime(call.now)
      await createProvider(tx, { account, id, url, issuer, clientIds, thumbprints, createdAt, tags }, quotas)
      return { OpenIDConnectProviderArn: arn, ...tagsMember(tags) }
    },
  }),

  GetOpenIDConnectProvider: reads<'GetOpenIDConnectProvider'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('GetOpenIDConnectProvider', target)],
    handle: (_, target) => {
      const { url, clientIds, thumbprints, createdAt, tags } = presentProvider(target)
      return {
        Url: url,
        ClientIDList: [...clientIds],
        ThumbprintList: [...thumbprints],
        CreateDate: new Date(createdAt),
        ...tagsMember(tags),
      }
    },
  }),

  ListOpenIDConnectProviders: reads<'ListOpenIDConnectProviders'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [listCheck('ListOpenIDConnectProviders', account, 'oidc-provider/*')],
    handle: async (_, account) => {
      const { items } = await store.list(oidcProviders, 'key', {
        prefix: [account],
        limit: mostOf('OpenIdConnectProvidersPerAccount'),
      })
      return {
        OpenIDConnectProviderList: items.map(({ url }) => ({ Arn: `arn:aws:iam::${account}:oidc-provider/${url}` })),
      }
    },
  }),

  DeleteOpenIDConnectProvider: changes<'DeleteOpenIDConnectProvider'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('DeleteOpenIDConnectProvider', target)],
    change: async (tx, _, target) => {
      const provider = await currentProvider(tx, target, cannotBeFound)
      await tx.delete(oidcProviders as never, oidcProviders.key(provider))
      await uncount(tx, provider.account, 'oidcProviders')
      return {}
    },
  }),

  AddClientIDToOpenIDConnectProvider: changes<'AddClientIDToOpenIDConnectProvider'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('AddClientIDToOpenIDConnectProvider', target)],
    change: async (tx, { ClientID }, target) => {
      const provider = await currentProvider(tx, target)
      const clientIds = clientIdsOf([...provider.clientIds, ClientID ?? ''], quotas(provider.account))
      await tx.replace(oidcProviders, { ...provider, clientIds })
      return {}
    },
  }),

  RemoveClientIDFromOpenIDConnectProvider: changes<'RemoveClientIDFromOpenIDConnectProvider'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('RemoveClientIDFromOpenIDConnectProvider', target)],
    change: async (tx, { ClientID }, target) => {
      const provider = await currentProvider(tx, target)
      const clientIds = provider.clientIds.filter((id) => id !== ClientID)
      await tx.replace(oidcProviders, { ...provider, clientIds })
      return {}
    },
  }),

  UpdateOpenIDConnectProviderThumbprint: changes<'UpdateOpenIDConnectProviderThumbprint'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('UpdateOpenIDConnectProviderThumbprint', target)],
    change: async (tx, { ThumbprintList = [] }, target) => {
      const provider = await currentProvider(tx, target)
      const thumbprints = thumbprintListOf(ThumbprintList)
      if (thumbprints.length === 0) throw invalidInput('Thumbprint list must contain at least one entry.')
      await tx.replace(oidcProviders, { ...provider, thumbprints })
      return {}
    },
  }),

  TagOpenIDConnectProvider: changes<'TagOpenIDConnectProvider'>()({
    load: async ({ OpenIDConnectProviderArn: arn, Tags }, call) => ({
      tags: givenTags(Tags),
      provider: await providerTarget(store, call, arn ?? ''),
    }),
    checks: (_, { provider, tags }) => {
      const question = onProvider('TagOpenIDConnectProvider', provider)
      return [{ ...question, keys: new Map([...(question.keys ?? []), ...requestTagKeys(tags)]) }]
    },
    change: async (tx, _, { provider, tags }) => {
      const record = await currentProvider(tx, provider)
      await tx.replace(oidcProviders, { ...record, tags: withTags(record.tags, tags) })
      return {}
    },
  }),

  UntagOpenIDConnectProvider: changes<'UntagOpenIDConnectProvider'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: ({ TagKeys }, target) => {
      const question = onProvider('UntagOpenIDConnectProvider', target)
      return [{ ...question, keys: new Map([...(question.keys ?? []), ...removedTagKeys(TagKeys ?? [])]) }]
    },
    change: async (tx, { TagKeys }, target) => {
      const record = await currentProvider(tx, target)
      await tx.replace(oidcProviders, { ...record, tags: withoutTags(record.tags, TagKeys ?? []) })
      return {}
    },
  }),

  ListOpenIDConnectProviderTags: reads<'ListOpenIDConnectProviderTags'>()({
    load: ({ OpenIDConnectProviderArn: arn }, call) => providerTarget(store, call, arn ?? ''),
    checks: (_, target) => [onProvider('ListOpenIDConnectProviderTags', target)],
    handle: (input, target) => {
      const { account, id, tags } = presentProvider(target)
      const pageRequest = { vault, account, operation: 'ListOpenIDConnectProviderTags', filter: [id], input }
      const { items, page } = pageOf(pageRequest, tags, ({ Key }) => Key)
      return { Tags: tagsOut(items), ...page }
    },
  }),
})
