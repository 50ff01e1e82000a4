// A console session begins: one transaction makes it, uses up what let the person in, and ends the session it replaces.
import { digest } from '../../core/digest.ts'
import { type ConsoleSessionRecord, consoleSessions } from './records.ts'
import { samlOf } from './saml-logins.ts'
import { type BeginSession, type Begun, type ConsoleSession, earlierOf, isOfAnother, passesOf } from './session.ts'
import { type ConsoleSessionsOptions, eventOf, type SessionRecords, type State } from './session-record.ts'
import { signInEntry, type Visit } from './sign-in-events.ts'

/** Earlier passes that a session remembers. */
const mostEarlier = 20
/** Offered roles that a session remembers. */
const mostOffered = 100
/** How long the record of a session that is over says where to sign in again. */
const rememberedMs = 86_400_000

export async function begin(
  { store, vault, random }: Pick<ConsoleSessionsOptions, 'store' | 'vault' | 'random'>,
  records: SessionRecords,
  { cookie, credentials, left, provided, saml, offeredRoles = [], isNewPass = false, ...request }: BeginSession,
  visit: Visit,
): Promise<Begun> {
  const { now } = visit
  records.requireFresh(now)
  const read = await records.open(credentials, now)
  if ('rejected' in read) return read
  const { pass, subject } = read.opened
  const { account } = pass
  const isOwnLeft = left !== undefined && !isOfAnother(left, pass)
  const replaces: Replaced | undefined =
    request.replaces ?? (isOwnLeft ? { session: left, signsOut: false } : undefined)
  const name = { account, id: random(16).toString('hex') }
  const endsAt = Math.min(request.endsAt ?? Number.POSITIVE_INFINITY, pass.expiresAt * 1000)
  const old = replaces === undefined || replaces.signsOut ? [] : earlierOf(replaces.session, now)
  const [earlier, tooMany] = [old.slice(0, mostEarlier), old.slice(mostEarlier)]
  const state: State = {
    ...{ current: credentials, formKey: random(32).toString('base64url'), earlier },
    ...(offeredRoles.length < 2 ? {} : { offeredRoles: offeredRoles.slice(0, mostOffered) }),
  }
  const record: ConsoleSessionRecord = {
    ...{ ...name, cookie: digest(cookie), startedAt: now.getTime(), seenAt: now.getTime(), endsAt },
    until: endsAt + rememberedMs,
    ...(request.issuer === undefined ? {} : { issuer: request.issuer }),
    sealed: records.seal(name, state),
    ...(saml === undefined ? {} : { saml: samlOf(vault, name, saml) }),
  }
  const data = {
    ...{ LoginTo: request.destination, MFAUsed: 'No' },
    ...(saml === undefined ? {} : { SamlProviderArn: saml.provider }),
  }
  const entries = [
    signInEntry(visit, { ...{ name: 'ConsoleLogin', pass, subject, data }, ...(isNewPass ? { issued: pass } : {}) }),
    ...(replaces?.signsOut ? [signInEntry(visit, eventOf(replaces.session.current, 'Logout'))] : []),
  ]
  const made = await store.transact(async (tx) => {
    if (provided !== undefined && !(await provided(tx))) return undefined
    await tx.create(consoleSessions, record)
    records.append(now, entries)(tx)
    if (replaces === undefined) return []
    const { session, signsOut } = replaces
    await tx.delete(consoleSessions, [session.account, session.id])
    return records.revokeAll(tx, signsOut ? passesOf(session) : tooMany, now)
  })
  if (made === undefined) return { rejected: 'used' }
  records.learn(made)
  return { begun: true }
}

interface Replaced {
  readonly session: ConsoleSession
  readonly signsOut: boolean
}
