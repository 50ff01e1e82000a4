// What happens at the sign-in endpoint and at the console's door, as CloudTrail records it (CloudTrail User Guide, "AWS
// Management Console sign-in events"): no operation of an SDK, so no contract says how it looks.
import { randomUUID } from 'node:crypto'
import type { Pass } from '../../core/identity.ts'
import { isoSeconds } from '../../core/time.ts'
import { callerName } from '../access/requester.ts'
import type { AuditEntry, IssuedEntry } from '../audit/entry.ts'
import { userIdentity } from '../audit/identity-record.ts'
import type { Subject } from '../contracts/subject.ts'
import { issuedOf } from '../session/issue.ts'

/** Of the browser's or the program's request, what its record says. */
export interface Visit {
  readonly requestId: string
  readonly now: Date
  readonly from: { readonly address: string; readonly tls: boolean; readonly userAgent: string; readonly host: string }
}

export type SignInEventName =
  | 'GetSigninToken'
  | 'ConsoleLogin'
  | 'SwitchRole'
  | 'ExitRole'
  | 'ShowCredentials'
  | 'Logout'

export interface SignInEvent {
  readonly name: SignInEventName
  readonly pass: Pass
  readonly subject: Subject | undefined
  /** `additionalEventData` beside what every event has. Never a token. */
  readonly data?: Readonly<Record<string, string>>
  /** A pass that was sealed for it: the index of sessions lists it. */
  readonly issued?: Pass
}

const longestAgent = 1024
/** Of what an unknown caller sent, in a record of its refusal: all of a day's have a bound together. */
const longestSent = 1024

/** A sign-in, or a request for a sign-in token, that came to nothing. */
export interface RefusedSignIn {
  readonly name: 'GetSigninToken' | 'ConsoleLogin'
  /** For the operator; a record holds CloudTrail's words alone. */
  readonly reason: string
  readonly data?: SignInEvent['data']
}

/** The journal's text of the event. Draws its id: call it outside the transaction that appends it. */
export function signInEntry(visit: Visit, { name, pass, subject, data, issued }: SignInEvent): string {
  const identity = { kind: 'session', pass } as const
  const caller = callerName(identity, subject)
  const entry: AuditEntry = {
    id: visit.requestId,
    ...(issued === undefined ? {} : { issued: issuedEntry(issued, subject, caller.requester.arn) }),
    records: [
      {
        userIdentity: JSON.parse(userIdentity({ identity, subject, name: caller })),
        ...recordOf(visit, name, { [name]: 'Success' }, data),
        recipientAccountId: pass.account,
      },
    ],
    trace: { checks: [] },
  }
  return JSON.stringify(entry)
}

/** The same of one that was refused. INVARIANT: it names nobody: what was sent as a name may be somebody's secret. */
export function refusedSignInEntry(visit: Visit, { name, reason, data }: RefusedSignIn): string {
  const code = 'Failed authentication'
  const entry: AuditEntry = {
    id: visit.requestId,
    records: [
      {
        userIdentity: { type: 'Unknown', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
        ...recordOf(visit, name, { [name]: 'Failure' }, shortened(data)),
        ...{ errorCode: code, errorMessage: code },
      },
    ],
    trace: { checks: [], code, message: code, detail: reason.slice(0, longestSent) },
  }
  return JSON.stringify(entry)
}

const shortened = (data: SignInEvent['data'] = {}) =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value.slice(0, longestSent)]))

const recordOf = (
  { requestId, now, from }: Visit,
  name: SignInEventName,
  responseElements: Readonly<Record<string, string>>,
  data: SignInEvent['data'] = {},
) => ({
  eventVersion: '1.11',
  eventTime: isoSeconds(now),
  eventSource: 'signin.amazonaws.com',
  eventName: name,
  awsRegion: 'us-east-1',
  sourceIPAddress: from.address === '' ? 'signin.amazonaws.com' : from.address,
  userAgent: from.userAgent.slice(0, longestAgent),
  requestParameters: null,
  responseElements,
  additionalEventData: { MobileVersion: 'No', ...data },
  requestID: requestId,
  eventID: randomUUID(),
  readOnly: false,
  eventType: 'AwsConsoleSignIn',
  managementEvent: true,
  eventCategory: 'Management',
  ...(from.tls ? { tlsDetails: { clientProvidedHostHeader: from.host } } : {}),
})

function issuedEntry(pass: Pass, subject: Subject | undefined, caller: string | undefined): IssuedEntry {
  return {
    ...issuedOf(pass),
    ...(subject?.kind === 'role' ? { resource: subject.arn } : {}),
    ...(caller === undefined ? {} : { caller }),
  }
}
