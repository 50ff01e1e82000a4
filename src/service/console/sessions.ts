// Console sessions: what a browser's random cookie stands for. INVARIANT: the pass in one is opened at every request, so
// that whatever ends the pass (its end, a revocation, the role's deletion, the account's closing) ends the console with it,
// on every node; and the record is read from the store every time, so that a sign-out anywhere is one everywhere.
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Pass } from '../../core/identity.ts'
import { removePast } from '../../store/batches.ts'
import { type Key, type Store, type Transaction, Unavailable } from '../../store/store.ts'
import { AUDIT_JOURNAL, type Audit } from '../audit/journal.ts'
import type { Subject, Subjects } from '../contracts/subject.ts'
import type { Passes, PassRejection, Vault } from '../parts.ts'
import type { Revocations } from '../session/revocations.ts'
import { revoke } from '../session/revoke.ts'
import { type ConsoleSessionRecord, consoleSessions } from './records.ts'
import { type SignInEvent, signInEntry, type Visit } from './sign-in-events.ts'

/** Temporary credentials without their secret: it is in the sealed token too. */
export interface PassCredentials {
  readonly accessKeyId: string
  readonly token: string
}

/** Credentials with what is in them, opened at this request. */
export interface OpenedCredentials {
  readonly credentials: PassCredentials
  readonly pass: Pass
  readonly subject: Subject | undefined
}

/** What there is to take back of a session that a sign-in of the same person replaced. */
export interface EarlierPass {
  readonly account: string
  /** Of the pass. */
  readonly id: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

type PassToEnd = Pick<Pass, 'account' | 'id'>

export interface ConsoleSession {
  /** The record's account and id. */
  readonly account: string
  readonly id: string
  /** Who the console is now: all that a person is shown of themselves comes from this pass. */
  readonly current: OpenedCredentials
  /** Who it was before a switch of roles; absent when it did not switch. A next switch is asked for by these. */
  readonly before?: OpenedCredentials
  /** Why it is no longer in the role that it had switched to: told once. */
  readonly returned?: PassRejection
  /** ARNs of roles that it switched to, the last first. */
  readonly recentRoles: readonly string[]
  readonly startedAt: Date
  /** When the current pass or the session ends, whichever is first. */
  readonly endsAt: Date
  readonly issuer?: string
  /** The secret of its forms, the same on every node. */
  readonly formKey: Buffer
  /** Passes of the sessions that this one replaced: a sign-out ends them too. */
  readonly earlier: readonly EarlierPass[]
  /** The sealed text that all this was read from: a change is made to nothing newer. */
  readonly sealed: string
}

/** Why a session is over: nobody used it for too long, its own end came, or its pass no longer opens. */
export type SessionEnd = 'idle' | PassRejection

export type FoundSession =
  | { readonly session: ConsoleSession }
  /** `left`: what there is to sign out of one that nobody used for too long. It lets nobody in. */
  | { readonly ended: SessionEnd; readonly issuer?: string; readonly left?: ConsoleSession }
  /** No session of that cookie: signed out, long over, or never there. */
  | undefined

export interface BeginSession {
  /** A new cookie's id. INVARIANT: never one that a browser sent: nobody's session has an id that somebody else chose. */
  readonly cookie: string
  readonly credentials: PassCredentials
  /** Its end, when it is before the credentials' (ms). */
  readonly endsAt?: number
  readonly issuer?: string
  /** Where the browser goes next: CloudTrail's `LoginTo`. */
  readonly destination: string
  /** Whether the pass was sealed for this session: the index of sessions then has it from this record. */
  readonly isNewPass?: boolean
  /** The session that this browser had. `signsOut`: somebody else's, which ends as by a sign-out. */
  readonly replaces?: { readonly session: ConsoleSession; readonly signsOut: boolean }
  /** What this browser left without a sign-out: remembered if it is the same person's, and otherwise left alone. */
  readonly left?: ConsoleSession | undefined
  /** The person's sign-in at a SAML provider, when that is what it begins with. */
  readonly saml?: SamlLogin
  /** What must be true as it begins, in the same transaction: a one-time token's use. False: nothing begins. */
  readonly provided?: (tx: Transaction) => Promise<boolean>
}

/** A sign-in at a SAML provider, as single logout names it. */
export interface SamlLogin {
  /** The provider's ARN. */
  readonly provider: string
  /** Of the provider itself: several accounts may have a record of it. */
  readonly entityId: string
  readonly nameId: string
  readonly format: string | undefined
  readonly sessionIndex: string | undefined
}

export interface PersonSignOut extends Pick<SamlLogin, 'entityId' | 'nameId'> {
  readonly indexes: readonly string[]
  readonly isOf: (provider: string) => Promise<boolean>
}

export type Begun = { readonly begun: true } | { readonly rejected: PassRejection | 'used' }

export interface ConsoleSessions {
  begin(request: BeginSession, visit: Visit): Promise<Begun>
  /** The session of a cookie's id. Notes that it was used. */
  find(cookie: string, now: Date): Promise<FoundSession>
  /** Goes on as another role. `changed`: the session is another by now, or over. */
  switchTo(
    session: ConsoleSession,
    to: PassCredentials,
    visit: Visit,
  ): Promise<{ readonly switched: true } | { readonly rejected: PassRejection | 'changed' }>
  /** Goes back to who it was before the switch; false when there is no such, or the session is another by now. */
  switchBack(session: ConsoleSession, visit: Visit): Promise<boolean>
  /** Records that the session's credentials are shown; false when the session is another by now, or over: then they are not. */
  noteShown(session: ConsoleSession, form: string, visit: Visit): Promise<boolean>
  /** Signs out: the session ends on every node, and so do its passes and what was issued with them. */
  end(session: ConsoleSession, visit: Visit): Promise<void>
  /** The sign-in at a SAML provider that the session began with. */
  samlLogin(session: ConsoleSession): Promise<SamlLogin | undefined>
  /**
   * Signs a person of a SAML provider out, as the provider asks: of its sessions of those names, or of all when none are given.
   * `isOf` says of a provider's ARN whether that record of the provider vouches for the request. Answers how many sessions ended.
   */
  endOfPerson(request: PersonSignOut, visit: Visit): Promise<number>
  /** Removes what is long over. Answers how many went. */
  sweep(now: Date): Promise<number>
}

export interface ConsoleSessionsOptions {
  readonly store: Store
  readonly vault: Vault
  readonly passes: Pick<Passes, 'open'>
  readonly subjects: Pick<Subjects, 'byId'>
  readonly revocations: Pick<Revocations, 'fresh' | 'learn'>
  readonly audit: Pick<Audit, 'expiryOf'>
  readonly random: (bytes: number) => Buffer
  readonly idleMinutes: number
}

/** What is sealed. */
interface State {
  readonly current: PassCredentials
  readonly before?: PassCredentials
  /** Absent until it switches to one. */
  readonly recentRoles?: readonly string[]
  /** base64url. */
  readonly formKey: string
  readonly earlier?: readonly EarlierPass[]
}

/** What a switch does not change. */
const lasting = ({ formKey, recentRoles = [], earlier = [] }: State) => ({ formKey, recentRoles, earlier })
const lastingOf = ({ formKey, recentRoles, earlier }: ConsoleSession) => ({
  formKey: formKey.toString('base64url'),
  recentRoles,
  earlier,
})

type Read = { readonly opened: OpenedCredentials } | { readonly rejected: PassRejection }

const mostRecentRoles = 6
const seenEveryMs = 60_000
/** Earlier passes that a session remembers. */
const mostEarlier = 20
/** How long the record of a session that is over says where to sign in again. */
const rememberedMs = 86_400_000

const digest = (text: string) => hash('sha256', text, 'base64url')

/** Who somebody is to a provider, whichever accounts have a record of it. It finds, and decides nothing. */
export const personOf = ({ entityId, nameId }: Pick<SamlLogin, 'entityId' | 'nameId'>): string =>
  digest(`${entityId} ${nameId}`)

export function createConsoleSessions(options: ConsoleSessionsOptions): ConsoleSessions {
  const { store, vault, passes, subjects, revocations, audit, random, idleMinutes } = options
  const idleMs = idleMinutes * 60_000

  async function open(credentials: PassCredentials, now: Date): Promise<Read> {
    const opened = await passes.open(credentials.token, credentials.accessKeyId, now)
    if ('rejected' in opened) return opened
    const { pass } = opened
    return { opened: { credentials, pass, subject: await subjects.byId(pass.account, pass.principal) } }
  }

  const seal = ({ account, id }: Pick<ConsoleSessionRecord, 'account' | 'id'>, state: State) =>
    vault.seal(account, id, 'session', JSON.stringify(state))

  /** INVARIANT: a node that does not hear of changes begins and changes nothing. */
  function requireFresh(now: Date): void {
    if (!revocations.fresh(now))
      throw new Unavailable('the change feed is behind: no console session is begun or changed')
  }

  /** Writes what comes of a record, if it is still the one that was read. False when it is not. */
  async function change(
    { account, id, sealed }: Pick<ConsoleSession, 'account' | 'id' | 'sealed'>,
    changed: (record: ConsoleSessionRecord) => ConsoleSessionRecord,
    also: (tx: Transaction) => void = () => {},
  ): Promise<boolean> {
    return store.transact(async (tx) => {
      const record = await tx.get(consoleSessions, [account, id])
      if (record?.sealed !== sealed) return false
      await tx.replace(consoleSessions, changed(record))
      also(tx)
      return true
    })
  }

  const samlOf = ({ account, id }: Pick<ConsoleSessionRecord, 'account' | 'id'>, login: SamlLogin) => ({
    person: personOf(login),
    ...(login.sessionIndex === undefined ? {} : { index: digest(login.sessionIndex) }),
    sealed: vault.seal(account, id, 'saml', JSON.stringify(login)),
  })

  const append = (now: Date, entries: readonly string[]) => (tx: Transaction) =>
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), entries)

  const eventOf = ({ current: { pass, subject } }: Pick<ConsoleSession, 'current'>, name: SignInEvent['name']) => ({
    ...{ name, pass, subject },
  })

  /** Takes back passes, in the caller's transaction. */
  async function takeBack(tx: Transaction, passes: readonly PassToEnd[], now: Date) {
    const made = []
    for (const { account, id } of passes) made.push(await revoke(tx, account, { kind: 'session', id }, now))
    return made
  }

  /** Removes the record, takes back what is left of its passes and those before, and says so in the audit. */
  async function finish(
    { account, id }: Pick<ConsoleSession, 'account' | 'id'>,
    opened: readonly OpenedCredentials[],
    earlier: readonly EarlierPass[],
    visit: Visit,
  ): Promise<void> {
    const [current] = opened
    const entries = current === undefined ? [] : [signInEntry(visit, eventOf({ current }, 'Logout'))]
    const made = await store.transact(async (tx) => {
      await tx.delete(consoleSessions, [account, id])
      if (entries.length > 0) append(visit.now, entries)(tx)
      return takeBack(tx, [...opened.map(({ pass }) => pass), ...earlier], visit.now)
    })
    for (const one of made) revocations.learn(one)
  }

  return {
    async begin({ cookie, credentials, left, provided, saml, isNewPass = false, ...request }, visit) {
      const { now } = visit
      requireFresh(now)
      const read = await open(credentials, now)
      if ('rejected' in read) return read
      const { pass, subject } = read.opened
      const { account } = pass
      const isOwnLeft = left !== undefined && !isOfAnother(left, pass)
      const replaces = request.replaces ?? (isOwnLeft ? { session: left, signsOut: false } : undefined)
      const id = random(16).toString('hex')
      const endsAt = Math.min(request.endsAt ?? Number.POSITIVE_INFINITY, pass.expiresAt * 1000)
      const old = replaces === undefined || replaces.signsOut ? [] : earlierOf(replaces.session, now)
      const [earlier, tooMany] = [old.slice(0, mostEarlier), old.slice(mostEarlier)]
      const state: State = { current: credentials, formKey: random(32).toString('base64url'), earlier }
      const record: ConsoleSessionRecord = {
        ...{ account, id, cookie: digest(cookie), startedAt: now.getTime(), seenAt: now.getTime(), endsAt },
        until: endsAt + rememberedMs,
        ...(request.issuer === undefined ? {} : { issuer: request.issuer }),
        sealed: seal({ account, id }, state),
        ...(saml === undefined ? {} : { saml: samlOf({ account, id }, saml) }),
      }
      const data = {
        ...{ LoginTo: request.destination, MFAUsed: 'No' },
        ...(saml === undefined ? {} : { SamlProviderArn: saml.provider }),
      }
      const entries = [
        signInEntry(visit, {
          ...{ name: 'ConsoleLogin', pass, subject, data },
          ...(isNewPass ? { issued: pass } : {}),
        }),
        ...(replaces?.signsOut ? [signInEntry(visit, eventOf(replaces.session, 'Logout'))] : []),
      ]
      const made = await store.transact(async (tx) => {
        if (provided !== undefined && !(await provided(tx))) return undefined
        await tx.create(consoleSessions, record)
        append(now, entries)(tx)
        if (replaces === undefined) return []
        const { session, signsOut } = replaces
        await tx.delete(consoleSessions, [session.account, session.id])
        return takeBack(tx, signsOut ? passesOf(session) : tooMany, now)
      })
      if (made === undefined) return { rejected: 'used' }
      for (const one of made) revocations.learn(one)
      return { begun: true }
    },

    async find(cookie, now) {
      const found = await store.find(consoleSessions, 'cookie', [digest(cookie)])
      if (found === undefined) return undefined
      const { record } = found
      const { account, id, sealed, issuer, seenAt, endsAt, startedAt } = record
      const ended = (why: SessionEnd): FoundSession => ({ ended: why, ...(issuer === undefined ? {} : { issuer }) })
      if (now.getTime() >= endsAt) return ended('expired')
      const isIdle = now.getTime() - seenAt > idleMs
      const state = JSON.parse(vault.open(account, id, 'session', sealed)) as State
      const [current, before] = [await open(state.current, now), state.before && (await open(state.before, now))]
      const sessionOf = (now: OpenedCredentials, sealed: string): ConsoleSession => ({
        ...{ account, id, current: now, startedAt: new Date(startedAt), sealed },
        recentRoles: state.recentRoles ?? [],
        endsAt: new Date(Math.min(endsAt, now.pass.expiresAt * 1000)),
        formKey: Buffer.from(state.formKey, 'base64url'),
        earlier: state.earlier ?? [],
        ...(issuer === undefined ? {} : { issuer }),
      })
      if (isIdle) {
        const first = before !== undefined && 'opened' in before ? before : current
        const left = 'opened' in first ? { left: sessionOf(first.opened, sealed) } : {}
        return { ended: 'idle', ...(issuer === undefined ? {} : { issuer }), ...left }
      }
      if ('rejected' in current) {
        // What the session was switched to is over; what it began with may not be.
        if (before === undefined || 'rejected' in before) return ended(current.rejected)
        const back = seal(record, { ...lasting(state), current: before.opened.credentials })
        await change(record, (record) => ({ ...record, sealed: back, seenAt: now.getTime() }))
        return { session: { ...sessionOf(before.opened, back), returned: current.rejected } }
      }
      // INVARIANT: no session outlives what it began with.
      if (before !== undefined && 'rejected' in before) return ended(before.rejected)
      if (now.getTime() - seenAt >= seenEveryMs) await seen(record, now)
      return {
        session: { ...sessionOf(current.opened, sealed), ...(before === undefined ? {} : { before: before.opened }) },
      }
    },

    async switchTo(session, to, visit) {
      requireFresh(visit.now)
      const read = await open(to, visit.now)
      if ('rejected' in read) return read
      const base = session.before ?? session.current
      const arn = read.opened.subject?.arn ?? ''
      const recentRoles = [arn, ...session.recentRoles.filter((one) => one !== arn)].slice(0, mostRecentRoles)
      const state: State = { ...lastingOf(session), current: to, before: base.credentials, recentRoles }
      const sealed = seal(session, state)
      const entry = signInEntry(visit, { ...eventOf({ current: base }, 'SwitchRole'), data: { SwitchTo: arn } })
      const done = await change(session, (record) => ({ ...record, sealed }), append(visit.now, [entry]))
      return done ? { switched: true } : { rejected: 'changed' }
    },

    async switchBack(session, visit) {
      requireFresh(visit.now)
      if (session.before === undefined) return false
      const { credentials } = session.before
      const sealed = seal(session, { ...lastingOf(session), current: credentials })
      const entry = signInEntry(visit, eventOf(session, 'ExitRole'))
      return change(session, (record) => ({ ...record, sealed }), append(visit.now, [entry]))
    },

    async noteShown(session, form, visit) {
      requireFresh(visit.now)
      const entry = signInEntry(visit, { ...eventOf(session, 'ShowCredentials'), data: { Form: form } })
      return change(session, (record) => record, append(visit.now, [entry]))
    },

    end: (session, visit) => finish(session, openedOf(session), session.earlier, visit),

    async samlLogin({ account, id }) {
      const record = await store.get(consoleSessions, [account, id])
      return record?.saml && (JSON.parse(vault.open(account, id, 'saml', record.saml.sealed)) as SamlLogin)
    },

    async endOfPerson({ indexes, isOf, ...of }, visit) {
      const records: ConsoleSessionRecord[] = []
      let after: Key | undefined
      do {
        const prefix = [personOf(of)]
        const page = await store.list(consoleSessions, 'person', {
          ...{ prefix, limit: 100 },
          ...(after === undefined ? {} : { after }),
        })
        records.push(...page.items)
        after = page.next
      } while (after !== undefined)
      // One whose name at the provider is not known may be any.
      const named = new Set(indexes.map(digest))
      let count = 0
      for (const { account, id, sealed, saml } of records) {
        if (saml === undefined || (named.size > 0 && saml.index !== undefined && !named.has(saml.index))) continue
        const { provider } = JSON.parse(vault.open(account, id, 'saml', saml.sealed)) as SamlLogin
        if (!(await isOf(provider))) continue
        const { current, before, earlier = [] } = JSON.parse(vault.open(account, id, 'session', sealed)) as State
        const read = [await open(current, visit.now), ...(before === undefined ? [] : [await open(before, visit.now)])]
        const opened = read.flatMap((one) => ('opened' in one ? [one.opened] : []))
        await finish({ account, id }, opened, earlier, visit)
        count++
      }
      return count
    },

    sweep: (now) => removePast(store, consoleSessions, now),
  }

  /** A time that cannot be written ends the session sooner, never later. */
  async function seen(record: ConsoleSessionRecord, now: Date): Promise<void> {
    try {
      await change(record, (record) => ({ ...record, seenAt: Math.max(record.seenAt, now.getTime()) }))
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
    }
  }
}

const openedOf = ({ current, before }: ConsoleSession): readonly OpenedCredentials[] =>
  before === undefined ? [current] : [current, before]

/** All that a session stands for, and the sessions before it that were the same person's. */
const passesOf = (session: ConsoleSession): readonly PassToEnd[] => [
  ...openedOf(session).map(({ pass }) => pass),
  ...session.earlier,
]

/** INVARIANT: what was copied from a session that the person's next sign-in replaced is not forgotten by a sign-out. */
function earlierOf({ current, before, earlier }: ConsoleSession, now: Date): readonly EarlierPass[] {
  const { account, id, expiresAt } = (before ?? current).pass
  return [{ account, id, expiresAt }, ...earlier].filter((pass) => pass.expiresAt * 1000 > now.getTime())
}

/**
 * Whether a session is of somebody else than a pass: another person, account, role, session name, or source identity and tags,
 * which alone tell a broker's people apart where it names all their sessions alike.
 */
export const isOfAnother = ({ current, before }: ConsoleSession, pass: Pass): boolean => {
  const mine = (before ?? current).pass
  return mine.account !== pass.account || !isDeepStrictEqual(whoIs(mine), whoIs(pass))
}

const whoIs = ({ by, principal, name, sourceIdentity, tags }: Pass) => ({
  ...{ by, principal, name, sourceIdentity },
  tags: new Map(Object.entries(tags)),
})
