// When, for whom and at which address an assertion counts: SAML core 2.4.1.2 and 2.5.1, profiles 4.1.4.2.
import type { CanonicalElement } from './canonical.ts'
import type { Expected } from './model.ts'
import { bearer, namespaces } from './names.ts'
import { BadValue, children, earliest, instant, one, optionalInstant, required, text } from './values.ts'

/** AWS: an assertion is redeemed within five minutes of issuance. */
const freshMs = 300_000
/** DIVERGES: how far ahead of AWS's a provider's clock may be is not known. A minute here; the skew does not lengthen the five. */
const aheadMs = 60_000

export function checkFreshness(issueInstant: Date, now: Date): void {
  const age = now.getTime() - issueInstant.getTime()
  if (age > freshMs) throw new BadValue('stale', `issued ${Math.floor(age / 1000)} s ago`)
  if (age < -aheadMs) throw new BadValue('not-yet', `issued ${Math.ceil(-age / 1000)} s from now`)
}

function checkEnd(end: Date, what: string, expected: Expected, now: Date): void {
  if (end.getTime() + expected.skewSeconds * 1000 <= now.getTime())
    throw new BadValue('expired', `${what} ended at ${end.toISOString()}`)
}

/** The conditions that are known; one that nobody here knows cannot be held, so the assertion is refused (core 2.5.1.1). */
const known = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'])

export interface Conditions {
  readonly audience: readonly string[]
  readonly notOnOrAfter: Date | undefined
}

export function readConditions(assertion: CanonicalElement, expected: Expected, now: Date): Conditions {
  const [conditions, ...more] = children(assertion, 'Conditions')
  if (more.length > 0) throw new BadValue('bad-value', 'Conditions twice')
  if (conditions === undefined) throw new BadValue('audience', 'no Conditions')
  const unknown = conditions.children.find(
    ({ local, namespace }) => namespace !== namespaces.assertion || !known.has(local),
  )
  if (unknown !== undefined) throw new BadValue('bad-value', `a condition that is not known: ${unknown.local}`)
  const notBefore = optionalInstant(conditions, 'NotBefore')
  if (notBefore !== undefined && notBefore.getTime() > now.getTime() + expected.skewSeconds * 1000)
    throw new BadValue('not-yet', `not before ${notBefore.toISOString()}`)
  const notOnOrAfter = optionalInstant(conditions, 'NotOnOrAfter')
  if (notOnOrAfter !== undefined) checkEnd(notOnOrAfter, 'the conditions', expected, now)
  // Each restriction must name us: several are several conditions (core 2.5.1.4).
  const restrictions = children(conditions, 'AudienceRestriction').map((restriction) =>
    children(restriction, 'Audience').map((audience) => text(audience)),
  )
  const names = (audiences: readonly string[]) => audiences.some((audience) => expected.audiences.includes(audience))
  if (restrictions.length === 0 || !restrictions.every(names))
    throw new BadValue('audience', `for ${restrictions.flat().join(', ') || 'nobody'}`)
  return { audience: restrictions.flat(), notOnOrAfter }
}

export interface Confirmation {
  readonly recipient: string
  readonly notOnOrAfter: Date
  readonly inResponseTo: string | undefined
}

/** Exactly one, by bearer, with address and end: of several, a bearer could choose the one that suits. */
export function readConfirmation(subject: CanonicalElement, expected: Expected, now: Date): Confirmation {
  const word = 'subject-confirmation'
  const confirmation = one(subject, 'SubjectConfirmation', word)
  if (required(confirmation, 'Method', word) !== bearer) throw new BadValue(word, 'not by bearer')
  const data = one(confirmation, 'SubjectConfirmationData', word)
  if (confirmation.children.length > 1) throw new BadValue(word, 'a confirmation for somebody by name')
  if (data.attributes.has('NotBefore')) throw new BadValue(word, 'NotBefore')
  const recipient = required(data, 'Recipient', word)
  const notOnOrAfter = instant(required(data, 'NotOnOrAfter', word))
  if (!expected.recipients.includes(recipient)) throw new BadValue('recipient', `for ${recipient}`)
  checkEnd(notOnOrAfter, 'the confirmation', expected, now)
  return { recipient, notOnOrAfter, inResponseTo: data.attributes.get('InResponseTo') }
}

export interface AuthnSession {
  readonly sessionNotOnOrAfter: Date | undefined
  readonly sessionIndex: string | undefined
  readonly authnContexts: readonly string[]
  readonly authnInstant: Date | undefined
}

/** The least end of all statements; one that has passed ends all. */
export function readSession(assertion: CanonicalElement, expected: Expected, now: Date): AuthnSession {
  const statements = children(assertion, 'AuthnStatement')
  const sessionNotOnOrAfter = earliest(statements.map((statement) => optionalInstant(statement, 'SessionNotOnOrAfter')))
  if (sessionNotOnOrAfter !== undefined)
    checkEnd(sessionNotOnOrAfter, 'the session', { ...expected, skewSeconds: 0 }, now)
  const indexes = statements.flatMap((statement) => statement.attributes.get('SessionIndex') ?? [])
  const contexts = statements.flatMap((statement) => children(statement, 'AuthnContext'))
  const classes = contexts.flatMap((context) => children(context, 'AuthnContextClassRef'))
  return {
    ...{ sessionNotOnOrAfter, sessionIndex: indexes[0], authnContexts: classes.map((reference) => text(reference)) },
    authnInstant: authnInstantOf(statements),
  }
}

/** AWS does not look at it: one that cannot be read refuses no response, and says nothing. */
function authnInstantOf(statements: readonly CanonicalElement[]): Date | undefined {
  try {
    return earliest(statements.map((statement) => instant(required(statement, 'AuthnInstant'))))
  } catch (error) {
    if (error instanceof BadValue) return undefined
    throw error
  }
}
