// GetOpenIdTokenForDeveloperIdentity: a token for one of the developer's own users (API Reference). The caller signs with
// credentials of the pool's account: what it says of its users is believed.
import type { Reader, Transaction } from '../../../store/store.ts'
import { modelled, Refusal } from '../../../wire/errors.ts'
import type { Origin, PoolView } from '../../contracts/identity-pools.ts'
import type { Call, Check } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import type { Tag } from '../../records.ts'
import { lineageOf } from '../../session/lineage.ts'
import type { CognitoInput, CognitoOutput } from '../define.ts'
import { newId } from '../identities/ids.ts'
import { type Asked, homeOf, type Plan, plan, settle } from '../identities/linking.ts'
import { type Bringing, ownProvider } from '../identities/logins.ts'
import { amrOf, askedOf, endsOf, type Proof, prove, sessionTagsOf } from '../identities/prove.ts'
import { onPool, type PoolTarget, poolTarget, presentPool } from '../pools/pool-target.ts'
import { checkTags } from '../pools/principal-tags.ts'
import { loginLinks, type Pool } from '../records.ts'
import { invalidParameter, notAuthorized, notFound } from '../refusals.ts'
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

/** What the pool says of the developer's user and the other logins, once the caller was found to be allowed. */
interface Found {
  readonly view: PoolView
  readonly proof: Proof
  readonly asked: Asked
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

export const tokenForDeveloper = (parts: Parts) => {
  const { store, random } = parts
  /** Kept between the answer and its commit, which are of one request. */
  const plans = new WeakMap<PoolTarget, { readonly asked: Asked; readonly planned: Plan }>()
  /** Providers are asked about the other logins: for nobody but who may. */
  const find = async (input: CognitoInput<TokenName>, target: PoolTarget, bringing: Bringing): Promise<Found> => {
    const { now } = bringing
    const view = await parts.cognito.pools.byId(target.id)
    if (view === undefined || view.pool.account !== target.account) throw noPoolLeft(target.id)
    const own = developerLogin(view.pool, input.Logins)
    const { [own.provider]: _, ...others } = input.Logins
    if (Object.hasOwn(others, ownProvider)) throw invalidParameter(`${ownProvider} is no login of a developer's user.`)
    const proof = await prove(parts, view, others, bringing).catch(inItsWords)
    const base = askedOf(view, proof, now)
    const asked: Asked = {
      ...base,
      logins: [own, ...base.logins],
      id: input.IdentityId,
      newId: newId(view.pool.region, now, random),
    }
    return { view, proof, asked }
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
      aimed: PoolTarget,
      call: Pick<Call, 'now' | 'identity' | 'subject' | 'from'>,
    ): Promise<CognitoOutput<TokenName>> => {
      const { PrincipalTags, TokenDuration = usualLifetime } = input
      const { account, id: pool, developer = '' } = presentPool(aimed)
      const { view, proof, asked } = await find(input, aimed, call)
      const planned = await planFor(store, asked)
      plans.set(aimed, { asked, planned })
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
    commit: (_: unknown, aimed: PoolTarget) => {
      const { asked, planned } = plans.get(aimed) ?? {}
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
function inItsWords(error: unknown): never {
  if (!(error instanceof Refusal) || error.code !== 'ExternalServiceException') throw error
  throw notAuthorized(error.message, error.detail)
}
