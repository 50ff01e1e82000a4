// The chores of a server: what is swept, checked, stored and exported on a timer.
import type { Settings } from '../config/settings.ts'
import type { Exporter } from '../service/audit/export.ts'
import { createGuestExpiry } from '../service/cognito-identity/identities/guests.ts'
import { sweepDoomedPools } from '../service/cognito-identity/identities/identities.ts'
import { sweepKeptResponses } from '../service/console/kept-responses.ts'
import { sweepLastRoles } from '../service/console/last-roles.ts'
import { createSchemas } from '../service/dynamodb/schemas.ts'
import { settlePolicies } from '../service/dynamodb/settle-policies.ts'
import { sweepEnrolmentCodes } from '../service/people/factors/enrolment.ts'
import { sweepOauth } from '../service/people/oauth/oauth-records.ts'
import { sweepBrowsers } from '../service/people/sign-ins/browsers.ts'
import { sweepOnces } from '../service/session/once.ts'
import type { Chore } from './chores.ts'
import type { Engine } from './engine.ts'

const beatMs = 3_000
export const sweepMs = 60_000
const exportMs = 2_000
/** Part of the bound in which a person who leaves is cut off. */
const peopleMs = 15_000

/** Everything that a server with these settings does on a timer. */
export function choresOf(
  engine: Engine,
  { 'guest-identity-days': days }: Pick<Settings, 'guest-identity-days'>,
  exporter: Exporter | undefined,
): readonly Chore[] {
  const { audit, clock, parts, store, ring, revocations, signers, lastUses, consoleSessions, people } = engine
  const { random, backends } = parts
  const tables = { store, backends, schemas: createSchemas() }
  const expire = days === undefined ? undefined : createGuestExpiry({ store, days, random, until: audit.expiryOf })
  return [
    ['the beat of the key ring', beatMs, () => ring.beat(clock())],
    ['the sweep of records of what may happen only once', sweepMs, () => sweepOnces(store, clock())],
    ['the sweep of revocations', sweepMs, () => revocations.sweep(clock())],
    ['the sweep of console sessions', sweepMs, () => consoleSessions.sweep(clock())],
    ['the check of people who are signed in', peopleMs, () => people.signIns.checkDue(clock())],
    ['the sweep of sign-ins of people', sweepMs, () => people.signIns.sweep(clock())],
    ['the sweep of attempts to sign in', sweepMs, () => people.sweepAttempts(clock())],
    ['the sweep of browsers in which people were signed in', sweepMs, () => sweepBrowsers(store, clock())],
    ['the sweep of enrolment codes', sweepMs, () => sweepEnrolmentCodes(store, clock())],
    ['the sweep of SAML responses that nobody came for', sweepMs, () => sweepKeptResponses(store, clock())],
    ['the sweep of codes and tokens of command lines', sweepMs, () => sweepOauth(store, clock())],
    ['the sweep of the roles that people chose last', sweepMs, () => sweepLastRoles(store, clock())],
    ['the sweep of deleted identity pools', sweepMs, () => sweepDoomedPools(store)],
    ['the look for tables whose policies are held', sweepMs, () => settlePolicies(tables, clock())],
    ['storing when keys and roles were last used', sweepMs, () => lastUses.flush()],
    ...(expire === undefined ? [] : [['the removal of unused guests', sweepMs, () => expire(clock())] as const]),
    ['storing how many refusals were only counted', sweepMs, () => audit.writeGaps()],
    ['the rotation of signing keys', sweepMs, () => signers.tend(clock())],
    ...(exporter === undefined ? [] : [['the export of the audit', exportMs, () => exporter.pass()] as const]),
  ]
}
