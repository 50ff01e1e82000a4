// Developer-authenticated identities: LookupDeveloperIdentity, MergeDeveloperIdentities, UnlinkDeveloperIdentity (API
// Reference). Callers sign with credentials of the pool's account: what they say about their own users is believed.
import type { Reader } from '../../../store/store.ts'
import type { Parts } from '../../parts.ts'
import { isoTime } from '../../records.ts'
import { tokenForDeveloper } from '../credentials/developer-token.ts'
import { type CognitoInput, type CognitoName, type CognitoOutput, changes } from '../define.ts'
import { currentPool, onPool, type PoolTarget, poolTarget, presentPool } from '../pools/pool-target.ts'
import { type IdentityRecord, identities, loginLinks, type Pool } from '../records.ts'
import { conflict, invalidParameter, noIdentity, notFound } from '../refusals.ts'
import { homeOf, type IdentityRequest, settle } from './linking.ts'
import { removeLogins } from './unlink.ts'

const noUser = (user: string) => notFound(`Developer user '${user}' not found.`)

/** Checks that the request names the pool's developer provider. @throws InvalidParameterException */
function checkProvider(pool: Pool, name: string): void {
  if (pool.developer !== name) throw invalidParameter(`${name} is not the developer provider of this identity pool.`)
}

async function ownerOf(reader: Reader, pool: Pool, subject: string): Promise<IdentityRecord> {
  const link = await reader.get(loginLinks, [pool.account, pool.id, pool.developer ?? '', subject])
  const owner = link && (await reader.get(identities, [pool.account, pool.id, link.identity]))
  if (owner === undefined) throw noUser(subject)
  return owner
}

export const developerOperations = (parts: Parts) => {
  const { store, vault } = parts
  const onTarget = (action: CognitoName) => (_: unknown, target: PoolTarget) => [onPool(action, target)]
  return {
    GetOpenIdTokenForDeveloperIdentity: tokenForDeveloper(parts),

    LookupDeveloperIdentity: {
      signature: 'required' as const,
      load: ({ IdentityPoolId }: CognitoInput<'LookupDeveloperIdentity'>, call: Parameters<typeof poolTarget>[1]) =>
        poolTarget(store, call, IdentityPoolId),
      checks: onTarget('LookupDeveloperIdentity'),
      handle: async (
        input: CognitoInput<'LookupDeveloperIdentity'>,
        target: PoolTarget,
      ): Promise<CognitoOutput<'LookupDeveloperIdentity'>> => {
        const pool = presentPool(target)
        const { IdentityId, DeveloperUserIdentifier, MaxResults = 60, NextToken } = input
        if (IdentityId === undefined && DeveloperUserIdentifier === undefined) {
          throw invalidParameter('Give IdentityId or DeveloperUserIdentifier.')
        }
        const named = IdentityId === undefined ? undefined : await identityIn(store, pool, IdentityId)
        const owner =
          DeveloperUserIdentifier === undefined ? undefined : await ownerOf(store, pool, DeveloperUserIdentifier)
        const identity = owner ?? named
        if (identity === undefined || (named !== undefined && named.id !== identity.id)) {
          throw conflict('The developer user is not linked to that identity.')
        }
        const users = identity.logins.flatMap(({ provider, subject }) => (provider === pool.developer ? [subject] : []))
        const place = { account: pool.account, record: 'marker:LookupDeveloperIdentity', field: identity.id }
        // The user is linked to the identity: the answer says so, and nothing of the identity's other users.
        if (IdentityId !== undefined && DeveloperUserIdentifier !== undefined)
          return { IdentityId, DeveloperUserIdentifierList: [DeveloperUserIdentifier] }
        const start = NextToken === undefined ? 0 : opened(vault, place, NextToken)
        const shown = users.slice(start, start + MaxResults)
        const end = start + shown.length
        const more = end < users.length
        return {
          IdentityId: identity.id,
          DeveloperUserIdentifierList: shown,
          ...(more ? { NextToken: vault.seal(place.account, place.record, place.field, String(end)) } : {}),
        }
      },
      audit: { readOnly: true },
    },

    MergeDeveloperIdentities: changes<'MergeDeveloperIdentities'>()({
      load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: onTarget('MergeDeveloperIdentities'),
      change: async (tx, input, target, { now }) => {
        const pool = await currentPool(tx, target)
        checkProvider(pool, input.DeveloperProviderName)
        const source = await ownerOf(tx, pool, input.SourceUserIdentifier)
        const destination = await ownerOf(tx, pool, input.DestinationUserIdentifier)
        if (source.id === destination.id) throw conflict('Both users are linked to the same identity.')
        // The source's logins lead to the destination, as when someone signs in by both.
        const request: IdentityRequest = {
          pool,
          id: destination.id,
          logins: source.logins,
          vouched: true,
          at: isoTime(now),
        }
        await settle(tx, request)
        return { IdentityId: destination.id }
      },
    }),

    UnlinkDeveloperIdentity: changes<'UnlinkDeveloperIdentity'>()({
      load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: onTarget('UnlinkDeveloperIdentity'),
      change: async (tx, input, target, { now }) => {
        const pool = await currentPool(tx, target)
        checkProvider(pool, input.DeveloperProviderName)
        const identity = await identityIn(tx, pool, input.IdentityId)
        const login = { provider: input.DeveloperProviderName, subject: input.DeveloperUserIdentifier }
        const linked = identity.logins.some(
          ({ provider, subject }) => provider === login.provider && subject === login.subject,
        )
        if (!linked) throw noUser(login.subject)
        await removeLogins(tx, identity, [login], isoTime(now))
        return {}
      },
    }),
  }
}

/** An identity of the pool, or what it was merged into. @throws ResourceNotFoundException */
async function identityIn(reader: Reader, pool: Pool, id: string): Promise<IdentityRecord> {
  const identity = await homeOf(reader, id)
  if (identity === undefined || identity.pool !== pool.id || identity.account !== pool.account) throw noIdentity(id)
  return identity
}

function opened(
  vault: Parts['vault'],
  { account, record, field }: { account: string; record: string; field: string },
  marker: string,
): number {
  try {
    return Number(vault.open(account, record, field, marker))
  } catch {
    throw invalidParameter('Invalid NextToken.')
  }
}
