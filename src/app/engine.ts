// Puts the rooms together over one store: keys, passes, subjects, services. Servers run on an engine, and so do commands
// that work on a data folder directly.
import { randomBytes } from 'node:crypto'
import { makeFolder } from '../client/folder.ts'
import type { Settings } from '../config/settings.ts'
import { quotasOf } from '../core/quotas.ts'
import { createSigningKeys } from '../core/sigv4/keys.ts'
import { pooledRandom } from '../keys/random.ts'
import { openRing, type Ring } from '../keys/ring.ts'
import { createSigners, type KeptSigners } from '../keys/signers.ts'
import { createVault } from '../keys/vault.ts'
import type { Services } from '../server/aws.ts'
import type { FolderLock } from '../server/folder-lock.ts'
import { type Authenticator, createAuthenticator } from '../service/access/authenticate.ts'
import { createCredentials } from '../service/access/credentials.ts'
import { createLastUses, type LastUses } from '../service/access/last-used.ts'
import { createSubjects } from '../service/access/subjects.ts'
import { type Audit, type AuditOptions, createAudit } from '../service/audit/journal.ts'
import { poolTokens } from '../service/cognito-identity/credentials/proof-kind.ts'
import { createOpenIdTokens } from '../service/cognito-identity/credentials/tokens.ts'
import { createPools } from '../service/cognito-identity/pools/pool-view.ts'
import { collections } from '../service/collections.ts'
import type { ConsoleSessions } from '../service/console/session.ts'
import { createConsoleSessions } from '../service/console/sessions.ts'
import type { Backends } from '../service/contracts/backends.ts'
import { createTablePolicies } from '../service/dynamodb/table-policies.ts'
import { createPodAssociations } from '../service/eks/pod-associations.ts'
import { createTokenTags } from '../service/eks/token-tags.ts'
import { noBackends, type Parts } from '../service/parts.ts'
import type { RunningPeople } from '../service/people/people.ts'
import { createCertificateTrust } from '../service/rolesanywhere/trust.ts'
import { type Attestations, attestationsOf } from '../service/session/attestations.ts'
import { createPasses } from '../service/session/passes.ts'
import { openRevocations, type Revocations } from '../service/session/revocations.ts'
import { createWorkloadProofs, type WorkloadProofs } from '../service/workloads/proofs.ts'
import { createWorkloads } from '../service/workloads/workloads.ts'
import type { StoreSource } from '../store/kind.ts'
import type { Store } from '../store/store.ts'
import { type BoundAssumeRoles, createAssumeRoles } from './assume-roles.ts'
import { holdFolder, masterKey } from './data-folder.ts'
import { createScarcity } from './disk-space.ts'
import { type Federation, readFederation } from './federation.ts'
import type { RunningGateway } from './gateway.ts'
import { openPeople, type PeopleSources } from './people.ts'
import { servicesOf } from './services.ts'

export interface Engine {
  readonly parts: Parts
  readonly source: StoreSource
  readonly store: Store
  readonly ring: Ring
  readonly signers: KeptSigners
  readonly revocations: Revocations
  readonly attestations: Attestations
  readonly audit: Audit
  readonly lastUses: LastUses
  readonly authenticator: Authenticator
  readonly services: Services
  readonly consoleSessions: ConsoleSessions
  /** AssumeRole for services: a server binds it to its pipeline. */
  readonly assumeRoles: BoundAssumeRoles
  readonly people: RunningPeople
  /** Who proves itself at the workload API. */
  readonly workloadProofs: WorkloadProofs
  /** Absent where no backend is configured. */
  readonly gateway: RunningGateway | undefined
  readonly clock: () => Date
  /** Whether the disk that the store fills has little room left (disk-space.ts); always false for a store elsewhere. */
  readonly scarce: () => boolean
  /** The folder's lock. An engine that serves holds it from before it creates anything until it is closed. */
  readonly lock: FolderLock | undefined
  close(): Promise<void>
}

export interface EngineOptions {
  readonly source: StoreSource
  readonly settings: Settings
  readonly clock: () => Date
  /** Name of this process among those that serve; a command that does not serve has none. */
  readonly node?: string
  /** Development: identity providers may be on this machine. */
  readonly loopback?: boolean
  /** What stands behind the gateway, of an engine that serves. The engine closes it. */
  readonly gateway?: RunningGateway | undefined
  /** In place of the store's table of people, and of real connectors: for tests. */
  readonly people?: Partial<PeopleSources>
  /** In place of the gateway's: for tests. */
  readonly backends?: Backends
  /** Bounds of the journal that replace the usual ones. */
  readonly bounds?: Pick<AuditOptions, 'accounts' | 'refusals' | 'scarce'>
}

const dayMs = 86_400_000
const mebi = 1 << 20

/**
 * Opens the engine of a data folder, and makes folder, master key, store and ring if they do not exist. Rejects Failure if
 * it should serve a folder that another process serves.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { settings, loopback = false } = options
  const { data } = settings
  const federation = await readFederation({ settings, loopback })
  makeFolder(data)
  const lock = options.node === undefined ? undefined : await holdFolder(data)
  try {
    return await openLocked(options, federation, lock)
  } catch (error) {
    lock?.release()
    throw error
  }
}

async function openLocked(
  options: EngineOptions,
  federation: Federation,
  lock: FolderLock | undefined,
): Promise<Engine> {
  const { source, settings, clock, node, gateway } = options
  const { data } = settings
  const master = await masterKey(settings, source)
  const store = await source.open(collections, { clock })
  const ring = await openRing({ store, master, now: clock(), ...(node === undefined ? {} : { node }) })
  const revocations = await openRevocations({ store })
  const random = pooledRandom()
  const vault = createVault(ring, random)
  const subjects = createSubjects(store, clock)
  const workloads = createWorkloads(store, clock)
  const certificates = createCertificateTrust(store, clock)
  const attestations = attestationsOf({
    ...{ machine: workloads.machineLives, service: workloads.serviceLives },
    ...{ certificate: certificates.lives, association: createPodAssociations(store, clock) },
  })
  const passes = createPasses({ ring, subjects, revocations, attestations, random })
  const signers = createSigners({ store, vault })
  const publicUrl = settings['public-url']?.replace(/\/+$/, '')
  const issuerUrl = settings['issuer-url']?.replace(/\/+$/, '')
  const pools = createPools(store, clock)
  const tokens = createOpenIdTokens({ store, signers, pools, vault, revocations, attestations, random })
  const issuedHere = [poolTokens(tokens)]
  const {
    webIdentity,
    saml,
    codeFlows,
    logins,
    tokens: tokenTrust,
  } = federation({ store, clock, vault, subjects, issuedHere, tokenTags: createTokenTags(store, clock) })
  const assumeRoles = createAssumeRoles()
  const parts: Parts = {
    ...{ store, subjects, passes, vault, signers, random, webIdentity, saml, codeFlows },
    quotas: quotasOf(settings.quotas ?? []),
    cognito: { pools, tokens, logins },
    tablePolicies: createTablePolicies(store, clock),
    certificates,
    backends: options.backends ?? gateway ?? noBackends,
    fresh: (now) => revocations.fresh(now),
    ...{ tokenTrust, assumeRoles },
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
  }
  const scarce = options.bounds?.scarce ?? (source.inDataFolder ? createScarcity(data, clock) : () => false)
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
    certificates: certificates.known,
  })
  const lastUses = createLastUses(store)
  const consoleSessions = createConsoleSessions({
    ...{ store, vault, passes, subjects, revocations, audit, random },
    idleMinutes: settings['console-idle-minutes'],
  })
  const workloadProofs = createWorkloadProofs({ ...tokenTrust, store, workloads, publicUrl })
  const people = openPeople(
    { store, vault, revocations, audit, random, codeFlows, clock },
    settings,
    options.people ?? {},
  )
  return {
    parts,
    source,
    store,
    ring,
    signers,
    revocations,
    attestations,
    audit,
    lastUses,
    authenticator,
    consoleSessions,
    assumeRoles,
    people,
    workloadProofs,
    gateway,
    clock,
    scarce,
    lock,
    services: servicesOf(parts),
    async close() {
      gateway?.close()
      await people.close()
      await lastUses.flush().catch(() => undefined)
      await audit.close()
      revocations.close()
      await ring.close()
      await store.close()
      lock?.release()
    },
  }
}

/** A new name for a process that serves. */
export const newNodeName = () => randomBytes(8).toString('hex')
