// Lists live sessions, and revokes them.
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

/** Which sessions an operator chooses. */
export interface SessionChoice {
  /** A session id, or an access key id. */
  readonly session?: string
  /** ARN or unique id of a role. */
  readonly role?: string
  /** ARN or unique id of a user, or ARN of an account's root. */
  readonly user?: string
  /** The web identity that began a chain of sessions: its provider, a space, and its subject. */
  readonly subject?: string
  readonly sourceIdentity?: string
  readonly account?: string
}

export interface SessionsInput extends SessionChoice {
  /** At most so many, the newest. */
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
  /** Who began its chain: provider and subject, or the unique id of a user. */
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

export type RevokeInput = SessionChoice
export interface RevokeOutput {
  /** How many live sessions this revoked, as far as the audit journal goes back. */
  readonly ended: number
  readonly accounts: readonly string[]
}

export async function listLive(engine: Engine, { limit = 1000, ...chosen }: SessionsInput): Promise<SessionsOutput> {
  const { clock } = engine
  const rows: SessionRow[] = []
  let more = 0
  for await (const session of liveSessions(engine, await filterOf(engine, chosen), clock())) {
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

/** A role, user, key or session from which sessions descend: its account, and the id that their passes carry. */
interface Ancestor {
  readonly account: string
  readonly id: string
}

/** A role or user by its ARN; undefined when it does not exist. @throws AdminRefusal for a text that is no such ARN */
async function principalByArn({ store }: Engine, arn: string, kind: 'role' | 'user'): Promise<Ancestor | undefined> {
  const parsed = parseArn(arn)
  const [word, ...rest] = parsed?.resource.split('/') ?? []
  const name = rest.at(-1)?.toLowerCase() ?? ''
  if (parsed?.service === 'iam' && parsed.resource === 'root' && kind === 'user') {
    if ((await store.get(accounts, [parsed.account])) !== undefined)
      return { account: parsed.account, id: parsed.account }
  }
  if (parsed?.service === 'iam' && word === kind && name !== '') {
    const key = [parsed.account, name]
    const principal = kind === 'role' ? await store.get(roles, key) : await store.get(users, key)
    return principal === undefined ? undefined : { account: parsed.account, id: principal.id }
  }
  throw new AdminRefusal(`${arn} is not the ARN of a ${kind}: arn:aws:iam::ACCOUNT:${kind}/NAME`)
}

async function principalOf(engine: Engine, arn: string, kind: 'role' | 'user'): Promise<Ancestor> {
  const principal = await principalByArn(engine, arn, kind)
  if (principal === undefined) throw new AdminRefusal(`there is no ${kind} ${arn}`)
  return principal
}

/**
 * Roles or users by ARN or unique id, deleted ones too: sessions that descend from them may live on, and the journal finds
 * them by those. Several principals may have had one ARN in turn.
 */
async function principalsOf(
  engine: Engine,
  arnOrId: string,
  kind: 'role' | 'user',
  owner: string | undefined,
): Promise<readonly Ancestor[]> {
  const isId = (kind === 'role' ? /^AROA[A-Z0-9]{17}$/ : /^AIDA[A-Z0-9]{17}$/).test(arnOrId)
  // A credential that nobody has used yet (a developer's token) is in no session: the operator must name its account.
  if (isId && owner !== undefined) return [{ account: await accountOf(engine, owner), id: arnOrId }]
  const existing = isId ? await principalById(engine, arnOrId, kind) : await principalByArn(engine, arnOrId, kind)
  const principals = new Map<string, Ancestor>()
  for await (const session of issuedSessions(engine.store, engine.clock())) {
    const { account, principal, by, resource, caller, ancestors } = session
    if (kind === 'role' && (isId ? principal === arnOrId : resource === arnOrId))
      principals.set(principal, { account, id: principal })
    // Every session of a chain names the user whose key began it, in whatever account: that key, the first, tells the user's.
    if (kind === 'user' && by.startsWith('AIDA') && (isId ? by === arnOrId : caller === arnOrId))
      principals.set(by, { account: accountOfKeyId(ancestors[0] ?? '') ?? account, id: by })
  }
  if (existing !== undefined) principals.set(existing.id, existing)
  if (principals.size === 0) {
    const remedy = isId
      ? 'give --account as well to revoke it all the same'
      : 'give its unique id and --account instead'
    throw new AdminRefusal(`there is no ${kind} ${arnOrId}, and no session descends from one: ${remedy}`)
  }
  return [...principals.values()]
}

async function principalById(engine: Engine, id: string, kind: 'role' | 'user'): Promise<Ancestor | undefined> {
  const { store } = engine
  for (const account of await allAccounts(engine)) {
    const key = [account, id]
    const principal = kind === 'role' ? await store.find(roles, 'id', key) : await store.find(users, 'id', key)
    if (principal !== undefined) return { account, id }
  }
  return undefined
}

async function accountOf({ store }: Engine, id: string): Promise<string> {
  if ((await store.get(accounts, [id])) === undefined) throw new AdminRefusal(`there is no account ${id}`)
  return id
}

/** A session by its id or access key id, or a long-term key by its id. */
async function sessionOf({ store, clock }: Engine, id: string): Promise<Ancestor> {
  const account = id.startsWith('AKIA') ? accountOfKeyId(id) : undefined
  if (account !== undefined && (await store.get(accessKeys, [account, id])) !== undefined) return { account, id }
  for await (const { sessionId, accessKeyId, ancestors, ...session } of issuedSessions(store, clock())) {
    if (id === sessionId || id === accessKeyId) return { account: session.account, id: sessionId }
    // A deleted key is still an ancestor of the sessions that it began.
    if (account !== undefined && ancestors.includes(id)) return { account, id }
  }
  throw new AdminRefusal(`there is no access key or session ${id}`)
}

/** A deleted long-term key of an existing account: nobody may have used the sessions that it began yet. */
async function deletedKey({ store }: Engine, id: string, error: unknown): Promise<Ancestor> {
  const account = id.startsWith('AKIA') ? accountOfKeyId(id) : undefined
  if (account === undefined || (await store.get(accounts, [account])) === undefined) throw error
  return { account, id }
}

/** @throws AdminRefusal for a subject that no session began with */
async function requireBegun({ store, clock }: Engine, subject: string): Promise<void> {
  for await (const { by } of issuedSessions(store, clock())) if (by === subject) return
  throw new AdminRefusal(`no session began with ${subject}`)
}

async function filterOf(engine: Engine, chosen: SessionChoice): Promise<SessionFilter> {
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

/** Revokes the chosen sessions and their descendants: at once on this node, within the feed's bound on others. */
export async function revokeSessions(engine: Engine, chosen: RevokeInput): Promise<RevokeOutput> {
  const { store, clock, revocations, audit, parts } = engine
  const targets = await targetsOf(engine, chosen)
  const before = await allRevocations(store)
  const now = clock()
  const entry = operatorEntry(now, parts.random)
  const made = await store.transact(async (tx) => {
    const written = []
    for (const { account, means } of targets) written.push(await revoke(tx, account, means, now))
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name: 'RevokeSessions', parameters: { ...chosen } })])
    return written
  })
  for (const revocation of made) revocations.learn(revocation)
  const ended = await countEnded(engine, { before, made, now })
  return { ended, accounts: [...new Set(targets.map(({ account }) => account))] }
}

/** What is wrong with a choice of what to revoke. An account narrows another choice, and alone is a choice itself. */
export function choiceProblem({
  session,
  role,
  user,
  subject,
  sourceIdentity,
  account,
}: SessionChoice): string | undefined {
  const count = [session, role, user, subject, sourceIdentity].filter((choice) => choice !== undefined).length
  return count === 1 || (count === 0 && account !== undefined)
    ? undefined
    : 'choose what to revoke by one of --session, --role, --user, --subject, --source-identity, --account'
}

interface Target {
  readonly account: string
  readonly means: RevocationScope
}

/** What to revoke, and in which accounts. @throws AdminRefusal unless the operator chose one thing */
async function targetsOf(engine: Engine, chosen: SessionChoice): Promise<readonly Target[]> {
  const { session, role, user, subject, sourceIdentity, account } = chosen
  const problem = choiceProblem(chosen)
  if (problem !== undefined) throw new AdminRefusal(problem)
  if (session !== undefined) {
    const { account, id } = await sessionOf(engine, session).catch((error) => deletedKey(engine, session, error))
    return [{ account, means: { kind: 'session', id } }]
  }
  if (role !== undefined || user !== undefined) {
    const principals = await principalsOf(engine, role ?? user ?? '', role === undefined ? 'user' : 'role', account)
    return principals.map(({ account, id }) => ({ account, means: { kind: 'principal', id } }))
  }
  if (subject !== undefined) await requireBegun(engine, subject)
  const targetAccounts = account === undefined ? await allAccounts(engine) : [await accountOf(engine, account)]
  const means: RevocationScope =
    subject !== undefined
      ? { kind: 'subject', by: subject }
      : sourceIdentity === undefined
        ? { kind: 'account' }
        : { kind: 'source-identity', value: sourceIdentity }
  return targetAccounts.map((account) => ({ account, means }))
}

const allAccounts = async ({ store }: Engine) => (await everything(store, accounts, [])).map(({ id }) => id)
