// Brings a store to a seed (`hallpass apply FILE`, the development demonstration). Applying twice changes nothing; what the
// file does not name is left alone.
import { mostOf, type Quotas } from '../core/quotas.ts'
import type { Transaction } from '../store/store.ts'
import { Refusal } from '../wire/errors.ts'
import type { Parts } from './parts.ts'
import { attachPolicy, detachPolicy, setBoundary } from './principals/attach.ts'
import {
  checkMaxSessionDuration,
  createAccount,
  createPolicy,
  createRole,
  createUser,
  newAccessKey,
  newPolicyId,
  newRoleId,
  newUserId,
  storeAccessKey,
} from './principals/create.ts'
import { checkName } from './principals/names.ts'
import { checkGrammar, checkInlineSize, checkManaged } from './principals/policy-text.ts'
import { type HolderKind, roleKind, userKind } from './principals/resource-kinds.ts'
import { givenTags } from './principals/tag-rules.ts'
import { resolveTrust } from './principals/trust.ts'
import { accessKeys, accounts, isoTime, managedPolicies, type Principal, type Role, roles, users } from './records.ts'
import {
  type Applied,
  type Done,
  type Seed,
  type SeedAccount,
  type SeededKey,
  type SeedHolder,
  type SeedPolicy,
  SeedRefused,
  type SeedRole,
  type SeedUser,
} from './seed-shape.ts'

export interface ApplyOptions {
  /** Only says what would change. */
  readonly dryRun?: boolean
  /** Writes what was done to the audit, in the same transaction. Called when something was. */
  readonly note?: (tx: Transaction, done: Done) => void
  /** Further work of the same transaction, whose changes are told with the seed's. It writes its own record. */
  readonly along?: (tx: Transaction) => Promise<Done>
}

/** Takes a transaction that must not commit to its end. */
class DryRun extends Error {
  readonly done: Done
  constructor(done: Done) {
    super('dry run')
    this.done = done
  }
}

/** Brings the store to the seed in one transaction: all of it, or nothing. Rejects SeedRefused, Unavailable. */
export async function applySeed(
  parts: Pick<Parts, 'store' | 'vault' | 'random' | 'quotas'>,
  seed: Seed,
  now: Date,
  { dryRun = false, note, along }: ApplyOptions = {},
): Promise<Applied> {
  const createdAt = isoTime(now)
  // Ids and keys are made before: a transaction may run several times, and has no effect but on the store.
  const ids = new Map<object, string>()
  const keys = new Map<SeedUser, readonly ReturnType<typeof newAccessKey>[]>()
  for (const account of seed.accounts) {
    if (!/^\d{12}$/.test(account.id)) throw new SeedRefused(account, 'id', 'an account id is 12 digits, in quotes')
    for (const user of account.users) {
      ids.set(user, newUserId(parts.random))
      const most = parts.quotas(account.id).AccessKeysPerUser
      if (user.accessKeys > most) throw new SeedRefused(user, 'access-keys', `a user has at most ${most} access keys`)
      const make = () => newAccessKey(parts, account.id, '', createdAt)
      keys.set(user, Array.from({ length: user.accessKeys }, make))
    }
    for (const role of account.roles) ids.set(role, newRoleId(parts.random))
    for (const policy of account.policies) ids.set(policy, newPolicyId(parts.random))
  }
  try {
    return await parts.store.transact(async (tx) => {
      const done = { created: [] as string[], changed: [] as string[] }
      const work: Work = { tx, createdAt, done, quotas: parts.quotas, idOf: (item) => ids.get(item) ?? '' }
      for (const account of seed.accounts) await applyAccount(work, account)
      // Roles name each other in their trust: all of them exist before the first is believed.
      for (const account of seed.accounts)
        for (const role of account.roles) await of(role, 'trust', applyTrust(work, account.id, role))
      const made: SeededKey[] = []
      for (const account of seed.accounts)
        for (const user of account.users) made.push(...(await applyKeys(work, account.id, user, keys.get(user) ?? [])))
      const more = await along?.(tx)
      const all = {
        created: [...done.created, ...(more?.created ?? [])],
        changed: [...done.changed, ...(more?.changed ?? [])],
        removed: more?.removed ?? [],
      }
      if (dryRun) throw new DryRun(all)
      if (done.created.length + done.changed.length > 0) note?.(tx, { ...done, removed: [] })
      return { ...all, keys: made }
    })
  } catch (error) {
    if (error instanceof DryRun) return { ...error.done, keys: [] }
    throw error
  }
}

interface Work {
  readonly tx: Transaction
  readonly createdAt: string
  readonly done: { readonly created: string[]; readonly changed: string[] }
  readonly quotas: Quotas
  readonly idOf: (item: object) => string
}

/** Notes a thing as created or changed: once, and as created where it was not there before. */
function note({ done }: Work, fresh: boolean, thing: string) {
  if (fresh) done.created.push(thing)
  else if (!done.created.includes(thing) && !done.changed.includes(thing)) done.changed.push(thing)
}

/** A refusal during the work names this item of the seed. */
async function of<T>(item: object, field: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof Refusal ? new SeedRefused(item, field, error.message) : error
  }
}

async function applyAccount(work: Work, seed: SeedAccount) {
  const { tx, createdAt, quotas, idOf } = work
  const account = seed.id
  const known = await tx.get(accounts, [account])
  if (known === undefined) {
    await of(seed, 'id', createAccount(tx, { id: account, name: seed.name, status: 'ACTIVE', createdAt }))
    note(work, true, `account ${account}`)
  } else if (known.name !== seed.name) {
    await tx.replace(accounts, { ...known, name: seed.name })
    note(work, false, `account ${account}`)
  }
  for (const policy of seed.policies) await of(policy, undefined, applyPolicy(work, account, policy))
  for (const user of seed.users) {
    const { name, path } = user
    const before = await tx.get(users, [account, name.toLowerCase()])
    const made =
      before ?? (await of(user, 'name', createUser(tx, { account, id: idOf(user), name, path, createdAt }, quotas)))
    await of(user, undefined, applyPrincipal(work, userKind, made, user, before === undefined))
  }
  for (const role of seed.roles) {
    const { name, path } = role
    const before = await tx.get(roles, [account, name.toLowerCase()])
    const trust = ownRootTrust(account)
    const made =
      before ??
      (await of(role, 'name', createRole(tx, { account, id: idOf(role), name, path, createdAt, trust }, quotas)))
    const { description, maxSessionDuration = made.maxSessionDuration } = role
    await of(role, 'max-session-duration', (async () => checkMaxSessionDuration(maxSessionDuration))())
    const after: Role = { ...made, maxSessionDuration, ...(description === undefined ? {} : { description }) }
    const differs = differ(made, after)
    if (differs) await tx.replace(roles, after)
    await of(role, undefined, applyPrincipal(work, roleKind, after, role, before === undefined, differs))
  }
}

/** What a role trusts for the moment between its making and the reading of its own trust policy, inside one transaction. */
const ownRootTrust = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
  })

async function applyPolicy(work: Work, account: string, seed: SeedPolicy) {
  const { tx, createdAt, quotas, idOf } = work
  const before = await tx.get(managedPolicies, [account, seed.name.toLowerCase()])
  if (before === undefined) {
    await createPolicy(tx, { account, id: idOf(seed), name: seed.name, text: seed.text, createdAt }, quotas)
    note(work, true, `policy ${account}/${seed.name}`)
    return
  }
  const current = before.versions.find((version) => version.id === before.defaultVersion)
  if (current?.text === seed.text) return
  const mine = quotas(account)
  checkManaged(seed.text, mine)
  const lastVersion = before.lastVersion + 1
  const version = { id: `v${lastVersion}`, text: seed.text, createdAt }
  // The oldest that is not the default makes room.
  const full = before.versions.length >= mine.VersionsPerPolicy
  const kept = full ? dropOldest(before.versions, before.defaultVersion) : before.versions
  const versions = [...kept, version]
  await tx.replace(managedPolicies, {
    ...before,
    versions,
    lastVersion,
    defaultVersion: version.id,
    updatedAt: createdAt,
  })
  note(work, false, `policy ${account}/${seed.name}`)
}

function dropOldest<V extends { readonly id: string }>(versions: readonly V[], keep: string): readonly V[] {
  const oldest = versions.find(({ id }) => id !== keep)
  return versions.filter((version) => version !== oldest)
}

async function applyPrincipal<P extends Principal>(
  work: Work,
  kind: HolderKind<P>,
  principal: P,
  seed: SeedHolder,
  fresh: boolean,
  differs = false,
) {
  const { tx, quotas } = work
  if (principal.path !== seed.path) {
    throw new SeedRefused(
      seed,
      'path',
      `${kind.word} ${principal.name} is at ${principal.path}: a path is not changed here`,
    )
  }
  for (const policy of seed.inline) await of(policy, undefined, checkInline(policy))
  const texts = seed.inline.map(({ text }) => text)
  checkInlineSize(kind, seed.name, texts, quotas(principal.account))
  const tags = await of(seed, 'tags', (async () => givenTags(seed.tags))())
  const inline = seed.inline.map(({ name, text }) => ({ name, text })).sort((a, b) => (a.name < b.name ? -1 : 1))
  let holder: P = { ...principal, tags, inline }
  let touched = fresh || differs
  if (differ(principal, holder)) {
    await tx.replace(kind.collection, holder)
    touched = true
  }
  const arnOf = (policy: string) =>
    policy.startsWith('arn:') ? policy : `arn:aws:iam::${principal.account}:policy/${policy}`
  const attach = seed.attach.map(arnOf)
  for (const arn of principal.attached.filter((arn) => !attach.includes(arn))) {
    await detachPolicy(tx, kind, holder, arn)
    holder = { ...holder, attached: holder.attached.filter((other) => other !== arn) }
    touched = true
  }
  for (const arn of attach) {
    if (!holder.attached.includes(arn)) touched = true
    holder = await of(seed, 'attach', attachPolicy(tx, kind, holder, arn, quotas))
  }
  const boundary = seed.boundary === undefined ? undefined : arnOf(seed.boundary)
  if (boundary !== holder.boundary) {
    await of(seed, 'boundary', setBoundary(tx, kind, holder, boundary))
    touched = true
  }
  if (touched) note(work, fresh, `${kind.word} ${principal.account}/${principal.name}`)
}

async function checkInline({ name, text }: SeedPolicy) {
  checkName('policyName', name, 128)
  checkGrammar(text)
}

async function applyTrust(work: Work, account: string, seed: SeedRole) {
  const { tx, quotas } = work
  const role = await tx.get(roles, [account, seed.name.toLowerCase()])
  if (role === undefined || role.trust.text === seed.trust) return
  await tx.replace(roles, { ...role, trust: await resolveTrust(tx, account, seed.trust, quotas) })
  note(work, false, `role ${account}/${role.name}`)
}

/** Gives a user as many of these keys as it lacks. */
async function applyKeys(
  work: Work,
  account: string,
  seed: SeedUser,
  made: readonly ReturnType<typeof newAccessKey>[],
): Promise<readonly SeededKey[]> {
  const { tx, quotas } = work
  const user = await tx.get(users, [account, seed.name.toLowerCase()])
  if (user === undefined) return []
  const { items } = await tx.list(accessKeys, 'principal', {
    prefix: [account, user.id],
    limit: mostOf('AccessKeysPerUser'),
  })
  const keys: SeededKey[] = []
  for (const { record, secret } of made.slice(items.length)) {
    await storeAccessKey(tx, { ...record, principal: user.id }, quotas)
    work.done.created.push(`access key ${account}/${user.name}`)
    keys.push({ account, user: user.name, accessKeyId: record.id, secret })
  }
  return keys
}

const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)
