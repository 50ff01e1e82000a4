// Creates the control plane's records: accounts, users, access keys, roles, managed policies. Plain functions over a
// transaction, for the API's operations, for bootstrap and for applying a file alike; each keeps what must hold between its
// records (names, quotas, attachments, resolved trust).
import { policyArn } from '../../core/arn.ts'
import { accessKeyId, uniqueId } from '../../core/ids.ts'
import type { Quotas } from '../../core/quotas.ts'
import { Secret } from '../../core/secret.ts'
import type { Transaction } from '../../store/store.ts'
import type { Parts } from '../parts.ts'
import {
  type AccessKey,
  type Account,
  accessKeys,
  accounts,
  attachments,
  type ManagedPolicy,
  managedPolicies,
  type Principal,
  type Role,
  type Tag,
  type User,
} from '../records.ts'
import { boundaryArnOf, checkName, checkPath } from './names.ts'
import { isManagedPolicy } from './policy-lookup.ts'
import { checkManaged } from './policy-text.ts'
import { count } from './quotas.ts'
import { alreadyExists, invalid, noSuchEntity, overQuota } from './refusals.ts'
import { addNamed, attachmentsOf, checkNamed, type ResourceKind, roleKind, userKind } from './resource-kinds.ts'
import { resolveTrust } from './trust.ts'

/** Random bytes of a unique id. */
const ID_BYTES = 11

export const newUserId = (random: Parts['random']) => uniqueId('AIDA', random(ID_BYTES))
export const newRoleId = (random: Parts['random']) => uniqueId('AROA', random(ID_BYTES))
export const newInstanceProfileId = (random: Parts['random']) => uniqueId('AIPA', random(ID_BYTES))
export const newPolicyId = (random: Parts['random']) => uniqueId('ANPA', random(ID_BYTES))

/** What a new user and a new role have in common. */
interface NewPrincipal {
  readonly account: string
  /** From newUserId or newRoleId. */
  readonly id: string
  readonly name: string
  /** `/` if absent. */
  readonly path?: string | undefined
  readonly tags?: readonly Tag[]
  /** ARN of its permissions boundary. */
  readonly boundary?: string | undefined
  /** ISO 8601, seconds. */
  readonly createdAt: string
}

export type NewUser = NewPrincipal

export interface NewRole extends NewPrincipal {
  /** The trust policy's text; its principals must exist. */
  readonly trust: string
  readonly description?: string | undefined
  /** Seconds; 3600 if absent. */
  readonly maxSessionDuration?: number | undefined
}

export interface NewPolicy {
  readonly account: string
  readonly id: string
  readonly name: string
  readonly path?: string | undefined
  readonly description?: string | undefined
  readonly tags?: readonly Tag[]
  readonly text: string
  readonly createdAt: string
}

/** @throws EntityAlreadyExists for an account id that is taken. */
export async function createAccount(tx: Transaction, account: Account): Promise<Account> {
  if ((await tx.get(accounts, [account.id])) !== undefined) {
    throw alreadyExists(`Account with id ${account.id} already exists.`)
  }
  await tx.create(accounts, account)
  return account
}

/** @throws ValidationError, EntityAlreadyExists, LimitExceeded, NoSuchEntity (boundary) */
export async function createUser(tx: Transaction, wanted: NewUser, quotas: Quotas): Promise<User> {
  const user: User = await principalOf(tx, userKind, wanted)
  await addNamed(tx, userKind, user, quotas)
  for (const attachment of attachmentsOf(userKind, user)) await tx.create(attachments, attachment)
  return user
}

/** @throws ValidationError, EntityAlreadyExists, LimitExceeded, MalformedPolicyDocument, NoSuchEntity (boundary) */
export async function createRole(tx: Transaction, wanted: NewRole, quotas: Quotas): Promise<Role> {
  checkMaxSessionDuration(wanted.maxSessionDuration)
  const role: Role = {
    ...(await principalOf(tx, roleKind, wanted)),
    ...(wanted.description === undefined ? {} : { description: wanted.description }),
    maxSessionDuration: wanted.maxSessionDuration ?? 3600,
    trust: await resolveTrust(tx, wanted.account, wanted.trust, quotas),
  }
  await addNamed(tx, roleKind, role, quotas)
  for (const attachment of attachmentsOf(roleKind, role)) await tx.create(attachments, attachment)
  return role
}

/** @throws ValidationError outside 3600 to 43200 seconds. */
export function checkMaxSessionDuration(seconds: number | undefined): void {
  if (seconds === undefined || (seconds >= 3600 && seconds <= 43_200)) return
  const bound = seconds < 3600 ? 'greater than or equal to 3600' : 'less than or equal to 43200'
  throw invalid(
    `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value ${bound}`,
  )
}

async function principalOf<P extends Principal>(tx: Transaction, kind: ResourceKind<P>, wanted: NewPrincipal) {
  const { account, id, name, path = '/', tags = [], boundary, createdAt } = wanted
  checkNamed(kind, { name, path })
  if (boundary !== undefined) await checkBoundary(tx, account, boundary)
  const bound = boundary === undefined ? {} : { boundary }
  return { account, id, name, path, createdAt, tags, inline: [], attached: [], ...bound }
}

/** @throws InvalidInput, NoSuchEntity when the ARN is not that of a policy that may bound a principal of the account. */
export async function checkBoundary(tx: Transaction, account: string, arn: string): Promise<void> {
  if (!(await isManagedPolicy(tx, account, boundaryArnOf(arn)))) {
    throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
  }
}

/** @throws ValidationError, EntityAlreadyExists, LimitExceeded, MalformedPolicyDocument */
export async function createPolicy(tx: Transaction, wanted: NewPolicy, quotas: Quotas): Promise<ManagedPolicy> {
  const { account, id, name, path = '/', description, tags = [], text, createdAt } = wanted
  checkName('policyName', name, 128)
  checkPath(path)
  checkManaged(text, quotas(account))
  const policy: ManagedPolicy = {
    account,
    id,
    name,
    path,
    arn: policyArn(account, path, name),
    ...(description === undefined ? {} : { description }),
    createdAt,
    updatedAt: createdAt,
    tags,
    versions: [{ id: 'v1', text, createdAt }],
    defaultVersion: 'v1',
    lastVersion: 1,
  }
  if ((await tx.get(managedPolicies, managedPolicies.key(policy))) !== undefined) {
    throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
  }
  await count(tx, account, 'policies', quotas)
  await tx.create(managedPolicies, policy)
  return policy
}

/**
 * An access key, ready to be stored, and its secret, shown this once. A transaction must not seal: make the key before it, and
 * store it inside with storeAccessKey.
 *
 * @param principal Unique id of a user, or the account id for root.
 * @param given An id and secret chosen by the operator, for the first root key.
 */
export function newAccessKey(
  { random, vault }: Pick<Parts, 'random' | 'vault'>,
  account: string,
  principal: string,
  createdAt: string,
  given?: { readonly id: string; readonly secret: Secret },
): { readonly record: AccessKey; readonly secret: Secret } {
  // 30 bytes are exactly 40 characters of base64, without padding.
  const { id, secret } = given ?? {
    id: accessKeyId('AKIA', account, random(8)),
    secret: new Secret(random(30).toString('base64')),
  }
  const sealed = vault.seal(account, id, 'secret', secret.reveal())
  return { record: { account, id, principal, status: 'Active', createdAt, secret: sealed }, secret }
}

/** @throws LimitExceeded when the principal has as many as it may. */
export async function storeAccessKey(tx: Transaction, key: AccessKey, quotas: Quotas): Promise<void> {
  const most = quotas(key.account).AccessKeysPerUser
  const { items } = await tx.list(accessKeys, 'principal', { prefix: [key.account, key.principal], limit: most })
  if (items.length >= most) throw overQuota('AccessKeysPerUser', most)
  await tx.create(accessKeys, key)
}
