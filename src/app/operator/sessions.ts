// Listing sessions that live, and ending them.
import { parseArn } from '../../core/arn.ts'
import { accountOfKeyId } from '../../core/ids.ts'
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { allRevocations, countEnded, liveSessions } from '../../service/audit/live-sessions.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { issuedSessions, type ListedSession, type SessionFilter } from '../../service/audit/sessions.ts'
import { accessKeys, accounts, roles, users } from '../../service/records.ts'
import { type RevocationScope, revoke } from '../../service/session/revoke.ts'
import { everything } from '../../store/everything.ts'
import type { Engine } from '../engine.ts'

/** Which sessions, as an operator says it. */
export interface Chosen {
  /** A session id, or an access key id. */
  readonly session?: string
  /** ARN or unique id of a role. */
  readonly role?: string
  /** ARN or unique id of a user, or ARN of an account's root. */
  readonly user?: string
  /** What a chain began with: the provider of a web identity, a space, and its subject. */
  readonly subject?: string
  readonly sourceIdentity?: string
  readonly account?: string
}

export interface SessionsInput extends Chosen {
  /** The newest so many. */
  readonly limit?: number
}

export interface SessionRow {
  readonly sessionId: string
  readonly accessKeyId: string
  readonly account: string
  readonly name: string
  readonly resource?: string
  readonly caller?: string
  readonly sourceIdentity?: string
  /** What its chain began with: provider and subject, or the unique id of a user. */
  readonly by: string
  readonly issuedAt: string
  readonly expiresAt: string
  readonly requestId: string
}

export interface SessionsOutput {
  readonly sessions: readonly SessionRow[]
  /** How many more there are, older than those listed. */
  readonly more: number
}

export type RevokeInput = Chosen
export interface RevokeOutput {
  /** How many live sessions were ended, as far as the audit journal goes back. */
  readonly ended: number
  readonly accounts: readonly string[]
}

export async function listLive(engine: Engine, { limit = 1000, ...chosen }: SessionsInput): Promise<SessionsOutput> {
  const { store, clock } = engine
  const rows: SessionRow[] = []
  let more = 0
  for await (const session of liveSessions(store, await filterOf(engine, chosen), clock())) {
    rows.push(rowOf(session))
    if (rows.length > limit) {
      rows.shift()
      more += 1
    }
  }
  return { sessions: rows, more }
}

function rowOf(session: ListedSession): SessionRow {
  const { sessionId, accessKeyId, account, name, resource, caller, sourceIdentity, by, requestId } = session
  return {
    sessionId,
    accessKeyId,
    account,
    name,
    ...(resource === undefined ? {} : { resource }),
    ...(caller === undefined ? {} : { caller }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    by,
    issuedAt: session.issuedAt.toISOString(),
    expiresAt: new Date(session.expiresAt * 1000).toISOString(),
    requestId,
  }
}

/** What was named: whose it is, and the id that passes carry. */
interface Found {
  readonly account: string
  readonly id: string
}

/** A role or user by its ARN; undefined when it is not there. @throws AdminRefusal for what is no such ARN */
async function principalByArn({ store }: Engine, arn: string, kind: 'role' | 'user'): Promise<Found | undefined> {
  const parsed = parseArn(arn)
  const [word, ...rest] = parsed?.resource.split('/') ?? []
  const name = rest.at(-1)?.toLowerCase() ?? ''
  if (parsed?.service === 'iam' && parsed.resource === 'root' && kind === 'user') {
    if ((await store.get(accounts, [parsed.account])) !== undefined)
      return { account: parsed.account, id: parsed.account }
  }
  if (parsed?.service === 'iam' && word === kind && name !== '') {
    const key = [parsed.account, name]
    const found = kind === 'role' ? await store.get(roles, key) : await store.get(users, key)
    return found === undefined ? undefined : { account: parsed.account, id: found.id }
  }
  throw new AdminRefusal(`${arn} is no ARN of a ${kind}: arn:aws:iam::ACCOUNT:${kind}/NAME`)
}

async function principalOf(engine: Engine, arn: string, kind: 'role' | 'user'): Promise<Found> {
  const found = await principalByArn(engine, arn, kind)
  if (found === undefined) throw new AdminRefusal(`there is no ${kind} ${arn}`)
  return found
}

/**
 * Roles or users by ARN or unique id, those that were deleted too: what descends from them may live on, and the journal
 * knows them by it. An ARN may have been several in turn.
 */
async function principalsOf(
  engine: Engine,
  named: string,
  kind: 'role' | 'user',
  owner: string | undefined,
): Promise<readonly Found[]> {
  const isId = (kind === 'role' ? /^AROA[A-Z0-9]{17}$/ : /^AIDA[A-Z0-9]{17}$/).test(named)
  // What was not used yet (a developer's token) is in no session: whose account it is must be said.
  if (isId && owner !== undefined) return [{ account: await accountOf(engine, owner), id: named }]
  const there = isId ? await principalById(engine, named, kind) : await principalByArn(engine, named, kind)
  const found = new Map<string, Found>()
  for await (const session of issuedSessions(engine.store, engine.clock())) {
    const { account, principal, by, resource, caller, ancestors } = session
    if (kind === 'role' && (isId ? principal === named : resource === named))
      found.set(principal, { account, id: principal })
    // What a user's key began says so all along the chain, in whatever account: the key, which is first, says whose it is.
    if (kind === 'user' && by.startsWith('AIDA') && (isId ? by === named : caller === named))
      found.set(by, { account: accountOfKeyId(ancestors[0] ?? '') ?? account, id: by })
  }
  if (there !== undefined) found.set(there.id, there)
  if (found.size === 0) {
    const more = isId ? '; with --account it is revoked all the same' : '; its unique id and --account will do'
    throw new AdminRefusal(`there is no ${kind} ${named}, and no session came of one${more}`)
  }
  return [...found.values()]
}

async function principalById(engine: Engine, id: string, kind: 'role' | 'user'): Promise<Found | undefined> {
  const { store } = engine
  for (const account of await allAccounts(engine)) {
    const key = [account, id]
    const found = kind === 'role' ? await store.find(roles, 'id', key) : await store.find(users, 'id', key)
    if (found !== undefined) return { account, id }
  }
  return undefined
}

async function accountOf({ store }: Engine, id: string): Promise<string> {
  if ((await store.get(accounts, [id])) === undefined) throw new AdminRefusal(`there is no account ${id}`)
  return id
}

/** A session by its id or access key id, or a long-term key: whose it is, and the id that descendants carry. */
async function sessionOf({ store, clock }: Engine, given: string): Promise<Found> {
  const account = given.startsWith('AKIA') ? accountOfKeyId(given) : undefined
  if (account !== undefined && (await store.get(accessKeys, [account, given])) !== undefined) {
    return { account, id: given }
  }
  for await (const { sessionId, accessKeyId, ancestors, ...session } of issuedSessions(store, clock())) {
    if (given === sessionId || given === accessKeyId) return { account: session.account, id: sessionId }
    // A key that was deleted is known by what began with it.
    if (account !== undefined && ancestors.includes(given)) return { account, id: given }
  }
  throw new AdminRefusal(`there is no access key or session ${given}`)
}

/** A long-term key of an account that is there, but is not itself: what it began may not have been used yet. */
async function deletedKey({ store }: Engine, id: string, error: unknown): Promise<Found> {
  const account = id.startsWith('AKIA') ? accountOfKeyId(id) : undefined
  if (account === undefined || (await store.get(accounts, [account])) === undefined) throw error
  return { account, id }
}

/** @throws AdminRefusal for a subject that no session began with */
async function begun({ store, clock }: Engine, subject: string): Promise<void> {
  for await (const { by } of issuedSessions(store, clock())) if (by === subject) return
  throw new AdminRefusal(`no session began with ${subject}`)
}

async function filterOf(engine: Engine, chosen: Chosen): Promise<SessionFilter> {
  const { session, role, user, subject, sourceIdentity, account } = chosen
  const principal = role === undefined ? undefined : await principalOf(engine, role, 'role')
  const by = user === undefined ? undefined : await principalOf(engine, user, 'user')
  return {
    ...(session === undefined ? {} : { session: (await sessionOf(engine, session)).id }),
    ...(principal === undefined ? {} : { principal: principal.id, account: principal.account }),
    ...(by === undefined ? {} : { by: by.id }),
    ...(subject === undefined ? {} : { by: subject }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(account === undefined ? {} : { account: await accountOf(engine, account) }),
  }
}

/** Ends the chosen sessions and what descends from them, at once on this node and within the feed's bound on others. */
export async function revokeSessions(engine: Engine, chosen: RevokeInput): Promise<RevokeOutput> {
  const { store, clock, revocations, audit, parts } = engine
  const targets = await targetsOf(engine, chosen)
  const before = await allRevocations(store)
  const now = clock()
  const entry = operatorEntry(now, parts.random)
  const made = await store.transact(async (tx) => {
    const written = []
    for (const { account, means } of targets) written.push(await revoke(tx, account, means, now))
    tx.append(AUDIT_JOURNAL, audit.until(now), [entry({ name: 'RevokeSessions', parameters: { ...chosen } })])
    return written
  })
  for (const one of made) revocations.learn(one)
  const ended = await countEnded(store, { before, made, now })
  return { ended, accounts: [...new Set(targets.map(({ account }) => account))] }
}

/** What is wrong with a choice of what to revoke: the account narrows, and is a choice when nothing else is given. */
export function choiceProblem({ session, role, user, subject, sourceIdentity, account }: Chosen): string | undefined {
  const count = [session, role, user, subject, sourceIdentity].filter((thing) => thing !== undefined).length
  return count === 1 || (count === 0 && account !== undefined)
    ? undefined
    : 'choose what to revoke by one of --session, --role, --user, --subject, --source-identity, --account'
}

interface Target {
  readonly account: string
  readonly means: RevocationScope
}

/** What is to be revoked, and in which accounts. @throws AdminRefusal unless one thing was chosen */
async function targetsOf(engine: Engine, chosen: Chosen): Promise<readonly Target[]> {
  const { session, role, user, subject, sourceIdentity, account } = chosen
  const problem = choiceProblem(chosen)
  if (problem !== undefined) throw new AdminRefusal(problem)
  if (session !== undefined) {
    const { account, id } = await sessionOf(engine, session).catch((error) => deletedKey(engine, session, error))
    return [{ account, means: { kind: 'session', id } }]
  }
  if (role !== undefined || user !== undefined) {
    const found = await principalsOf(engine, role ?? user ?? '', role === undefined ? 'user' : 'role', account)
    return found.map(({ account, id }) => ({ account, means: { kind: 'principal', id } }))
  }
  if (subject !== undefined) await begun(engine, subject)
  const of = account === undefined ? await allAccounts(engine) : [await accountOf(engine, account)]
  const means: RevocationScope =
    subject !== undefined
      ? { kind: 'subject', by: subject }
      : sourceIdentity === undefined
        ? { kind: 'account' }
        : { kind: 'source-identity', value: sourceIdentity }
  return of.map((account) => ({ account, means }))
}

const allAccounts = async ({ store }: Engine) => (await everything(store, accounts, [])).map(({ id }) => id)
