// Attributes for access control: which claims of a login become session tags (GetPrincipalTagAttributeMap,
// SetPrincipalTagAttributeMap; Amazon Cognito Developer Guide, "Using attributes for access control").
import { foldCase } from '../../../core/policy/casing.ts'
import type { PoolView } from '../../contracts/identity-pools.ts'
import type { Parts } from '../../parts.ts'
import type { Tag } from '../../records.ts'
import { textsOf } from '../credentials/role-choice.ts'
import { changes, reads } from '../define.ts'
import type { VerifiedLogin } from '../identities/logins.ts'
import { type AttributeMap, attributeMaps } from '../records.ts'
import { forbidden, invalidParameter, notFound } from '../refusals.ts'
import { currentPool, onPool, poolTarget, presentPool } from './pool-target.ts'

/** The attribute map that UseDefaults stands for. */
const defaultTags: Readonly<Record<string, string>> = { username: 'sub', client: 'aud' }
/** STS's bound of session tags. */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
/** All claim names of a map together, in bytes. */
const mostBytes = 460

/**
 * The session tags of an identity with these logins. A claim that is absent, a list, or not a valid tag value makes none.
 * @throws NotAuthorizedException when two logins have different values for one tag
 */
export function tagsOf(view: PoolView, logins: readonly VerifiedLogin[], id: string): readonly Tag[] {
  if (view.attributes.size === 0) return []
  const tags = new Map<string, Tag>()
  for (const login of logins) {
    const map = login.names.map((name) => view.attributes.get(name)).find((attributes) => attributes !== undefined)
    if (map === undefined) continue
    for (const [Key, claim] of Object.entries(map.defaults ? defaultTags : map.tags)) {
      const Value = claim === 'aud' ? login.audience : oneText(login, claim)
      if (Value === undefined || Value.length > 256 || !tagText.test(Value)) continue
      const earlier = tags.get(foldCase(Key))
      if (earlier !== undefined && earlier.Value !== Value) throw forbidden(id, `two logins differ about tag ${Key}`)
      tags.set(foldCase(Key), { Key, Value })
    }
  }
  return [...tags.values()]
}

function oneText({ claims, subject }: VerifiedLogin, claim: string): string | undefined {
  const texts = textsOf(claims.get(claim))
  if (texts?.length === 1) return texts[0]
  return claim === 'sub' && texts === undefined ? subject : undefined
}

/** @throws InvalidParameterException for tags that no session could have */
export function checkTags(tags: Readonly<Record<string, string>>, what: string): void {
  const seen = new Set<string>()
  for (const key of Object.keys(tags)) {
    const folded = foldCase(key)
    if (folded.startsWith('aws:') || !tagText.test(key)) throw invalidParameter(`Invalid ${what} key: ${key}`)
    if (seen.has(folded)) throw invalidParameter(`Duplicate ${what} key: ${key}`)
    seen.add(folded)
  }
}

const shown = ({ pool, provider, defaults, tags }: AttributeMap) => ({
  IdentityPoolId: pool,
  IdentityProviderName: provider,
  UseDefaults: defaults,
  PrincipalTags: defaults ? { ...defaultTags } : { ...tags },
})

export const principalTagOperations = ({ store }: Parts) => ({
  GetPrincipalTagAttributeMap: reads<'GetPrincipalTagAttributeMap'>()({
    load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
    checks: (_, target) => [onPool('GetPrincipalTagAttributeMap', target)],
    handle: async ({ IdentityProviderName }, target) => {
      const { account, id } = presentPool(target)
      const map = await store.get(attributeMaps, [account, id, IdentityProviderName])
      if (map === undefined) throw notFound(`No attribute map for ${IdentityProviderName} in IdentityPool '${id}'.`)
      return shown(map)
    },
  }),

  SetPrincipalTagAttributeMap: changes<'SetPrincipalTagAttributeMap'>()({
    load: ({ IdentityPoolId, PrincipalTags = {} }, call) => {
      checkTags(PrincipalTags, 'principal tag')
      if (Buffer.byteLength(Object.values(PrincipalTags).join('')) > mostBytes) {
        throw invalidParameter(`Attribute names may have ${mostBytes} bytes together.`)
      }
      return poolTarget(store, call, IdentityPoolId)
    },
    checks: (_, target) => [onPool('SetPrincipalTagAttributeMap', target)],
    change: async (tx, { IdentityProviderName, UseDefaults = false, PrincipalTags = {} }, target) => {
      const { account, id } = await currentPool(tx, target)
      const map: AttributeMap = {
        account,
        pool: id,
        provider: IdentityProviderName,
        defaults: UseDefaults,
        tags: UseDefaults ? {} : PrincipalTags,
      }
      const key = attributeMaps.key(map)
      if ((await tx.get(attributeMaps, key)) === undefined) await tx.create(attributeMaps, map)
      else await tx.replace(attributeMaps, map)
      return shown(map)
    },
  }),
})
