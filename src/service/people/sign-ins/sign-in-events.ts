// Sign-ins of people in the audit, as CloudTrail records those of IAM Identity Center (its User Guide, "Logging IAM Identity
// Center API calls", `UserAuthentication`). They concern no account: operators read them.
import { randomUUID } from 'node:crypto'
import { uuid7 } from '../../../core/ids.ts'
import { isoSeconds } from '../../../core/time.ts'
import type { AuditEntry } from '../../audit/entry.ts'
import type { SignInOrigin } from '../../contracts/sign-ins.ts'
import { personBy } from '../../session/lineage.ts'
import type { SignInRecord } from './sign-in-records.ts'

export interface SignInEvent {
  /** `EndSignIn` and `AskTarget` are ours: AWS records neither. The last two are of second factors. */
  readonly name:
    | 'UserAuthentication'
    | 'EndSignIn'
    | 'AskTarget'
    | 'CredentialVerification'
    | 'CompleteVirtualMfaDeviceRegistration'
  readonly of: Pick<SignInRecord, 'id' | 'connector' | 'personId' | 'login' | 'client'>
  /** `additionalEventData` beside what every event has. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>
}

const longestAgent = 1024
/** What nobody asked for: the server ends a sign-in by itself. */
const ourselves: SignInOrigin['from'] = { address: 'localhost', tls: false, userAgent: 'hallpass', host: '' }

/** Makes the journal's text of one moment's event. It draws the ids now: a transaction may run twice. */
export function signInEvents(
  now: Date,
  random: (bytes: number) => Buffer,
  origin?: SignInOrigin,
): (event: SignInEvent) => string {
  const id = origin?.requestId ?? uuid7(now.getTime(), random(10))
  const { address, tls, userAgent, host } = origin?.from ?? ourselves
  const eventID = randomUUID()
  return ({ name, of, data = {} }) => {
    const entry: AuditEntry = {
      id,
      records: [
        {
          eventVersion: '1.11',
          userIdentity: {
            type: 'IdentityCenterUser',
            userName: of.login,
            principalId: personBy(of.connector, of.personId),
          },
          eventTime: isoSeconds(now),
          eventSource: 'signin.amazonaws.com',
          eventName: name,
          awsRegion: 'us-east-1',
          sourceIPAddress: address === '' ? 'localhost' : address,
          userAgent: userAgent.slice(0, longestAgent),
          requestParameters: null,
          responseElements: null,
          additionalEventData: { signIn: of.id, client: of.client, ...data },
          serviceEventDetails: { [name]: 'Success' },
          requestID: id,
          eventID,
          readOnly: false,
          eventType: 'AwsServiceEvent',
          managementEvent: true,
          eventCategory: 'Management',
          ...(tls ? { tlsDetails: { clientProvidedHostHeader: host } } : {}),
        },
      ],
      trace: { checks: [] },
    }
    return JSON.stringify(entry)
  }
}
