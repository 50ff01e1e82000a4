// A machine joins: its key is enrolled for a join token, and both outcomes are on record.
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { type JoinRejection, join, machineKey } from '../../service/workloads/join.ts'
import { invalid, refused } from '../program-api.ts'
import { noteRefusal, type WorkloadHandler } from './refusing.ts'

/** INVARIANT: one sentence for every token that is not good: a guess learns nothing. */
const notGood = refused(
  'UnauthorizedException',
  401,
  'The join token is not good: it was used, it has ended, or it is another server’s. Make another with: hallpass machines token NAME',
)

const details: Readonly<Record<JoinRejection, string>> = {
  malformed: 'not a whole join token of Hallpass',
  unknown: 'used before, replaced by another, of a machine that was removed, or of another installation',
  ended: 'its time is over',
  disabled: 'its machine is disabled',
}

export const joinMachine: WorkloadHandler<'join'> = async (parts, exchange, { token, publicKey }, now) => {
  const { store, random, audit, publicUrl, apiUrl } = parts
  const key = machineKey(publicKey)
  if (key === undefined) return invalid('publicKey is no key of P-256.')
  const entry = operatorEntry(now, random, 'hallpass', exchange)
  const joined = await join(store, { token, key }, now, (tx, { account, id, name, key }) => {
    const parameters = { machine: id, name, key: key?.kid }
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name: 'JoinMachine', parameters, account })])
  })
  if ('rejected' in joined) {
    const { code, message } = notGood.refused
    noteRefusal(parts, exchange, { code, message, detail: `join token: ${details[joined.rejected]}` }, now)
    return notGood
  }
  const { id, name, account, region } = joined
  return {
    ...{ machine: id, name, account, region, audience: publicUrl },
    ...(apiUrl === undefined ? {} : { apiUrl }),
    requestId: exchange.requestId,
  }
}
