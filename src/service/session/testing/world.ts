// What tests of passes run on: a store whose transactions run twice, with two accounts; a ring, revocations and passes.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Ancestor, Pass } from '../../../core/identity.ts'
import { Secret } from '../../../core/secret.ts'
import { masterOf } from '../../../keys/master.ts'
import { pooledRandom } from '../../../keys/random.ts'
import { keyCollections } from '../../../keys/records.ts'
import { openRing } from '../../../keys/ring.ts'
import { openSqlite } from '../../../store/sqlite.ts'
import type { AnyCollection } from '../../../store/store.ts'
import { chaos } from '../../../store/testing/chaos.ts'
import { loadSubject } from '../../access/load-subject.ts'
import { accounts, attachments, managedPolicies, type Role, roles, type User, users } from '../../records.ts'
import { attestationsOf } from '../attestations.ts'
import { createPasses } from '../passes.ts'
import { openRevocations, revocations } from '../revocations.ts'
import { type RevocationScope, revoke } from '../revoke.ts'

export const start = new Date('2026-03-01T12:00:00Z')
/** Seconds. */
export const issuedAt = start.getTime() / 1000
export const later = (seconds: number) => new Date(start.getTime() + seconds * 1000)
export const A = '111122223333'
export const B = '444455556666'
export const accessKeyId = 'ASIAQNZGKIQY56JQ7WML'
const master = masterOf(randomBytes(32).toString('base64'))

const holder = { path: '/', createdAt: '2026-01-01T00:00:00Z', tags: [], inline: [], attached: [] }
const trust = { text: '{"Version":"2012-10-17","Statement":[]}', principals: {} }
const role = (account: string, name: string, id: string): Role => {
  return { ...holder, account, name, id, maxSessionDuration: 3600, trust }
}
export const user: User = { ...holder, account: A, name: 'ann', id: 'AIDAANN2345678901234Z' }
export const reader = role(A, 'reader', 'AROAREADER23456789012')
export const middle = role(A, 'middle', 'AROAMIDDLE23456789012')
export const abroad = role(B, 'abroad', 'AROAABROAD23456789012')

export type World = Awaited<ReturnType<typeof newWorld>>

export async function newWorld(more: readonly AnyCollection[] = []) {
  let heard = start
  const collections = [accounts, users, roles, managedPolicies, attachments, revocations, ...keyCollections, ...more]
  const sqlite = await openSqlite(':memory:', collections, { clock: () => heard, pollMs: 3_600_000 })
  const store = chaos(sqlite, { twice: true, yields: true })
  await store.transact(async (tx) => {
    for (const id of [A, B]) await tx.create(accounts, { id, name: id, status: 'ACTIVE', createdAt: holder.createdAt })
    for (const record of [reader, middle, abroad]) await tx.create(roles, record)
    await tx.create(users, user)
  })
  const ring = await openRing({ store, master, now: start, node: 'a' })
  const nodeRevocations = await openRevocations({ store })
  const subjects = { byId: (account: string, id: string) => loadSubject(store, account, id) }
  /** Machines that are vouched for. */
  const vouched = new Set<string>()
  const passes = createPasses({
    ring,
    subjects,
    revocations: nodeRevocations,
    attestations: attestationsOf({ machine: (_, id) => vouched.has(id) }),
    random: pooledRandom(),
  })

  async function passOf(of: Partial<Pass> = {}): Promise<Pass> {
    const account = of.account ?? A
    const principal = of.principal ?? reader.id
    return {
      id: randomBytes(16).toString('hex'),
      accessKeyId,
      secret: new Secret('s'.repeat(40)),
      issuedAt,
      expiresAt: issuedAt + 3600,
      kind: 'role',
      account,
      principal,
      name: 'session',
      version: (await loadSubject(store, account, principal))?.version ?? 0,
      by: user.id,
      vouched: true,
      tags: {},
      transitive: [],
      keys: new Map(),
      ancestors: [],
      ...of,
    }
  }

  return {
    store,
    ring,
    nodeRevocations,
    passes,
    passOf,
    vouched,
    /** A pass that was issued to the session of another. */
    child(parent: Pass, of: Partial<Pass>): Promise<Pass> {
      const { id, principal, version, account } = parent
      const ancestor: Ancestor = { id, principal, version, account }
      return passOf({ by: parent.by, ...of, ancestors: [...parent.ancestors, ancestor] })
    },
    tokenOf(pass: Pass): string {
      const token = passes.seal(pass)
      assert(token !== undefined)
      return token
    },
    /** 'opened', or why it does not open. */
    async open(token: string, now = later(60), keyId = accessKeyId): Promise<string> {
      const answer = await passes.open(token, keyId, now)
      return 'pass' in answer ? 'opened' : answer.rejected
    },
    /** The feed is heard at that time: the node writes something. */
    async hearAt(time: Date): Promise<void> {
      heard = time
      await store.transact((tx) => tx.replace(users, user))
    },
    async revokeNow(account: string, scope: RevocationScope, now = later(30)): Promise<void> {
      await store.transact((tx) => revoke(tx, account, scope, now))
      await nodeRevocations.settled()
    },
  }
}
