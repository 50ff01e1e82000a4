// What tests of identity pools run operations on: a store in memory, a real key ring and passes, a provider whose tokens are
// plain text, and a driver that does what the pipeline does.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Identity } from '../../../core/identity.ts'
import { allowanceFor } from '../../../core/policy/allowance.ts'
import { quotasOf } from '../../../core/quotas.ts'
import { verifyProof } from '../../../federation/proof.ts'
import { identityOfProof, type ProofIdentity } from '../../../federation/proof-identity.ts'
import { masterOf } from '../../../keys/master.ts'
import { pooledRandom } from '../../../keys/random.ts'
import { openRing } from '../../../keys/ring.ts'
import { createSigners } from '../../../keys/signers.ts'
import { createVault } from '../../../keys/vault.ts'
import { openSqlite } from '../../../store/sqlite.ts'
import type { Store } from '../../../store/store.ts'
import type { Json } from '../../../wire/json-text.ts'
import type { Input, OperationName, Output, Sdk } from '../../../wire/operations.ts'
import { decideCheck } from '../../access/authorize.ts'
import { describe, requestKeys } from '../../access/context-keys.ts'
import { createSubjects } from '../../access/subjects.ts'
import { collections } from '../../collections.ts'
import type { LoginVerifier } from '../../contracts/logins.ts'
import type { Call, Check } from '../../operation.ts'
import type { AnyOperation } from '../../operations.ts'
import { noBackends, type Parts } from '../../parts.ts'
import { createAccount, createRole, newRoleId } from '../../principals/create.ts'
import { createCertificateTrust } from '../../rolesanywhere/trust.ts'
import { attestationsOf } from '../../session/attestations.ts'
import { createPasses } from '../../session/passes.ts'
import { openRevocations } from '../../session/revocations.ts'
import { rootOf } from '../../testing/operations-kit.ts'
import { proofRefusal } from '../../web-identity/refusals.ts'
import { poolTokens } from '../credentials/proof-kind.ts'
import { createOpenIdTokens } from '../credentials/tokens.ts'
import { cognitoIdentityOperations } from '../operations.ts'
import { createPools } from '../pools/pool-view.ts'

export const ACCOUNT = '111122223333'
export const OTHER = '444455556666'
export const start = new Date('2026-03-01T12:00:00.000Z')
export const oidcArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/idp.example`

type Service = Sdk['cognito-identity']
type Name = OperationName<Service>

export interface Options {
  /** Wraps the store that the operations use. */
  readonly over?: (store: Store) => Store
  /** Whether a pool's rate still allows a request. */
  readonly within?: (kind: string, name: string) => boolean
}

export type Kit = Awaited<ReturnType<typeof openKit>>

const unused = (): never => {
  throw new TypeError('not a part of this test')
}

/**
 * A provider for tests: `sub` or `sub {"claim":…}` is a token for audience `client`, good until `exp`; `expired`, `revoked` and other
 * reasons of LoginRejection are tokens that are rejected so.
 */
const verifier: LoginVerifier = {
  verify(_account, source, token, now) {
    const [subject = '', claims = '{}'] = token.split(/ (.*)/s)
    if (subject === 'expired') return { rejected: 'expired', detail: 'exp', expiresAt: now.getTime() / 1000 - 60 }
    if (subject === 'revoked' || subject === 'unreachable') return { rejected: subject, detail: 'as the token says' }
    const audience = source.kind === 'user-pool' ? (source.clientIds[0] ?? '') : 'client'
    const read = JSON.parse(claims) as Record<string, Json>
    return {
      ...{ subject, audience },
      ...(typeof read.exp === 'number' ? { expiresAt: read.exp } : {}),
      claims: new Map<string, Json>([['sub', subject], ['aud', audience], ...Object.entries(read)]),
    }
  },
}

export async function openKit({ over = (store) => store, within = () => true }: Options = {}) {
  const clock = { now: start }
  const inner = await openSqlite(':memory:', collections, { clock: () => clock.now, pollMs: 3_600_000 })
  const random = pooledRandom()
  const ring = await openRing({ store: inner, master: masterOf(randomBytes(32).toString('base64')), now: start })
  const vault = createVault(ring, random)
  const subjects = createSubjects(inner, () => clock.now)
  const revocations = await openRevocations({ store: inner })
  const attestations = attestationsOf({})
  const passes = createPasses({ ring, subjects, revocations, attestations, random })
  for (const id of [ACCOUNT, OTHER]) {
    await inner.transact((tx) =>
      createAccount(tx, { id, name: id, status: 'ACTIVE', createdAt: '2026-01-01T00:00:00Z' }),
    )
  }
  let store = over(inner)
  const signers = createSigners({ store: inner, vault })
  const partsOver = (on: Store): Parts => {
    const pools = createPools(on, () => clock.now)
    const tokens = createOpenIdTokens({ store: on, signers, pools, vault, revocations, attestations, random })
    return {
      ...{ store: on, subjects, passes, vault, signers, random, quotas: quotasOf([]) },
      cognito: { pools, tokens, logins: verifier },
      fresh: () => true,
      backends: noBackends,
      certificates: createCertificateTrust(on, () => clock.now),
      tablePolicies: { of: unused, inForce: unused },
      tokenTrust: { keys: { find: unused }, skewSeconds: 0, reach: () => false, isOwn: () => false },
      assumeRoles: { forWorkload: unused, asSession: unused },
      saml: { byName: unused, byUuid: unused, verify: unused, prove: unused, signIn: unused, assertion: unused },
      codeFlows: { of: unused },
      webIdentity: {
        ...{ prove: unused, verify: unused, thumbprintsOf: unused },
        ...{ isReserved: () => false, settingsOf: () => undefined },
      },
    }
  }
  let parts = partsOver(store)
  let operations = cognitoIdentityOperations(parts)

  function callOf(identity: Identity, name: Name, region: string): Call {
    const subject = identity.kind === 'root' ? rootOf(identity.account).subject : undefined
    const described = describe(identity, subject)
    const from = { address: '127.0.0.1', tls: true, userAgent: 'test', region, host: 'localhost' }
    return {
      requestId: '018f0000-0000-7000-8000-000000000000',
      now: clock.now,
      service: 'cognito-identity',
      operation: name,
      identity,
      ...(subject === undefined ? {} : { subject }),
      name: described.name,
      keys: requestKeys(identity, described, from, clock.now),
      allowance: allowanceFor(1),
      signal: new AbortController().signal,
      from,
      body: { bytes: unused, stream: unused },
      within,
    }
  }

  interface How {
    /** Account whose root signs. */
    readonly as?: string
    readonly region?: string
    /** Sees every check of a signed call, and decides it; allowed unless it answers false. */
    readonly decide?: (check: Check) => boolean | undefined
  }

  /** Runs an operation as the pipeline does, on the operations of this kit. */
  async function run<K extends Name>(name: K, input: Input<Service, K>, how: How = {}): Promise<Output<Service, K>> {
    const { as = ACCOUNT, region = 'eu-west-1', decide = () => true } = how
    const entry = operations[name] as AnyOperation
    const signed = entry.signature === 'required'
    const identity: Identity = signed ? rootOf(as).identity : { kind: 'anonymous' }
    const call = callOf(identity, name, region)
    const target: unknown = await entry.load(input, call)
    const proof = entry.audit.asker?.(target)
    const first = entry.checks === 'always' ? [] : entry.checks(input, target, call)
    const checks = [...first]
    for await (const more of entry.further?.(input, target, call) ?? []) checks.push(...more)
    const decisions = checks.map((check) => {
      if (proof !== undefined)
        return decideCheck(callOf(proof, name, region), check, { identity: [], scps: [], rcps: [] }).decision
      if (decide(check) === false) assert.fail(`denied ${check.action} on ${check.resource}`)
      return { allow: true, explicit: false, because: [] }
    })
    if ('change' in entry) {
      const { change } = entry
      return store.transact((tx) => change(tx, input, target, call)) as Promise<Output<Service, K>>
    }
    const output: Output<Service, K> = await entry.handle(input, target, call, decisions)
    const commit = entry.commit?.(input, target, call)
    if (commit !== undefined) await store.transact(commit)
    return output
  }

  return {
    /** The store without the wrapper. */
    inner,
    passes,
    run,
    get parts() {
      return parts
    },
    get operations() {
      return operations
    },
    /** From now on operations use this store. */
    use(next: Store) {
      store = next
      parts = partsOver(next)
      operations = cognitoIdentityOperations(parts)
    },
    now: () => clock.now,
    /** Moves the clock, and lets the feed be read at the new time. */
    async move(ms: number) {
      clock.now = new Date(clock.now.getTime() + ms)
      await inner.append('clock', new Date(clock.now.getTime() + 86_400_000), ['{}'])
    },
    /** What AssumeRoleWithWebIdentity makes of one of our tokens. */
    async webIdentity(text: string): Promise<ProofIdentity> {
      const kinds = [poolTokens(parts.cognito.tokens)]
      const proof = await verifyProof(kinds, { account: '', text, address: '' }, clock.now)
      if (proof === undefined) throw new TypeError('not a token of a pool')
      if ('rejected' in proof) throw proofRefusal(proof, clock.now)
      const attributes = proof.sessionAttributes()
      if ('rejected' in attributes) throw proofRefusal(attributes, clock.now)
      return identityOfProof(proof, attributes)
    },
    role: (name: string, trust: object, account = ACCOUNT) =>
      inner.transact((tx) =>
        createRole(
          tx,
          {
            account,
            id: newRoleId(random),
            name,
            path: '/',
            trust: JSON.stringify({ Version: '2012-10-17', Statement: trust }),
            createdAt: '2026-01-01T00:00:00Z',
          },
          parts.quotas,
        ),
      ),
    close: () => inner.close(),
  }
}

/** A statement that trusts the identities of a pool. */
export const trusting = (pool: string, actions = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']) => ({
  Effect: 'Allow',
  Principal: { Federated: 'cognito-identity.amazonaws.com' },
  Action: actions,
  Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': pool } },
})

type PoolInput = Input<Service, 'CreateIdentityPool'>

/** A pool of the first account that accepts guests, tokens of idp.example, Google's and a developer's users; with roles. */
export async function poolOf(on: Kit, more: Partial<PoolInput> = {}): Promise<string> {
  const { IdentityPoolId = '' } = await on.run('CreateIdentityPool', {
    IdentityPoolName: 'app',
    AllowUnauthenticatedIdentities: true,
    AllowClassicFlow: true,
    DeveloperProviderName: 'login.my.app',
    OpenIdConnectProviderARNs: [oidcArn],
    SupportedLoginProviders: { 'accounts.google.com': 'client' },
    ...more,
  })
  const name = IdentityPoolId.slice(-12)
  await on.role(`guests-${name}`, [trusting(IdentityPoolId)])
  await on.role(`people-${name}`, [trusting(IdentityPoolId)])
  const arn = (role: string) => `arn:aws:iam::${ACCOUNT}:role/${role}-${name}`
  const Roles = { unauthenticated: arn('guests'), authenticated: arn('people') }
  await on.run('SetIdentityPoolRoles', { IdentityPoolId, Roles })
  return IdentityPoolId
}

/** The identity of a login, or of a new guest. */
export const idOf = async (on: Kit, IdentityPoolId: string, Logins?: Record<string, string>): Promise<string> =>
  (await on.run('GetId', { IdentityPoolId, ...(Logins === undefined ? {} : { Logins }) })).IdentityId ?? ''

export const oidc = (subject: string) => ({ 'idp.example': subject })
export const google = (subject: string) => ({ 'accounts.google.com': subject })
