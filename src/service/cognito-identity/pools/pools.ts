// CreateIdentityPool, UpdateIdentityPool, DescribeIdentityPool, DeleteIdentityPool, ListIdentityPools and the tags of pools
// (API Reference).
import { foldCase } from '../../../core/policy/casing.ts'
import { accountOf } from '../../access/caller-account.ts'
import { pageToken, placeIn } from '../../access/page-tokens.ts'
import { removedTagKeys, requestTagKeys } from '../../access/tag-keys.ts'
import type { Parts } from '../../parts.ts'
import { isoTime } from '../../records.ts'
import { changes, check, reads } from '../define.ts'
import { newId, regionOf } from '../identities/ids.ts'
import { attributeMaps, doomedPools, type Pool, poolRoles, pools } from '../records.ts'
import { invalidParameter, notFound, overLimit } from '../refusals.ts'
import { passToPools, rolesIn } from './pass-role.ts'
import { checkDeveloper, checkPoolTags, poolFrom } from './pool-input.ts'
import { currentPool, onPool, type PoolTarget, poolChanged, poolTarget, presentPool, tagsIn } from './pool-target.ts'

const mostPools = 1_000
const mostMaps = 200

const shown = (pool: Pool) => ({
  IdentityPoolId: pool.id,
  IdentityPoolName: pool.name,
  AllowUnauthenticatedIdentities: pool.allowUnauthenticated,
  ...(pool.allowClassic === undefined ? {} : { AllowClassicFlow: pool.allowClassic }),
  ...(Object.keys(pool.supported).length === 0 ? {} : { SupportedLoginProviders: { ...pool.supported } }),
  ...(pool.developer === undefined ? {} : { DeveloperProviderName: pool.developer }),
  ...(pool.oidc.length === 0 ? {} : { OpenIdConnectProviderARNs: [...pool.oidc] }),
  ...(pool.userPools.length === 0
    ? {}
    : {
        CognitoIdentityProviders: pool.userPools.map(({ name, clientId, check: asks }) => ({
          ProviderName: name,
          ClientId: clientId,
          ServerSideTokenCheck: asks,
        })),
      }),
  ...(pool.saml.length === 0 ? {} : { SamlProviderARNs: [...pool.saml] }),
  IdentityPoolTags: { ...pool.tags },
})

export const poolOperations = (parts: Parts) => {
  const { store, vault, random } = parts
  return {
    CreateIdentityPool: changes<'CreateIdentityPool'>()({
      load: (input, call) => {
        const account = accountOf(call)
        const { region } = call.from
        return { account, given: poolFrom(account, input), id: newId(region, call.now, random) }
      },
      checks: (_, { account, given }) => [
        check('CreateIdentityPool', '*', account, requestTagKeys(tagsIn(given.tags))),
        // Tags at creation need the right to tag as well.
        ...(Object.keys(given.tags).length === 0
          ? []
          : [check('TagResource', '*', account, requestTagKeys(tagsIn(given.tags)))]),
      ],
      change: async (tx, _, { account, given, id }, { now }) => {
        const { items } = await tx.list(pools, 'key', { prefix: [account], limit: mostPools })
        if (items.length >= mostPools) throw overLimit(`An account can have at most ${mostPools} identity pools.`)
        const pool: Pool = { ...given, account, region: regionOf(id), id, createdAt: isoTime(now) }
        await tx.create(pools, pool)
        return shown(pool)
      },
    }),

    UpdateIdentityPool: changes<'UpdateIdentityPool'>()({
      load: async (input, call) => {
        const target = await poolTarget(store, call, input.IdentityPoolId)
        const given = poolFrom(target.account, input)
        const roles = await store.get(poolRoles, [target.account, target.id])
        return { target, given, roles }
      },
      checks: ({ IdentityPoolTags }, { target, given }) => {
        const keys = IdentityPoolTags === undefined ? [] : requestTagKeys(tagsIn(given.tags))
        return [onPool('UpdateIdentityPool', target, keys)]
      },
      // Only for callers who may change the pool: there may be hundreds of roles to read.
      further: (_, { target, roles }) => passToPools(parts, target.account, rolesIn(roles)),
      change: async (tx, { IdentityPoolTags }, { target, given, roles }) => {
        const before = await currentPool(tx, target, poolChanged)
        // INVARIANT: the roles are those whose passing was authorized.
        const now = await tx.get(poolRoles, [before.account, before.id])
        if (JSON.stringify(now) !== JSON.stringify(roles)) throw poolChanged()
        const { developer } = before
        if (developer !== undefined && given.developer !== undefined && given.developer !== developer) {
          throw invalidParameter('The developer provider name of an identity pool cannot be changed.')
        }
        checkDeveloper(developer, given.oidc)
        const pool: Pool = {
          ...given,
          account: before.account,
          region: before.region,
          id: before.id,
          createdAt: before.createdAt,
          // What the request leaves out is removed, except tags, and the developer provider, which cannot be removed.
          tags: IdentityPoolTags === undefined ? before.tags : given.tags,
          ...(developer === undefined ? {} : { developer }),
        }
        await tx.replace(pools, pool)
        return shown(pool)
      },
    }),

    DescribeIdentityPool: reads<'DescribeIdentityPool'>()({
      load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: (_, target) => [onPool('DescribeIdentityPool', target)],
      handle: (_, target) => shown(presentPool(target)),
    }),

    DeleteIdentityPool: changes<'DeleteIdentityPool'>()({
      load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: (_, target) => [onPool('DeleteIdentityPool', target)],
      change: async (tx, _, target) => {
        const { account, region, id } = await currentPool(tx, target)
        await tx.delete(pools, [account, region, id])
        await tx.delete(poolRoles, [account, id])
        const { items } = await tx.list(attributeMaps, 'key', { prefix: [account, id], limit: mostMaps })
        for (const map of items) await tx.delete(attributeMaps, attributeMaps.key(map))
        // Without their pool its identities lead nowhere; they are removed in the background.
        await tx.create(doomedPools, { account, pool: id })
        return {}
      },
    }),

    ListIdentityPools: reads<'ListIdentityPools'>()({
      load: (_, call) => accountOf(call),
      checks: (_, account) => [check('ListIdentityPools', '*', account)],
      handle: async ({ MaxResults, NextToken }, account, { from }) => {
        const { region } = from
        const list = { vault, account, record: 'marker:ListIdentityPools', field: region }
        const after = placeIn(list, NextToken, () => invalidParameter('Invalid NextToken.'))
        const range = { prefix: [account, region], limit: MaxResults, ...(after && { after }) }
        const { items, next } = await store.list(pools, 'key', range)
        const more = pageToken(list, next)
        return {
          IdentityPools: items.map(({ id, name }) => ({ IdentityPoolId: id, IdentityPoolName: name })),
          ...(more && { NextToken: more }),
        }
      },
    }),

    TagResource: changes<'TagResource'>()({
      load: ({ ResourceArn, Tags }, call) => {
        checkPoolTags(Tags)
        return poolTarget(store, call, poolIdIn(ResourceArn, accountOf(call)))
      },
      checks: ({ Tags }, target) => [onPool('TagResource', target, requestTagKeys(tagsIn(Tags)))],
      change: async (tx, { Tags }, target) => {
        const pool = await currentPool(tx, target)
        const given = new Set(Object.keys(Tags).map((key) => foldCase(key)))
        // A key it has in another case is replaced: conditions on tags do not tell the two apart.
        const kept = Object.entries(pool.tags).filter(([key]) => !given.has(foldCase(key)))
        const tags = Object.fromEntries([...kept, ...Object.entries(Tags)])
        checkPoolTags(tags)
        await tx.replace(pools, { ...pool, tags })
        return {}
      },
    }),

    UntagResource: changes<'UntagResource'>()({
      load: ({ ResourceArn }, call) => poolTarget(store, call, poolIdIn(ResourceArn, accountOf(call))),
      checks: ({ TagKeys }, target) => [onPool('UntagResource', target, removedTagKeys(TagKeys))],
      change: async (tx, { TagKeys }, target) => {
        const pool = await currentPool(tx, target)
        const tags = Object.fromEntries(Object.entries(pool.tags).filter(([key]) => !TagKeys.includes(key)))
        await tx.replace(pools, { ...pool, tags })
        return {}
      },
    }),

    ListTagsForResource: reads<'ListTagsForResource'>()({
      load: ({ ResourceArn }, call) => poolTarget(store, call, poolIdIn(ResourceArn, accountOf(call))),
      checks: (_, target: PoolTarget) => [onPool('ListTagsForResource', target)],
      handle: (_, target) => ({ Tags: { ...presentPool(target).tags } }),
    }),
  }
}

/** The pool of an ARN of this account. @throws InvalidParameterException, ResourceNotFoundException */
function poolIdIn(arn: string, account: string): string {
  const match = /^arn:aws:cognito-identity:([\w-]+):(\d{12}):identitypool\/([\w-]+:[0-9a-f-]+)$/.exec(arn)
  const [, region = '', owner = '', id = ''] = match ?? []
  if (match === null || regionOf(id) !== region) throw invalidParameter(`Invalid resource ARN: ${arn}`)
  if (owner !== account) throw notFound(`IdentityPool '${id}' not found.`)
  return id
}
