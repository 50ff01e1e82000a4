// Registers what employees and guests of the demonstration need: the development OpenID provider in account engineering, a
// role that trusts it, and an identity pool with roles for its users and for guests. Each may read and write notes of its own.
import { oidcProviderArn, roleArn } from '../core/arn.ts'
import { newId } from '../service/cognito-identity/identities/ids.ts'
import { type Pool, poolRoles, pools } from '../service/cognito-identity/records.ts'
import { createProvider, newProviderId } from '../service/iam/providers/oidc-providers.ts'
import type { Parts } from '../service/parts.ts'
import { newRoleId } from '../service/principals/create.ts'
import { type InlinePolicy, isoTime, oidcProviders } from '../service/records.ts'
import type { Transaction } from '../store/store.ts'
import { engineering } from './demonstration.ts'
import { notesStatements } from './dynamodb/notes.ts'
import { policyOf, putRole } from './roles.ts'

/** The client id of the demonstration's application, at the identity provider. */
export const clientId = 'example-app'
const employee = 'employee'
const appUser = 'app-user'
const guest = 'guest'
const poolName = 'example-app'
/** Any would do: this server's endpoint serves every region. */
const region = 'us-east-1'

export const employeeRole = `arn:aws:iam::${engineering}:role/${employee}`

export interface Registration {
  readonly issuer: string
  readonly now: Date
  /** Writes the audit record, in the same transaction. */
  readonly record: (tx: Transaction) => void
}

/**
 * Registers the provider of this issuer, unless it is registered already: later changes by the user then stay. An issuer's
 * URL contains the port, so a server that moved to another port is registered again, and the role then trusts that one.
 */
export async function register(parts: Parts, { issuer, now, record }: Registration): Promise<void> {
  const url = issuer.replace(/^https?:\/\//, '')
  const arn = oidcProviderArn(engineering, url)
  const createdAt = isoTime(now)
  const ids = { provider: newProviderId(parts.random), pool: newId(region, now, parts.random) }
  const roleId = () => newRoleId(parts.random)
  const roleIds = { [employee]: roleId(), [appUser]: roleId(), [guest]: roleId() }
  await parts.store.transact(async (tx) => {
    if ((await tx.get(oidcProviders, [engineering, url])) !== undefined) return
    await createProvider(
      tx,
      {
        ...{ account: engineering, id: ids.provider, url, issuer, clientIds: [clientId], thumbprints: [], tags: [] },
        createdAt,
      },
      parts.quotas,
    )
    const role = (name: keyof typeof roleIds, trust: string, policy: string, replaced?: readonly InlinePolicy[]) =>
      putRole(tx, parts.quotas, { account: engineering, id: roleIds[name], name, trust, createdAt }, policy, replaced)
    // Its variable is named after the issuer, as the trust policy's condition is.
    const notes = { name: 'notes', text: policyOf(...notesStatements(`\${${url}:sub}`)) }
    await role(employee, trustOf(arn, url), employeePolicy, [notes])
    const { items } = await tx.list(pools, 'key', { prefix: [engineering], limit: 100 })
    const existing = items.find(({ name }) => name === poolName)
    if (existing === undefined) {
      await tx.create(pools, { ...newPool, id: ids.pool, oidc: [arn], createdAt })
      await role(guest, poolTrust(ids.pool, 'unauthenticated'), guestPolicy)
      await role(appUser, poolTrust(ids.pool, 'authenticated'), appUserPolicy)
      const both = {
        authenticated: roleArn(engineering, '/', appUser),
        unauthenticated: roleArn(engineering, '/', guest),
      }
      await tx.create(poolRoles, { account: engineering, pool: ids.pool, ...both, mappings: {} })
    } else await tx.replace(pools, { ...existing, oidc: [...existing.oidc, arn] })
    record(tx)
  })
}

/** The pool's id, if it still exists and allows guests. */
export async function guestPool({ store }: Pick<Parts, 'store'>): Promise<string | undefined> {
  const { items } = await store.list(pools, 'key', { prefix: [engineering], limit: 100 })
  return items.find(({ name, allowUnauthenticated }) => name === poolName && allowUnauthenticated)?.id
}

const newPool: Omit<Pool, 'id' | 'oidc' | 'createdAt'> = {
  account: engineering,
  region,
  name: poolName,
  allowUnauthenticated: true,
  allowClassic: false,
  supported: {},
  saml: [],
  userPools: [],
  tags: {},
}

/** Trusts tokens for this application; the session must have the person's own name, and gets their team as a tag. */
const trustOf = (arn: string, url: string) =>
  policyOf({
    Principal: { Federated: arn },
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Condition: { StringEquals: { [`${url}:aud`]: clientId, 'sts:RoleSessionName': `\${${url}:sub}` } },
  })

const employeePolicy = policyOf(
  { Action: ['iam:ListRoles', 'iam:GetRole'], Resource: '*' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
  { Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::example-data/${aws:PrincipalTag/team}/*' },
)

const cognito = 'cognito-identity.amazonaws.com'
const poolTrust = (pool: string, amr: 'authenticated' | 'unauthenticated') =>
  policyOf({
    Principal: { Federated: cognito },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { [`${cognito}:aud`]: pool },
      'ForAnyValue:StringLike': { [`${cognito}:amr`]: amr },
    },
  })
// Notes of one identity of the pool: nobody else has its id.
const ownByIdentity = notesStatements(`\${${cognito}:sub}`)
const appUserPolicy = policyOf(...ownByIdentity)
const guestPolicy = policyOf(
  { Action: 's3:GetObject', Resource: 'arn:aws:s3:::example-data/public/*' },
  ...ownByIdentity,
)
