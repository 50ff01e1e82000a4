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
}

/** Makes journal texts of one moment's acts, for `Transaction.append`. It draws the ids now: a transaction may run twice. */
export function operatorEntry(
  now: Date,
  random: (bytes: number) => Buffer,
  invokedBy: Actor = 'hallpass operator',
): (act: OperatorAct) => string {
  const userIdentity = { type: 'AWSService', invokedBy } as const
  const id = uuid7(now.getTime(), random(10))
  const eventID = randomUUID()
  return ({ name, parameters, account }) => {
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
          sourceIPAddress: 'localhost',
          userAgent: 'hallpass',
          requestParameters: parameters,
          responseElements: null,
          requestID: id,
          eventID,
          readOnly: false,
          eventType: 'AwsServiceEvent',
          managementEvent: true,
          ...(account === undefined ? {} : { recipientAccountId: account }),
          eventCategory: 'Management',
        },
      ],
      trace: { checks: [] },
    }
    return JSON.stringify(entry)
  }
}
