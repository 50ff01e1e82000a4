// What an operator did by command, in the same journal as what was done by API: shaped as CloudTrail's records of events
// that no caller signed for (CloudTrail User Guide, "AwsServiceEvent").
import { randomUUID } from 'node:crypto'
import { uuid7 } from '../../core/ids.ts'
import type { AuditEntry } from './entry.ts'

/** Who does it, in the records: nobody with an ARN, someone who may open the data folder. */
const operator = { type: 'AWSService', invokedBy: 'hallpass operator' } as const

export interface OperatorAct {
  /** `RotateKeys`, `ApplySeed`, …. */
  readonly name: string
  /** Parameters and results worth keeping; never a secret. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Whose matter it is; absent when it is the whole installation's. */
  readonly account?: string
}

/** Makes the journal's texts of acts of one moment, for `Transaction.append`. Draws its ids now, not in the transaction. */
export function operatorEntry(now: Date, random: (bytes: number) => Buffer): (act: OperatorAct) => string {
  const id = uuid7(now.getTime(), random(10))
  const eventID = randomUUID()
  return ({ name, parameters, account }) => {
    const entry: AuditEntry = {
      id,
      records: [
        {
          eventVersion: '1.11',
          userIdentity: operator,
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
