// What a seed file describes, and bringing a store to it (`hallpass apply FILE`, the development demonstration). Applying
// twice changes nothing; what the file does not name is left alone.
import type { Secret } from '../core/secret.ts'
import type { Transaction } from '../store/store.ts'
import { attachPolicy, detachPolicy, setBoundary } from './iam/attach.ts'
import {
  createAccount,
  createPolicy,
  createRole,
  createUser,
  newAccessKey,
  newPolicyId,
  newRoleId,
  newUserId,
  storeAccessKey,
} from './iam/create.ts'
import { type Kind, roleKind, userKind } from './iam/holders.ts'
import { checkGrammar, checkInlineSize, checkManaged } from './iam/policy-text.ts'
import { resolveTrust } from './iam/trust.ts'
import type { Parts } from './parts.ts'
import {
  accessKeys,
  accounts,
  type Holder,
  isoTime,
  managedPolicies,
  type Role,
  roles,
  type Tag,
  users,
} from './records.ts'

export interface Seed {
  readonly accounts: readonly SeedAccount[]
}

export interface SeedAccount {
  readonly id: string
  readonly name: string
  readonly policies: readonly SeedPolicy[]
  readonly users: readonly SeedUser[]
  readonly roles: readonly SeedRole[]
}

export interface SeedPolicy {
  readonly name: string
  readonly text: string
}

interface SeedHolder {
  readonly name: string
  readonly path: string
  readonly tags: readonly Tag[]
  readonly inline: readonly SeedPolicy[]
  /** ARNs, or names of policies of the same account. */
  readonly attach: readonly string[]
  readonly boundary?: string
}

export interface SeedUser extends SeedHolder {
  /** How many access keys it has at least. */
  readonly accessKeys: number
}

export interface SeedRole extends SeedHolder {
  readonly trust: string
  readonly description?: string
  readonly maxSessionDuration?: number
}

/** A key that applying made: shown this once. */
export interface SeededKey {
  readonly account: string
  readonly user: string
  readonly accessKeyId: string
  readonly secret: Secret
}

export interface Applied {
  /** `account 111122223333`, `role 111122223333/Auditor`: what was made or changed, in order. */
  readonly changed: readonly string[]
  readonly keys: readonly SeededKey[]
}

/** Brings the store to the seed in one transaction: all of it, or nothing. Throws IAM's own refusals. */
export async function applySeed(
  parts: Pick<Parts, 'store' | 'vault' | 'random'>,
  seed: Seed,
  now: Date,
): Promise<Applied> {
  const createdAt = isoTime(now)
  // Ids and keys are made before: a transaction may run several times, and has no effect but on the store.
  const ids = new Map<object, string>()
  for (const account of seed.accounts) {
    for (const user of account.users) ids.set(user, newUserId(parts.random))
    for (const role of account.roles) ids.set(role, newRoleId(parts.random))
    for (const policy of account.policies) ids.set(policy, newPolicyId(parts.random))
  }
  const idOf = (item: object) => ids.get(item) ?? ''
  const wanting = await parts.store.transact(async (tx) => {
    const changed: string[] = []
    for (const account of seed.accounts) await applyAccount(tx, account, createdAt, idOf, changed)
    // Roles name each other in their trust: all of them exist before the first is believed.
    for (const account of seed.accounts)
      for (const role of account.roles) await applyTrust(tx, account.id, role, changed)
    return { changed, keyless: await keylessUsers(tx, seed) }
  })
  const keys: SeededKey[] = []
  for (const { account, id, name } of wanting.keyless) {
    const { record, secret } = newAccessKey(parts, account, id, createdAt)
    await parts.store.transact((tx) => storeAccessKey(tx, record))
    keys.push({ account, user: name, accessKeyId: record.id, secret })
  }
  return { changed: [...wanting.changed, ...keys.map(({ account, user }) => `access key ${account}/${user}`)], keys }
}

type IdOf = (item: object) => string

async function applyAccount(tx: Transaction, seed: SeedAccount, createdAt: string, idOf: IdOf, changed: string[]) {
  const account = seed.id
  const known = await tx.get(accounts, [account])
  if (known === undefined) {
    await createAccount(tx, { id: account, name: seed.name, status: 'ACTIVE', createdAt })
    changed.push(`account ${account}`)
  }
  for (const policy of seed.policies) await applyPolicy(tx, account, policy, createdAt, idOf(policy), changed)
  for (const user of seed.users) {
    const { name, path } = user
    const before = await tx.get(users, [account, name.toLowerCase()])
    const found = before ?? (await createUser(tx, { account, id: idOf(user), name, path, createdAt }))
    await applyHolder(tx, userKind, found, user, before === undefined, changed)
  }
  for (const role of seed.roles) {
    const { name, path } = role
    const before = await tx.get(roles, [account, name.toLowerCase()])
    const found =
      before ?? (await createRole(tx, { account, id: idOf(role), name, path, createdAt, trust: ownRootTrust(account) }))
    const { description, maxSessionDuration = found.maxSessionDuration } = role
    const after: Role = { ...found, maxSessionDuration, ...(description === undefined ? {} : { description }) }
    if (differ(found, after)) await tx.replace(roles, after)
    await applyHolder(tx, roleKind, after, role, before === undefined || differ(found, after), changed)
  }
}

/** What a role trusts for the moment between its making and the reading of its own trust policy, inside one transaction. */
const ownRootTrust = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
  })

async function applyPolicy(
  tx: Transaction,
  account: string,
  seed: SeedPolicy,
  createdAt: string,
  id: string,
  changed: string[],
) {
  const before = await tx.get(managedPolicies, [account, seed.name.toLowerCase()])
  if (before === undefined) {
    await createPolicy(tx, { account, id, name: seed.name, text: seed.text, createdAt })
    changed.push(`policy ${account}/${seed.name}`)
    return
  }
  const current = before.versions.find((version) => version.id === before.defaultVersion)
  if (current?.text === seed.text) return
  checkManaged(seed.text)
  const lastVersion = before.lastVersion + 1
  const version = { id: `v${lastVersion}`, text: seed.text, createdAt }
  // Five versions at most: the oldest that is not the default makes room.
  const kept = before.versions.length < 5 ? before.versions : dropOldest(before.versions, before.defaultVersion)
  const versions = [...kept, version]
  await tx.replace(managedPolicies, {
    ...before,
    versions,
    lastVersion,
    defaultVersion: version.id,
    updatedAt: createdAt,
  })
  changed.push(`policy ${account}/${seed.name}`)
}

function dropOldest<V extends { readonly id: string }>(versions: readonly V[], keep: string): readonly V[] {
  const oldest = versions.find(({ id }) => id !== keep)
  return versions.filter((version) => version !== oldest)
}

async function applyHolder<H extends Holder>(
  tx: Transaction,
  kind: Kind<H>,
  found: H,
  seed: SeedHolder,
  fresh: boolean,
  changed: string[],
) {
  for (const { text } of seed.inline) checkGrammar(text)
  checkInlineSize(kind.word, seed.name, seed.inline.map(({ text }) => text)) // biome-ignore format: one line reads better
  let holder: H = { ...found, tags: seed.tags, inline: [...seed.inline].sort((a, b) => (a.name < b.name ? -1 : 1)) }
  let touched = fresh
  if (differ(found, holder)) {
    await tx.replace(kind.collection, holder)
    touched = true
  }
  const arnOf = (policy: string) =>
    policy.startsWith('arn:') ? policy : `arn:aws:iam::${found.account}:policy/${policy}`
  const wanted = seed.attach.map(arnOf)
  for (const arn of found.attached.filter((arn) => !wanted.includes(arn))) {
    await detachPolicy(tx, kind, holder, arn)
    holder = { ...holder, attached: holder.attached.filter((other) => other !== arn) }
    touched = true
  }
  for (const arn of wanted) {
    if (!holder.attached.includes(arn)) touched = true
    holder = await attachPolicy(tx, kind, holder, arn)
  }
  const boundary = seed.boundary === undefined ? undefined : arnOf(seed.boundary)
  if (boundary !== holder.boundary) {
    await setBoundary(tx, kind, holder, boundary)
    touched = true
  }
  if (touched) changed.push(`${kind.word} ${found.account}/${found.name}`)
}

async function applyTrust(tx: Transaction, account: string, seed: SeedRole, changed: string[]) {
  const role = await tx.get(roles, [account, seed.name.toLowerCase()])
  if (role === undefined || role.trust.text === seed.trust) return
  await tx.replace(roles, { ...role, trust: await resolveTrust(tx, account, seed.trust) })
  const line = `role ${account}/${role.name}`
  if (!changed.includes(line)) changed.push(line)
}

async function keylessUsers(tx: Transaction, seed: Seed) {
  const keyless: { account: string; id: string; name: string }[] = []
  for (const account of seed.accounts) {
    for (const { name, accessKeys: wanted } of account.users) {
      const user = await tx.get(users, [account.id, name.toLowerCase()])
      if (user === undefined) continue
      const { items } = await tx.list(accessKeys, 'principal', { prefix: [account.id, user.id], limit: 2 })
      for (let i = items.length; i < wanted; i++) keyless.push({ account: account.id, id: user.id, name })
    }
  }
  return keyless
}

const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)
