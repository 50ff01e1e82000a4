// The workload API (JSON, no cookies): machines join and get their credentials, declared services assume roles. Each operation is a page
// for programs; what it refuses before anybody is proven is told alike, and noted for the operator.
import { isoSeconds } from '../../core/time.ts'
import { machineWish, serviceWish, type WorkloadWish } from '../../service/workloads/act-as.ts'
import type { WorkloadProofs } from '../../service/workloads/proofs.ts'
import { readAs } from '../../wire/json-schema.ts'
import { type WorkloadOperation, workloadDescription, workloadOperations } from '../../wire/workload-api.ts'
import type { Exchange } from '../exchange.ts'
import { json, type Page, type ProgramPage } from '../pages/page.ts'
import { errorReply, invalid, isRefusal, jsonOf, refusalBefore, refused } from '../program-api.ts'
import { workloadDocument } from './document.ts'
import { identifyForService } from './identify.ts'
import { joinMachine } from './join.ts'
import { notProven, tried, type WorkloadApiParts, type WorkloadHandler } from './refusing.ts'

/** The head of a request that is asked about may be 16 KiB long, and escaped. */
const longestBodyOf = (operation: WorkloadOperation) => (operation === 'callers' ? 65_536 : 32_768)

const handlers: { readonly [O in WorkloadOperation]: WorkloadHandler<O> } = {
  join: joinMachine,
  async credentials(parts, exchange, { assertion, ...wish }, now) {
    const proven = await parts.proofs.machine(assertion, now)
    if ('rejected' in proven) return notProven(parts, exchange, proven, now)
    const wanted = await tried(() => machineWish(parts, proven, wish))
    if (isRefusal(wanted)) return wanted
    const { profile } = wanted
    const answer = await assume(parts, exchange, proven, wanted, now)
    if (isRefusal(answer) || profile === undefined) return answer
    return { ...answer, InstanceProfile: { Arn: profile.arn, InstanceProfileId: profile.id } }
  },
  async assumeRole(parts, exchange, { assertion, service, ...wish }, now) {
    const proven = await parts.proofs.service(assertion, service, now)
    if ('rejected' in proven) return notProven(parts, exchange, proven, now)
    const wanted = await tried(async () => serviceWish(proven, wish, now))
    return isRefusal(wanted) ? wanted : assume(parts, exchange, proven, wanted, now)
  },
  callers: identifyForService,
}

export function workloadApiPages(parts: WorkloadApiParts): readonly Page[] {
  const document = workloadDocument(parts.publicUrl)
  return [
    ...(Object.keys(workloadOperations) as WorkloadOperation[]).map((operation) => operationPage(parts, operation)),
    { method: 'GET', path: workloadDescription, handle: () => json(document) },
  ]
}

const operationPage = (parts: WorkloadApiParts, operation: WorkloadOperation): ProgramPage => ({
  ...{ method: 'POST', path: workloadOperations[operation].path, isForPrograms: true },
  longestBody: longestBodyOf(operation),
  refusal: refusalBefore,
  async answer({ exchange, now }, bytes) {
    const sent = jsonOf(exchange, bytes)
    if (isRefusal(sent)) return errorReply(sent, exchange.requestId)
    const body = readAs(workloadOperations[operation].request, sent.json)
    if ('wrong' in body) return errorReply(invalid(`${body.wrong}.`), exchange.requestId)
    const answer = await handlers[operation](parts, exchange, body.value as never, now)
    return isRefusal(answer) ? errorReply(answer, answer.requestId ?? exchange.requestId) : json(answer)
  },
})

/** Assumes the role. INVARIANT: the proof is used up before, so that one that counts once gives one session at most. */
async function assume(
  parts: WorkloadApiParts,
  exchange: Exchange,
  proven: Parameters<WorkloadProofs['spend']>[0],
  { identity, region, roleArn, sessionName, duration }: WorkloadWish,
  now: Date,
) {
  if (!parts.fresh(now)) return refused('ServiceUnavailable', 503, 'Not now: this server waits for its store.')
  let isSpent = false
  const confirm = async () => {
    isSpent = !(await parts.proofs.spend(proven))
    return !isSpent
  }
  const { requestId, ...called } = await parts.call(
    exchange,
    { identity, region, confirm },
    { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: duration },
  )
  if (isSpent) {
    return notProven(parts, exchange, { rejected: 'replayed', detail: 'used before, or ended meanwhile' }, now)
  }
  if ('refused' in called) return { refused: called.refused, requestId }
  const { Credentials, AssumedRoleUser } = called.output
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = Credentials ?? {}
  if (Expiration === undefined || AssumedRoleUser === undefined) throw new TypeError('an answer without credentials')
  const { AssumedRoleId = '', Arn = '' } = AssumedRoleUser
  return {
    Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration: isoSeconds(Expiration) },
    AssumedRoleUser: { AssumedRoleId, Arn },
    RoleArn: roleArn,
    requestId,
  }
}
