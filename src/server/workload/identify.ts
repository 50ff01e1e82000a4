// A declared service asks who signed a request to it.
import { readAuthorization } from '../../core/sigv4/credential.ts'
import { isRejection } from '../../core/sigv4/rejection.ts'
import { workloadOperations } from '../../wire/workload-api.ts'
import { denied, isRefusal, refused } from '../program-api.ts'
import { messageOf } from './callers.ts'
import { notProven, tried, type WorkloadHandler } from './refusing.ts'

const rate = refused('Throttling', 429, 'Rate exceeded')

export const identifyForService: WorkloadHandler<'callers'> = async (parts, exchange, body, now) => {
  const { assertion, service: named, ...question } = body
  const message = await tried(async () => messageOf(question))
  if (isRefusal(message)) return message
  const presented = readAuthorization(message)
  const id = presented === undefined || isRejection(presented) ? '' : presented.signature
  const audience = `${parts.publicUrl}${workloadOperations.callers.path}`
  const proven = await parts.proofs.about(assertion, named, { audience, id }, now)
  if ('rejected' in proven) return notProven(parts, exchange, proven, now)
  const { name, accounts, api } = proven.service
  if (!parts.limits.take('key', name, now)) return rate
  if (api === undefined) return denied(`${name} has no API of its own: see hallpass services api`)
  return tried(() => parts.identifyCaller({ name, accounts, ...api }, question, exchange, now))
}
