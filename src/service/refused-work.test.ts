// Work comes after permission: a call that is refused has made no key, drawn no picture, opened nothing sealed, asked no
// provider and read no policy.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unbase32 } from '../core/ids.ts'
import { codeOf, stepAt } from '../core/totp.ts'
import { tokenForDeveloper } from './cognito-identity/credentials/developer-token.ts'
import { poolOperations } from './cognito-identity/pools/pools.ts'
import { roleOperations } from './cognito-identity/pools/roles.ts'
import { type Pool, poolRoles, pools } from './cognito-identity/records.ts'
import { iamOperations } from './iam/operations.ts'
import type { Operation } from './operation.ts'
import type { Parts } from './parts.ts'
import { roles } from './records.ts'
import { ACCOUNT, addUser, NOW, openKit, refusalOf, run } from './testing/operations-kit.ts'

/** Identifiers are drawn before permission: the record of a refusal names them. Nothing that is longer is. */
const MOST_BYTES = 16

/** The parts, with what costs something counted. */
function counting(parts: Parts) {
  const done: string[] = []
  const counted: Parts = {
    ...parts,
    random: (bytes) => {
      if (bytes > MOST_BYTES) done.push(`random ${bytes}`)
      return parts.random(bytes)
    },
    vault: {
      seal: (account, record, field, plain) => {
        done.push(`seal ${field}`)
        return parts.vault.seal(account, record, field, plain)
      },
      open: (account, record, field, sealed) => {
        done.push(`open ${field}`)
        return parts.vault.open(account, record, field, sealed)
      },
    },
    store: {
      ...parts.store,
      get: (collection, key) => {
        if (collection.name === roles.name) done.push('role')
        return parts.store.get(collection, key)
      },
    },
    webIdentity: {
      ...parts.webIdentity,
      thumbprintsOf: async (account, issuer) => {
        done.push('thumbprints')
        return parts.webIdentity.thumbprintsOf(account, issuer)
      },
    },
    cognito: {
      ...parts.cognito,
      pools: { byId: (id) => ({ pool: { ...pool, id }, roles: undefined, attributes: new Map() }) },
      logins: {
        verify: () => {
          done.push('verify')
          return { rejected: 'expired', detail: 'expired', expiresAt: 0 }
        },
      },
    },
  }
  return { done, counted }
}

const pool: Pool = {
  account: ACCOUNT,
  region: 'eu-west-1',
  id: 'eu-west-1:00000000-0000-0000-0000-000000000001',
  name: 'pool',
  allowUnauthenticated: false,
  allowClassic: true,
  supported: { 'graph.facebook.com': 'client' },
  developer: 'login.my.app',
  oidc: [],
  saml: [],
  userPools: [],
  tags: {},
  createdAt: '2026-01-01T00:00:00Z',
}

const b = await openKit([pools, poolRoles])
await addUser(b, 'Ada')
await b.store.transact((tx) => tx.create(pools, pool))
const { VirtualMFADevice } = await run(b, iamOperations(b.parts).CreateVirtualMFADevice, {
  VirtualMFADeviceName: 'phone',
})
const seed = unbase32(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('ascii')) ?? Buffer.alloc(0)
const device = {
  UserName: 'Ada',
  SerialNumber: VirtualMFADevice?.SerialNumber ?? '',
  AuthenticationCode1: codeOf(seed, stepAt(NOW) - 1),
  AuthenticationCode2: codeOf(seed, stepAt(NOW)),
}

const { counted, done } = counting(b.parts)
const iam = iamOperations(counted)
const row = <I, O, T>(operation: Operation<I, O, T>, input: I, work: readonly string[]) => ({
  work,
  go: (allow: boolean) => run(b, operation, input, { allow: () => allow }),
})
const rows = {
  CreateVirtualMFADevice: row(iam.CreateVirtualMFADevice, { VirtualMFADeviceName: 'other' }, [
    'random 40',
    'seal seed',
  ]),
  CreateAccessKey: row(iam.CreateAccessKey, { UserName: 'Ada' }, ['random 30', 'seal secret']),
  EnableMFADevice: row(iam.EnableMFADevice, device, ['open seed']),
  ResyncMFADevice: row(iam.ResyncMFADevice, device, ['open seed']),
  CreateOpenIDConnectProvider: row(iam.CreateOpenIDConnectProvider, { Url: 'https://idp.example' }, ['thumbprints']),
  SetIdentityPoolRoles: row(
    roleOperations(counted).SetIdentityPoolRoles,
    { IdentityPoolId: pool.id, Roles: { authenticated: `arn:aws:iam::${ACCOUNT}:role/R` } },
    ['role'],
  ),
  UpdateIdentityPool: row(
    poolOperations(counted).UpdateIdentityPool,
    { IdentityPoolId: pool.id, IdentityPoolName: 'pool', AllowUnauthenticatedIdentities: false },
    ['role'],
  ),
  GetOpenIdTokenForDeveloperIdentity: row(
    tokenForDeveloper(counted),
    { IdentityPoolId: pool.id, Logins: { 'login.my.app': 'ann', 'graph.facebook.com': 'token' } },
    ['verify'],
  ),
}

describe('refused, costs nothing; allowed, does its work', () => {
  for (const [name, { go, work }] of Object.entries(rows)) {
    test(name, async () => {
      done.length = 0
      assert.match(await refusalOf(go(false)), /^AccessDenied/)
      assert.deepEqual(done, [])
      // Whatever comes of it: some of what is asked cannot be done twice.
      await refusalOf(go(true))
      assert.deepEqual(done, work)
    })
  }
})
