// Puts the rooms together over one store: keys, passes, subjects, services. Servers run on it, and so do commands that
// work on a data folder directly.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isThere, makeFolder } from '../client/folder.ts'
import type { Settings } from '../config/settings.ts'
import { quotasOf } from '../core/quotas.ts'
import { createSigningKeys } from '../core/sigv4/keys.ts'
import { type Master, masterFile, masterOf } from '../keys/master.ts'
import { pooledRandom } from '../keys/random.ts'
import { openRing, type Ring } from '../keys/ring.ts'
import { createSigners, type KeptSigners } from '../keys/signers.ts'
import { createVault } from '../keys/vault.ts'
import type { Services } from '../server/aws.ts'
import { type FolderLock, lockFolder } from '../server/folder-lock.ts'
import { type Authenticator, createAuthenticator } from '../service/access/authenticate.ts'
import { createCredentials } from '../service/access/credentials.ts'
import { createLastUses, type LastUses } from '../service/access/last-used.ts'
import { createSubjects } from '../service/access/subjects.ts'
import { type Audit, type AuditOptions, createAudit } from '../service/audit/journal.ts'
import { poolTokens } from '../service/cognito-identity/built-in.ts'
import { cognitoIdentityOperations } from '../service/cognito-identity/operations.ts'
import { createPools } from '../service/cognito-identity/pool-view.ts'
import { createOpenIdTokens } from '../service/cognito-identity/tokens.ts'
import { collections } from '../service/collections.ts'
import { iamOperations } from '../service/iam/operations.ts'
import { organizationsOperations } from '../service/organizations/operations.ts'
import type { Parts } from '../service/parts.ts'
import { createPasses } from '../service/session/passes.ts'
import { openRevocations, type Revocations } from '../service/session/revocations.ts'
import { stsOperations } from '../service/sts/operations.ts'
import type { AnyCollection, Store } from '../store/store.ts'
import { createScarcity } from './disk-space.ts'
import { Failure } from './failure.ts'
import { type Federation, readFederation } from './federation.ts'

/** How a store is opened: named by main.ts alone. */
export type OpenStore = (
  file: string,
  collections: readonly AnyCollection[],
  options: { readonly now: () => Date },
) => Promise<Store>

export interface Engine {
  readonly parts: Parts
  readonly store: Store
  readonly ring: Ring
  readonly signers: KeptSigners
  readonly revocations: Revocations
  readonly audit: Audit
  readonly lastUses: LastUses
  readonly authenticator: Authenticator
  readonly services: Services
  readonly clock: () => Date
  /** Whether the disk has little room left: see scarcity.ts. */
  readonly scarce: () => boolean
  /** The folder's lock: an engine that serves holds it from before anything is made until it is closed. */
  readonly lock: FolderLock | undefined
  close(): Promise<void>
}

export interface EngineOptions {
  readonly openStore: OpenStore
  readonly settings: Settings
  readonly clock: () => Date
  /** Name of this process among those that serve; a command that does not serve has none. */
  readonly node?: string
  /** Development: identity providers may be on this machine. */
  readonly loopback?: boolean
  /** Bounds of the journal, where others than the usual are to hold. */
  readonly bounds?: Pick<AuditOptions, 'accounts' | 'refusals' | 'scarce'>
}

const dayMs = 86_400_000
const mebi = 1 << 20

/** The store's file in a data folder. */
export const storeFile = (data: string) => join(data, 'hallpass.sqlite')

/**
 * Opens the engine of a data folder, making folder, master key, store and ring when they are not there. Rejects Failure
 * when it is to serve a folder that another process serves.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { settings, loopback = false } = options
  const { data } = settings
  const federation = await readFederation({ settings, loopback })
  makeFolder(data)
  const lock = options.node === undefined ? undefined : await holdFolder(data)
  try {
    return await opened(options, federation, lock)
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** Makes a data folder if need be, and locks it. Rejects Failure when another process serves it. */
export async function holdFolder(folder: string): Promise<FolderLock> {
  const lock = await lockFolder(folder).catch((error: unknown) => {
    // A path too long for the admin socket.
    if (error instanceof TypeError) throw new Failure(error.message)
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_SQLITE_ERROR') throw error
    throw new Failure(
      `${join(folder, 'serve.lock')} cannot be locked: ${message}; it must be this user's, on a local disk`,
    )
  })
  if ('refused' in lock) throw new Failure(lock.refused)
  return lock
}

async function opened(options: EngineOptions, federation: Federation, lock: FolderLock | undefined): Promise<Engine> {
  const { openStore, settings, clock, node } = options
  const { data } = settings
  const master = masterKey(settings)
  const store = await openStore(storeFile(data), collections, { now: clock })
  const ring = await openRing({ store, master, now: clock(), ...(node === undefined ? {} : { node }) })
  const revocations = await openRevocations({ store })
  const random = pooledRandom()
  const vault = createVault(ring, random)
  const subjects = createSubjects(store, clock)
  const passes = createPasses({ ring, subjects, revocations, random })
  const signers = createSigners({ store, vault })
  const publicUrl = settings['public-url']?.replace(/\/+$/, '')
  const pools = createPools(store, clock)
  const tokens = createOpenIdTokens({ store, signers, pools, vault, revocations, random })
  const { webIdentity, logins } = federation({ store, clock, given: [poolTokens(tokens)] })
  const parts: Parts = {
    ...{ store, subjects, passes, vault, signers, random, webIdentity },
    quotas: quotasOf(settings.quotas ?? []),
    cognito: { pools, tokens, logins },
    fresh: (now) => revocations.fresh(now),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  }
  const scarce = options.bounds?.scarce ?? createScarcity(data, clock)
  const audit = createAudit({
    ...{ store, clock },
    retentionMs: settings['audit-days'] * dayMs,
    maxPending: 100_000,
    accounts: { strangersPerDay: settings['audit-guests'] * mebi, ...options.bounds?.accounts },
    refusals: options.bounds?.refusals,
    scarce,
  })
  const authenticator = createAuthenticator({
    credentials: createCredentials(store, vault, clock),
    passes,
    subjects,
    signingKeys: createSigningKeys(20_000),
  })
  const lastUses = createLastUses(store)
  return {
    parts,
    store,
    ring,
    signers,
    revocations,
    audit,
    lastUses,
    authenticator,
    clock,
    scarce,
    lock,
    services: servicesOf(parts),
    async close() {
      await lastUses.flush().catch(() => undefined)
      await audit.close()
      revocations.close()
      await ring.close()
      await store.close()
      lock?.release()
    },
  }
}

/** The operations of every service that is served. */
export const servicesOf = (parts: Parts): Services => ({
  sts: stsOperations(parts),
  iam: iamOperations(parts),
  organizations: organizationsOperations(parts),
  'cognito-identity': cognitoIdentityOperations(parts),
})

/** Where the master key is when it is not given itself. */
export const masterKeyFile = (settings: Settings) => settings['master-key-file'] ?? join(settings.data, 'master.key')

/**
 * The master key, of the settings or of its file; made with a new folder.
 * @throws Failure when it is not there and a store is: a new key could only be the wrong one
 */
export function masterKey(settings: Settings): Master {
  const given = settings['master-key']
  if (given !== undefined) return masterOf(given)
  const file = masterKeyFile(settings)
  if (!isThere(file) && isThere(storeFile(settings.data))) {
    throw new Failure(`${file} is not there, and without its master key the store cannot be opened`)
  }
  return masterFile(file)
}

/** A new name for a process that serves. */
export const newNodeName = () => randomBytes(8).toString('hex')
