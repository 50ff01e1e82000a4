// GetOpenIdTokenForDeveloperIdentity: a token for one of the developer's own users (API Reference). The caller signs with
// credentials of the pool's account: what it says about its own users is believed.
import type { Reader, Transaction } from '../../../store/store.ts'
import { modelled, Refusal } from '../../../wire/errors.ts'
import type { Origin, PoolView } from '../../contracts/identity-pools.ts'
import type { Call, Check } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import type { Tag } from '../../records.ts'
import { lineageOf } from '../../session/lineage.ts'
import type { CognitoInput, CognitoOutput } from '../define.ts'
import { newId } from '../identities/ids.ts'
import { homeOf, type IdentityRequest, type Plan, plan, settle } from '../identities/linking.ts'
import { type LoginContext, ownProvider } from '../identities/logins.ts'
import { amrOf, endsOf, type ProvenLogins, prove, requestOf, sessionTagsOf } from '../identities/prove.ts'
import { onPool, type PoolTarget, poolTarget, presentPool } from '../pools/pool-target.ts'
import { checkTags } from '../pools/principal-tags.ts'
import { loginLinks, type Pool } from '../records.ts'
import { invalidParameter, notAuthorizedException, notFound } from '../refusals.ts'
import { lifetimeOf } from './lifetime.ts'

/** Seconds. */
const usualLifetime = 900

const alreadyRegistered = () =>
  modelled(
    'cognito-identity',
    'DeveloperUserAlreadyRegisteredException',
    'The provided developer user identifier is already registered with another identity.',
  )
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

/** The pool, and the identity that the developer's user and the other logins ask for. */
interface DeveloperRequest {
  readonly view: PoolView
  readonly proof: ProvenLogins
  readonly request: IdentityRequest
}

/** The identity of the plan, unless the developer's user is another identity's already. */
async function planFor(reader: Reader, request: IdentityRequest): Promise<Plan> {
  await refuseTaken(reader, request)
  return plan(reader, request)
}

async function refuseTaken(reader: Reader, { pool, id, logins }: IdentityRequest): Promise<void> {
  if (id === undefined) return
  const own = logins.find(({ provider }) => provider === pool.developer)
  const link = own && (await reader.get(loginLinks, [pool.account, pool.id, own.provider, own.subject]))
  if (link !== undefined && link.identity !== (await homeOf(reader, id))?.id) throw alreadyRegistered()
}

const tagList = (tags: Readonly<Record<string, string>> | undefined): readonly Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }))

type TokenName = 'GetOpenIdTokenForDeveloperIdentity'

export const tokenForDeveloper = (parts: Parts) => {
  const { store, random } = parts
  /** The plan of a request, from its answer to its commit. */
  const plans = new WeakMap<PoolTarget, { readonly request: IdentityRequest; readonly planned: Plan }>()
  /** Asks providers about the other logins: only for callers that are authorized. */
  const readRequest = async (
    input: CognitoInput<TokenName>,
    target: PoolTarget,
    context: LoginContext,
  ): Promise<DeveloperRequest> => {
    const { now } = context
    const view = await parts.cognito.pools.byId(target.id)
    if (view === undefined || view.pool.account !== target.account) throw noPoolLeft(target.id)
    const own = developerLogin(view.pool, input.Logins)
    const { [own.provider]: _, ...others } = input.Logins
    if (Object.hasOwn(others, ownProvider)) throw invalidParameter(`${ownProvider} is no login of a developer's user.`)
    const proof = await prove(parts, view, others, context).catch(asNotAuthorized)
    const base = requestOf(view, proof, now)
    const request: IdentityRequest = {
      ...base,
      logins: [own, ...base.logins],
      id: input.IdentityId,
      newId: newId(view.pool.region, now, random),
    }
    return { view, proof, request }
  }
  return {
    signature: 'required' as const,
    load: (input: CognitoInput<TokenName>, call: Parameters<typeof poolTarget>[1]): Promise<PoolTarget> => {
      checkTags(input.PrincipalTags ?? {}, 'principal tag')
      return poolTarget(store, call, input.IdentityPoolId)
    },
    checks: (_: unknown, target: PoolTarget): readonly Check[] => [
      onPool('GetOpenIdTokenForDeveloperIdentity', target),
    ],
    handle: async (
      input: CognitoInput<TokenName>,
      target: PoolTarget,
      call: Pick<Call, 'now' | 'identity' | 'subject' | 'from'>,
    ): Promise<CognitoOutput<TokenName>> => {
      const { PrincipalTags, TokenDuration = usualLifetime } = input
      const { account, id: pool, developer = '' } = presentPool(target)
      const { view, proof, request } = await readRequest(input, target, call)
      const planned = await planFor(store, request)
      plans.set(target, { request, planned })
      const { id, epoch } = planned.identity
      const subject = request.logins[0]?.subject ?? ''
      const [signedIn = 'authenticated', ...others] = amrOf(proof, false)
      const amr = [signedIn, developer, `${developer}:${pool}:${subject}`, ...others]
      const given = tagList(PrincipalTags)
      const from = originOf(call)
      const { identity } = call
      const expiresAt = identity.kind === 'session' ? identity.pass.expiresAt : undefined
      const sources = { ...proof, own: { id, amr, tags: given, from, expiresAt } }
      const tags = sessionTagsOf(view, sources, id)
      const duration = lifetimeOf(endsOf(sources), TokenDuration, call.now)
      const wanted = { account, pool, identity: id, epoch, amr, tags, from, duration }
      return { IdentityId: id, Token: await parts.cognito.tokens.issue(wanted, call.now) }
    },
    commit: (_: unknown, target: PoolTarget) => {
      const { request, planned } = plans.get(target) ?? {}
      if (planned === undefined || request === undefined || planned.settled) return undefined
      return async (tx: Transaction) => {
        await refuseTaken(tx, request)
        await settle(tx, request, planned)
      }
    },
    // It registers new users.
    audit: { readOnly: false },
  }
}

function originOf({ identity, subject }: Pick<Call, 'identity' | 'subject'>): Origin {
  const { ancestors, by, vouched } = lineageOf(identity, subject)
  const sourceIdentity = identity.kind === 'session' ? identity.pass.sourceIdentity : undefined
  return {
    ...{ ancestors, by },
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(vouched ? {} : { vouched }),
  }
}

const noPoolLeft = (id: string) => notFound(`IdentityPool '${id}' not found.`)

/** This operation has no error for a provider that cannot be asked. */
function asNotAuthorized(error: unknown): never {
  if (!(error instanceof Refusal) || error.code !== 'ExternalServiceException') throw error
  throw notAuthorizedException(error.message, error.detail)
}
