// Records of what an operator did by command, in the same journal as API calls, in the form of CloudTrail's records of
// events that no caller signed (CloudTrail User Guide, "AwsServiceEvent").
import { randomUUID } from 'node:crypto'
import { uuid7 } from '../../core/ids.ts'
import type { AuditEntry } from './entry.ts'

/** The actor in these records has no ARN: it is whoever may open the data folder, or the server by itself. */
type Actor = 'hallpass operator' | 'hallpass'

export interface OperatorAct {
  /** `RotateKeys`, `ApplySeed`, …. */
  readonly name: string
  /** Parameters and results worth keeping; never a secret. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** The account that it concerns; absent if it concerns the whole installation. */
  readonly account?: string
  /** Why it was not done. The detail is the operator's alone. */
  readonly refused?: { readonly code: string; readonly message: string; readonly detail: string }
}

/** A request that caused an act of the server. */
export interface Causing {
  readonly requestId: string
  readonly from: { readonly address: string; readonly userAgent: string }
}

const longestAgent = 1024

/**
 * Makes journal texts of one moment's acts, for `Transaction.append`. It draws the ids now: a transaction may run twice. `causing`: over
 * the network, and not by a command.
 */
export function operatorEntry(
  now: Date,
  random: (bytes: number) => Buffer,
  invokedBy: Actor = 'hallpass operator',
  causing?: Causing,
): (act: OperatorAct) => string {
  const userIdentity = { type: 'AWSService', invokedBy } as const
  const id = causing?.requestId ?? uuid7(now.getTime(), random(10))
  const eventID = randomUUID()
  return ({ name, parameters, account, refused }) => {
    const entry: AuditEntry = {
      id,
      records: [
        {
          eventVersion: '1.11',
          userIdentity,
          eventTime: `${now.toISOString().slice(0, 19)}Z`,
          eventSource: 'hallpass',
          eventName: name,
          awsRegion: 'us-east-1',
          sourceIPAddress: causing?.from.address || 'localhost',
          userAgent: causing?.from.userAgent.slice(0, longestAgent) ?? 'hallpass',
          requestParameters: parameters,
          responseElements: null,
          ...(refused === undefined ? {} : { errorCode: refused.code, errorMessage: refused.message }),
          requestID: id,
          eventID,
          readOnly: false,
          eventType: 'AwsServiceEvent',
          managementEvent: true,
          ...(account === undefined ? {} : { recipientAccountId: account }),
          eventCategory: 'Management',
        },
      ],
      trace: { checks: [], ...refused },
    }
    return JSON.stringify(entry)
  }
}
