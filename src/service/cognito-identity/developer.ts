// Developer-authenticated identities: GetOpenIdTokenForDeveloperIdentity, LookupDeveloperIdentity,
// MergeDeveloperIdentities, UnlinkDeveloperIdentity (API Reference). Callers sign with credentials of the pool's account:
// what they say of their own users is believed.
import type { Reader, Transaction } from '../../store/store.ts'
import { modelled } from '../../wire/errors.ts'
import type { Call, Check } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { isoTime, type Tag } from '../records.ts'
import { lineageOf } from '../session/lineage.ts'
import { type CognitoInput, type CognitoName, type CognitoOutput, changes } from './define.ts'
import { newId } from './ids.ts'
import { lifetimeOf } from './lifetime.ts'
import { type Asked, homeOf, type Plan, plan, settle } from './linking.ts'
import { ownProvider } from './logins.ts'
import type { Origin, PoolView } from './parts.ts'
import { currentPool, onPool, type PoolTarget, poolTarget, presentPool } from './pool-target.ts'
import { checkTags } from './principal-tags.ts'
import { amrOf, askedOf, endsOf, type Proof, prove, sessionTagsOf } from './prove.ts'
import { type IdentityRecord, identities, loginLinks, type Pool } from './records.ts'
import { conflict, invalidParameter, noIdentity, notFound } from './refusals.ts'
import { removeLogins } from './unlink.ts'

/** Seconds. */
const usualLifetime = 900

const alreadyRegistered = () =>
  modelled(
    'cognito-identity',
    'DeveloperUserAlreadyRegisteredException',
    'The provided developer user identifier is already registered with another identity.',
  )
const noUser = (user: string) => notFound(`Developer user '${user}' not found.`)

/** The one login of the developer's own provider. @throws InvalidParameterException */
function developerLogin(pool: Pool, logins: Readonly<Record<string, string>>) {
  const { developer } = pool
  const subject = developer === undefined || !Object.hasOwn(logins, developer) ? undefined : logins[developer]
  if (developer === undefined || subject === undefined) {
    throw invalidParameter('Please provide a login for the developer provider of this identity pool.')
  }
  if (subject.length > 1024) throw invalidParameter('A developer user identifier has at most 1024 characters.')
  return { provider: developer, subject }
}

interface TokenTarget {
  readonly target: PoolTarget
  /** Absent where the pool is not there: the checks come first. */
  readonly found: { readonly view: PoolView; readonly proof: Proof; readonly asked: Asked } | undefined
}

/** The identity of the plan, unless the developer's user is another identity's already. */
async function planFor(reader: Reader, asked: Asked): Promise<Plan> {
  await refuseTaken(reader, asked)
  return plan(reader, asked)
}

async function refuseTaken(reader: Reader, { pool, id, logins }: Asked): Promise<void> {
  if (id === undefined) return
  const own = logins.find(({ provider }) => provider === pool.developer)
  const link = own && (await reader.get(loginLinks, [pool.account, pool.id, own.provider, own.subject]))
  if (link !== undefined && link.identity !== (await homeOf(reader, id))?.id) throw alreadyRegistered()
}

const tagList = (tags: Readonly<Record<string, string>> | undefined): readonly Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }))

type TokenName = 'GetOpenIdTokenForDeveloperIdentity'

const tokenForDeveloper = (parts: Parts) => {
  const { store, random } = parts
  /** Kept between the answer and its commit, which are of one request. */
  const plans = new WeakMap<TokenTarget, Plan>()
  return {
    proof: 'signed' as const,
    target: async (input: CognitoInput<TokenName>, call: Parameters<typeof poolTarget>[1]): Promise<TokenTarget> => {
      checkTags(input.PrincipalTags ?? {}, 'principal tag')
      const target = await poolTarget(store, call, input.IdentityPoolId)
      const view = target.pool === undefined ? undefined : await parts.cognito.pools.byId(target.id)
      if (view === undefined || view.pool.account !== target.account) return { target, found: undefined }
      const own = developerLogin(view.pool, input.Logins)
      const { [own.provider]: _, ...others } = input.Logins
      if (Object.hasOwn(others, ownProvider))
        throw invalidParameter(`${ownProvider} is no login of a developer's user.`)
      const proof = await prove(parts, view, others, call.now)
      const base = askedOf(view, proof, call.now)
      const asked: Asked = {
        ...base,
        logins: [own, ...base.logins],
        id: input.IdentityId,
        newId: newId(view.pool.region, call.now, random),
        vouched: true,
      }
      return { target, found: { view, proof, asked } }
    },
    checks: (_: unknown, { target }: TokenTarget): readonly Check[] => [
      onPool('GetOpenIdTokenForDeveloperIdentity', target),
    ],
    handle: async (
      { PrincipalTags, TokenDuration = usualLifetime }: CognitoInput<TokenName>,
      aimed: TokenTarget,
      call: Pick<Call, 'now' | 'identity' | 'subject'>,
    ): Promise<CognitoOutput<TokenName>> => {
      const { account, id: pool, developer = '' } = presentPool(aimed.target)
      if (aimed.found === undefined) throw noPoolLeft(pool)
      const { view, proof, asked } = aimed.found
      const planned = await planFor(store, asked)
      plans.set(aimed, planned)
      const { id, epoch } = planned.identity
      const subject = asked.logins[0]?.subject ?? ''
      const [signedIn = 'authenticated', ...others] = amrOf(proof, false)
      const amr = [signedIn, developer, `${developer}:${pool}:${subject}`, ...others]
      const given = tagList(PrincipalTags)
      const from = originOf(call)
      const { identity } = call
      const expiresAt = identity.kind === 'session' ? identity.pass.expiresAt : undefined
      const had = { ...proof, own: { id, amr, tags: given, from, expiresAt } }
      const tags = sessionTagsOf(view, had, id)
      const duration = lifetimeOf(endsOf(had), TokenDuration, call.now)
      const wanted = { account, pool, identity: id, epoch, amr, tags, from, duration }
      return { IdentityId: id, Token: await parts.cognito.tokens.issue(wanted, call.now) }
    },
    commit: (_: unknown, aimed: TokenTarget) => {
      const planned = plans.get(aimed)
      const asked = aimed.found?.asked
      if (planned === undefined || asked === undefined || planned.settled) return undefined
      return async (tx: Transaction) => {
        await refuseTaken(tx, asked)
        await settle(tx, asked, planned)
      }
    },
    // It registers who was not known.
    audit: { readOnly: false },
  }
}

function originOf({ identity, subject }: Pick<Call, 'identity' | 'subject'>): Origin {
  const { ancestors, by } = lineageOf(identity, subject)
  const sourceIdentity = identity.kind === 'session' ? identity.pass.sourceIdentity : undefined
  return { ancestors, by, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) }
}

const noPoolLeft = (id: string) => notFound(`IdentityPool '${id}' not found.`)

/** Checks the developer's provider of a request against the pool's. @throws InvalidParameterException */
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
      proof: 'signed' as const,
      target: ({ IdentityPoolId }: CognitoInput<'LookupDeveloperIdentity'>, call: Parameters<typeof poolTarget>[1]) =>
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
        const users = identity.logins.filter(({ provider }) => provider === pool.developer).map((one) => one.subject)
        const place = { account: pool.account, record: 'marker:LookupDeveloperIdentity', field: identity.id }
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
      target: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: onTarget('MergeDeveloperIdentities'),
      change: async (tx, input, target, { now }) => {
        const pool = await currentPool(tx, target)
        checkProvider(pool, input.DeveloperProviderName)
        const source = await ownerOf(tx, pool, input.SourceUserIdentifier)
        const destination = await ownerOf(tx, pool, input.DestinationUserIdentifier)
        if (source.id === destination.id) throw conflict('Both users are linked to the same identity.')
        // The source's logins lead to the destination, as when someone signs in by both.
        const asked: Asked = {
          pool,
          id: destination.id,
          logins: source.logins,
          vouched: true,
          at: isoTime(now),
        }
        await settle(tx, asked)
        return { IdentityId: destination.id }
      },
    }),

    UnlinkDeveloperIdentity: changes<'UnlinkDeveloperIdentity'>()({
      target: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: onTarget('UnlinkDeveloperIdentity'),
      change: async (tx, input, target, { now }) => {
        const pool = await currentPool(tx, target)
        checkProvider(pool, input.DeveloperProviderName)
        const identity = await identityIn(tx, pool, input.IdentityId)
        const login = { provider: input.DeveloperProviderName, subject: input.DeveloperUserIdentifier }
        const linked = identity.logins.some((one) => one.provider === login.provider && one.subject === login.subject)
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
