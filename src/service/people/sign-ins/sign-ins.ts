// Sign-ins of people: begun once a connector has said who somebody is, renewed before each thing that is given, and ended.
// INVARIANT: a sign-in is read from the store every time, so that its end anywhere is its end everywhere.
import { removePast } from '../../../store/batches.ts'
import { everything } from '../../../store/everything.ts'
import { Unavailable } from '../../../store/store.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import type { Connector } from '../../contracts/people-table.ts'
import type { BeginSignIn, SignIn, SignIns } from '../../contracts/sign-ins.ts'
import type { Revocations } from '../../session/revocations.ts'
import { connectorNamed } from '../table/named.ts'
import { checkDue } from './check-due.ts'
import { givenRecordOf, givenUntil, isSameGiven } from './given.ts'
import { createRenewal, overOf, type RenewalParts } from './renewal.ts'
import { renewalClaims } from './renewal-claims.ts'
import { authorityOf, openSignIn, SYSTEM, sealContent } from './sign-in-content.ts'
import { countSignIn, mostInAnHour, signInCounts } from './sign-in-counts.ts'
import { endSignIn } from './sign-in-end.ts'
import { signInEvents } from './sign-in-events.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

export interface SignInsOptions extends RenewalParts {
  readonly revocations: Pick<Revocations, 'learn' | 'fresh'>
}

/** Of one person by one kind of client. One more ends the oldest, and what was given in it: a program keeps its credentials. */
const mostLive = 200
/** How long the record of one that is over says how it ended. */
const rememberedMs = 86_400_000

export function createSignIns(options: SignInsOptions): SignIns {
  const { store, vault, audit, revocations, random, checkMs } = options
  const renewal = createRenewal(options)

  /** INVARIANT: a node that does not hear of changes begins nothing, and gives nothing. */
  function requireFresh(now: Date): void {
    if (!revocations.fresh(now)) throw new Unavailable('the change feed is behind: nobody is signed in')
  }

  async function connectorOf({ person }: BeginSignIn): Promise<Connector> {
    const connector = connectorNamed(await options.table(), person.connector)
    if (connector === undefined) throw new Unavailable(`there is no connector ${person.connector} any more`)
    return connector
  }

  function endsAtOf({ signInSeconds }: Connector, { person, endsAt }: BeginSignIn, now: Date): number {
    const length = now.getTime() + signInSeconds * 1000
    const end = Math.min(length, endsAt ?? length, person.endsAt === undefined ? length : person.endsAt * 1000)
    if (!Number.isFinite(end)) throw new TypeError('a sign-in ends at a time in ms')
    return Math.floor(end)
  }

  const liveOf = (connector: string, personId: string) => everything(store, signIns, [connector, personId], 'person')

  async function endOldest(all: readonly SignInRecord[], client: SignIn['client'], now: Date): Promise<void> {
    const live = all.filter((one) => one.client === client)
    for (const { id } of live.slice(0, Math.max(0, live.length - mostLive)))
      await endSignIn(options, id, { how: 'ended', detail: `the person has more than ${mostLive} sign-ins` }, now)
  }

  const change = (
    id: string,
    now: Date,
    changed: (record: SignInRecord) => SignInRecord | undefined,
  ): Promise<SignInRecord | undefined> =>
    store.transact(async (tx) => {
      const record = await tx.get(signIns, [SYSTEM, id])
      if (record === undefined || overOf(record, now) !== undefined) return undefined
      const next = changed(record)
      if (next !== undefined && next !== record) await tx.replace(signIns, next)
      return next
    })

  const opened = (record: SignInRecord | undefined): SignIn | undefined =>
    record === undefined ? undefined : openSignIn(vault, record)

  return {
    async begin(request, now) {
      requireFresh(now)
      const { person, client, origin } = request
      const connector = await connectorOf(request)
      const endsAt = endsAtOf(connector, request, now)
      const id = random(16).toString('hex')
      const factorAt = request.multiFactorAt ?? (person.multiFactor ? now : undefined)
      const record: SignInRecord = {
        authority: authorityOf(connector),
        ...{ account: SYSTEM, id, connector: person.connector, personId: person.id, login: person.login, client },
        ...{ startedAt: now.getTime(), endsAt, until: endsAt + rememberedMs },
        confirmedAt: (request.confirmedAt ?? now).getTime(),
        ...(factorAt === undefined ? {} : { multiFactorAt: factorAt.getTime() }),
        ...(person.authenticatedAt === undefined ? {} : { authenticatedAt: person.authenticatedAt * 1000 }),
        ...{ dueAt: now.getTime() + checkMs, given: [] },
        sealed: sealContent(vault, id, person, request.renewal),
      }
      const data = { MFAUsed: factorAt === undefined ? 'No' : 'Yes' }
      const entry = signInEvents(now, random, origin)({ name: 'UserAuthentication', of: record, data })
      const isBegun = await store.transact(async (tx) => {
        if (!(await countSignIn(tx, record, now))) return false
        await tx.create(signIns, record)
        tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry])
        return true
      })
      if (!isBegun)
        throw new Unavailable(`a person of ${person.connector} has begun ${mostInAnHour} sign-ins in an hour`)
      const live = await liveOf(person.connector, person.id)
      await endOldest(live, client, now)
      // A directory has just answered about all of them. A provider's answer is about the refresh token that came with it.
      if (connector.kind === 'directory' && request.confirmedAt === undefined)
        await renewal.signedInAgain(live, { person }, now)
      return openSignIn(vault, record)
    },

    async byId(id, now) {
      const record = await store.get(signIns, [SYSTEM, id])
      return overOf(record, now) === undefined ? opened(record) : undefined
    },

    async confirmFactor(id, now) {
      requireFresh(now)
      return opened(await change(id, now, (record) => ({ ...record, multiFactorAt: now.getTime() })))
    },

    renew: renewal.renew,

    async noteGiven(id, given, now) {
      requireFresh(now)
      const note = givenRecordOf(given)
      const lasts = givenUntil(given, now)
      const noted = await change(id, now, (record) => {
        // What is given in a held sign-in would not be held.
        if (record.held !== undefined) return undefined
        const until = Math.max(lasts, record.givenUntil ?? 0)
        const all = record.given.some((one) => isSameGiven(one, note)) ? record.given : [...record.given, note]
        return { ...record, given: all, givenUntil: until, until: Math.max(record.until, until + rememberedMs) }
      })
      return noted !== undefined
    },

    end: (id, why, now) => endSignIn(options, id, { how: 'ended', detail: why }, now),

    async endOfPerson(connector, personId, why, now) {
      let count = 0
      for (const { id } of await liveOf(connector, personId))
        if (await endSignIn(options, id, { how: 'ended', detail: why }, now)) count++
      return count
    },

    async list(now) {
      const live = await everything(store, signIns, [], 'person')
      return live
        .filter((record) => now.getTime() < Math.max(record.endsAt, record.givenUntil ?? 0))
        .map(({ id, connector, personId, login, client, startedAt, endsAt, confirmedAt, given, held }) => ({
          ...{ id, connector, personId, login, client, given: [...new Set(given.map(({ what }) => what))] },
          startedAt: new Date(startedAt),
          endsAt: new Date(endsAt),
          confirmedAt: new Date(confirmedAt),
          ...(held === undefined ? {} : { held: { since: new Date(held.since), detail: held.detail } }),
        }))
    },

    checkDue: (now) => checkDue(options, renewal, now),
    async sweep(now) {
      await removePast(store, renewalClaims, now)
      await removePast(store, signInCounts, now)
      return removePast(store, signIns, now)
    },
  }
}
