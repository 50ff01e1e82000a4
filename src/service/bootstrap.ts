// The first start of a store: its mode, its first account and that account's root access key, in one create-if-absent
// transaction. Later starts must agree with it.
import { accountOfKeyId } from '../core/ids.ts'
import { rootProblem } from '../core/root-key.ts'
import type { Secret } from '../core/secret.ts'
import type { Collection, Reader, Transaction } from '../store/store.ts'
import type { Parts } from './parts.ts'
import { createAccount, newAccessKey } from './principals/create.ts'
import { accessKeys, isoTime } from './records.ts'

export type Mode = 'production' | 'development'

/** What a store says of itself. There is one such record. */
export interface Meta {
  readonly mode: Mode
  readonly rootAccount: string
  readonly createdAt: string
}

const metaKey = ['system', 'meta']

export const metas: Collection<Meta> = {
  name: 'meta',
  key: () => metaKey,
  indexes: {},
  shape: 1,
  upgrade: (old) => old as Meta,
}

/** What the store says of itself; undefined of one that was never started. */
export const metaOf = (reader: Reader): Promise<Meta | undefined> => reader.get(metas, metaKey)

/** The first account's root as the operator chooses it. */
export interface GivenRoot {
  readonly account?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly secret?: Secret | undefined
}

export interface RootKey {
  readonly account: string
  readonly accessKeyId: string
  readonly secret: Secret
}

/** A start that must stop: the store is of the other mode, or the given root is not the stored one. */
export class BootstrapRefused extends Error {
  override readonly name = 'BootstrapRefused'
}

type Needs = Pick<Parts, 'store' | 'vault' | 'random'>

/** Refuses a store of the other mode. A store without a mode is new. */
export async function checkMode({ store }: Pick<Parts, 'store'>, mode: Mode): Promise<Meta | undefined> {
  const meta = await metaOf(store)
  if (meta !== undefined && meta.mode !== mode) {
    const [other, command] = mode === 'production' ? ['development', 'dev'] : ['production', 'serve']
    throw new BootstrapRefused(
      `this data folder holds a ${other} store; \`hallpass ${command}\` serves it. Give --data another folder for ${mode}.`,
    )
  }
  return meta
}

/**
 * Makes the root of a new store; `keep` saves its key (to a 0600 file) before it is committed, for the store never gives
 * the secret out again. Answers undefined when the store was made before, after comparing `given` with it.
 * @throws BootstrapRefused
 */
export async function bootstrap(
  parts: Needs,
  mode: Mode,
  given: GivenRoot,
  now: Date,
  keep: (root: RootKey) => void,
): Promise<RootKey | undefined> {
  const meta = await checkMode(parts, mode)
  if (meta !== undefined) {
    await checkGiven(parts, meta, given)
    return undefined
  }
  checkShape(given)
  const account =
    given.account ?? (given.accessKeyId && accountOfKeyId(given.accessKeyId)) ?? newAccountId(parts.random)
  const createdAt = isoTime(now)
  const chosen =
    given.accessKeyId !== undefined && given.secret !== undefined
      ? { id: given.accessKeyId, secret: given.secret }
      : undefined
  const { record, secret } = newAccessKey(parts, account, account, createdAt, chosen)
  const root: RootKey = { account, accessKeyId: record.id, secret }
  keep(root)
  const made = await parts.store.transact(async (tx) => {
    if ((await metaOf(tx)) !== undefined) return false
    await tx.create(metas, { mode, rootAccount: account, createdAt })
    await createAccount(tx, { id: account, name: 'root', status: 'ACTIVE', createdAt })
    await tx.create(accessKeys, record)
    return true
  })
  // Another process was first: agree with what it made.
  return made ? root : bootstrap(parts, mode, given, now, keep)
}

/** A 12-digit account id that does not begin with zeros, so that no spreadsheet eats them. */
export function newAccountId(random: Parts['random']): string {
  return String(100_000_000_000 + (random(6).readUIntBE(0, 6) % 900_000_000_000))
}

function checkShape({ secret, ...given }: GivenRoot) {
  const problem = rootProblem({ ...given, secret: secret?.reveal() })
  if (problem !== undefined) throw new BootstrapRefused(problem)
}

async function checkGiven({ store, vault }: Needs, meta: Meta, given: GivenRoot) {
  checkShape(given)
  if (given.account !== undefined && given.account !== meta.rootAccount) {
    throw new BootstrapRefused(`root-account-id: this store's first account is ${meta.rootAccount}`)
  }
  if (given.accessKeyId === undefined || given.secret === undefined) return
  const record = await store.get(accessKeys, [meta.rootAccount, given.accessKeyId])
  const same =
    record?.principal === meta.rootAccount &&
    vault.open(meta.rootAccount, record.id, 'secret', record.secret) === given.secret.reveal()
  if (!same) {
    throw new BootstrapRefused(
      'root-access-key-id and root-secret-access-key are not those in the store; `hallpass root reset` makes new ones',
    )
  }
}

/**
 * Replaces root's access keys by a new one (`hallpass root reset`). The old ones stop at once. `along` ends the sessions and writes
 * the audit in the same transaction.
 */
export async function resetRoot(
  parts: Needs,
  now: Date,
  keep: (root: RootKey) => void,
  along: (tx: Transaction, root: RootKey) => Promise<void> = async () => {},
): Promise<RootKey> {
  const meta = await metaOf(parts.store)
  if (meta === undefined) throw new BootstrapRefused('this store was never started')
  const account = meta.rootAccount
  const { record, secret } = newAccessKey(parts, account, account, isoTime(now))
  const root: RootKey = { account, accessKeyId: record.id, secret }
  keep(root)
  await parts.store.transact(async (tx) => {
    const { items } = await tx.list(accessKeys, 'principal', { prefix: [account, account], limit: 10 })
    for (const key of items) await tx.delete(accessKeys, [account, key.id])
    await tx.create(accessKeys, record)
    await along(tx, root)
  })
  return root
}
