// An operation that is passed on: planned, decided, sent anew, and its answer relayed.
import { allOf, andThen, type Maybe } from '../../core/maybe.ts'
import { encodeInput } from '../../wire/aws-json.ts'
import { contractOf, type OperationContract } from '../../wire/contract.ts'
import { accessDenied, refusal, validationError } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { BackendFailure } from '../backend-failure.ts'
import type { Backend, BackendAnswer, Backends } from '../contracts/backends.ts'
import type { Relayed } from '../contracts/relayed.ts'
import type { Subjects } from '../contracts/subject.ts'
import type { TablePolicies } from '../contracts/table-policies.ts'
import type { AnsweringOperation, Call, Check } from '../operation.ts'
import type { Vault } from '../parts.ts'
import { relayed } from '../relayed.ts'
import { type Access, checkOf } from './access.ts'
import { ofOwner, requireWithin } from './across-accounts.ts'
import { readBytes, readWhole } from './answer.ts'
import { asBackendKnows, asCallersKnow } from './arns.ts'
import { backendRefusal, unanswered } from './backend-errors.ts'
import { changed } from './changed-answer.ts'
import { schemaAt } from './existence.ts'
import { unlistedMember } from './members.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import type { Schemas } from './schemas.ts'
import type { Place, Table } from './table.ts'

export interface ForwardParts {
  readonly backends: Backends
  readonly schemas: Schemas
  readonly vault: Pick<Vault, 'seal' | 'open'>
  readonly policies: Pick<TablePolicies, 'of'>
  readonly subjects: Pick<Subjects, 'byId'>
}

/** A request on its way through: what is to be done, and what has become of it. */
export interface Forward {
  readonly plan: Plan
  readonly checks: readonly Check[]
  readonly backend: Backend | undefined
  /** For the record, whatever the outcome. */
  readonly outcome: { forwarded: boolean; status?: number; bytes?: number }
}

/** A request that reads, and one that changes; requests for items are data events of CloudTrail's. */
export interface Kind {
  readonly readOnly: boolean
  readonly about: 'items' | 'tables'
}

/** Answers with ARNs are read whole: longer than any description, and any page of a list. */
const longestAnswer = 2 * 1024 * 1024

/**
 * An answer of so many bytes is taken in before it is passed on: it comes with its head, and one write costs less than a stream. One that
 * breaks off is then told as a failure, where a stream could only break off as well; one that was changed has a checksum.
 */
const shortAnswer = 64 * 1024

/**
 * Its plan says what it reads of the input: the SDK's own type of it has a member for attribute values that are not known, which
 * the reader of inputs refuses. Its output is the backend's bytes.
 */
// biome-ignore lint/suspicious/noExplicitAny: as said
export type Forwarding = AnsweringOperation<any, any, Forward>

/** Makes the operations of one service. */
export const forwarding =
  (parts: ForwardParts, service: 'dynamodb' | 'dynamodb-streams') =>
  <I extends object>(name: string, { readOnly, about }: Kind, planner: Planner<I>): Forwarding => {
    const contract = contractOf(service).operation(name)
    if (contract === undefined) throw new TypeError(`no operation ${name}`)
    const sending = { contract, readOnly, target: `${contractOf(service).targetPrefix}.${name}` }
    return {
      signature: 'required',
      load(input: I, call) {
        requireListed(contract, input)
        const scene = sceneOf(parts, call)
        return andThen(planner(input, scene), (plan) => {
          requireRegion(plan, scene.place)
          return ready(parts, scene.place, requireWithin(scene.place.account, name, plan))
        })
      },
      checks: (_input, { checks }) => checks,
      handle: (_input, forward, call) => send(parts, sending, forward, call),
      audit: {
        readOnly,
        category: about === 'items' ? 'Data' : 'Management',
        request: (_input, { plan }) => recorded(plan),
        response: () => null,
        // A transaction names a table a hundred times.
        resources: (_input, { plan }) =>
          [...new Map(plan.tables.map(({ arn, account }) => [arn, account]))].map(([ARN, accountId]) => ({
            ...{ accountId, type: 'AWS::DynamoDB::Table', ARN },
          })),
        // Whose table it is learns who of another account was let in.
        copyTo: (_input, { plan }) => plan.at.account,
        // INVARIANT: whoever breaks off before the answer has its record like everyone.
        passedOn: (_input, { outcome }) => outcome.forwarded,
        additional: (_input, { outcome, backend }) => ({
          ...outcome,
          ...(backend === undefined ? {} : { backend: backend.name }),
        }),
      },
    }
  }

function requireListed(contract: OperationContract, input: object): void {
  const unlisted = contract.input === undefined ? undefined : unlistedMember(contract.input, input)
  if (unlisted === undefined) return
  throw accessDenied(
    'aws-json',
    `Hallpass does not pass on the member ${unlisted} of ${contract.name}: docs/gateway.md says what it does`,
  )
}

function sceneOf(parts: ForwardParts, call: Call): Scene {
  const place: Place = { account: accountOf(call), region: call.from.region }
  const schemaOf = (table: Table) => schemaAt(parts, table, call.now, askerOf(call))
  return {
    place,
    schemaOf,
    arnAtBackend: (table, arn) =>
      andThen(schemaOf(table), (schema) =>
        asBackendKnows(arn, typeof schema === 'string' ? undefined : schema.backendArn),
      ),
  }
}

/**
 * INVARIANT: a request is for the region that it was signed for, which is what policies know as `aws:RequestedRegion`: an ARN takes it to
 * another account's tables, never to another region's.
 */
function requireRegion({ at }: Plan, { region }: Place): void {
  if (at.region === region) return
  throw validationError(
    'aws-json',
    `The ARN is of a resource in ${at.region}, and the request was signed for ${region}`,
  )
}

/** Who is behind a call, whichever of their sessions signed it. */
const askerOf = ({ identity }: Call): string => {
  if (identity.kind === 'session') return identity.pass.by
  return identity.kind === 'root' || identity.kind === 'user' ? identity.principal : ''
}

/** The plan with its questions, each with the policy of its table or stream. */
function ready({ backends, policies, subjects }: ForwardParts, { account }: Place, plan: Plan): Maybe<Forward> {
  const { at, accesses } = plan
  const backend = backends.find('dynamodb', at.account, at.region)
  const forward = (checks: readonly Check[]): Forward => ({ plan, checks, backend, outcome: { forwarded: false } })
  const asked = (all: readonly Access[]) => andThen(allOf(all.map((access) => withPolicy(policies, access))), forward)
  if (at.account === account) return asked(accesses)
  return andThen(subjects.byId(at.account, at.account), (owner) => asked(accesses.map((one) => ofOwner(one, owner))))
}

function withPolicy(policies: Pick<TablePolicies, 'of'>, access: Access): Maybe<Check> {
  const check = checkOf(access)
  if (access.policyOf === undefined) return check
  return andThen(policies.of(access.policyOf), (policy) => (policy === undefined ? check : { ...check, policy }))
}

/** What is sent of an operation: one that reads may be sent again, where nobody answered. */
interface Sending {
  readonly contract: OperationContract
  /** X-Amz-Target. */
  readonly target: string
  readonly readOnly: boolean
}

async function send(
  parts: ForwardParts,
  { contract, target, readOnly }: Sending,
  forward: Forward,
  call: Call,
): Promise<Relayed> {
  const { plan, backend, outcome } = forward
  if (backend === undefined) throw noBackend(plan)
  const body = encodeInput(
    contract,
    plan.onceAllowed === undefined ? plan.sent : { ...plan.sent, ...plan.onceAllowed() },
  )
  try {
    outcome.forwarded = true
    const answer = await backend.send({ target, body, signal: call.signal, ...(readOnly ? { reads: true } : {}) })
    outcome.status = answer.status
    if (answer.length !== undefined) outcome.bytes = answer.length
    if (plan.changesTables) forget(parts.schemas, backend, plan)
    if (answer.status !== 200) return await refused(parts.schemas, contract, backend, answer, plan)
    return await answered(answer, plan)
  } catch (error) {
    if (!(error instanceof BackendFailure)) throw error
    outcome.forwarded = error.sent
    throw unanswered(error)
  }
}

function forget(schemas: Schemas, { name }: Backend, { tables }: Plan): void {
  for (const table of tables) schemas.forget(name, table.name)
}

async function refused(
  schemas: Schemas,
  contract: OperationContract,
  backend: Backend,
  answer: BackendAnswer,
  plan: Plan,
): Promise<Relayed> {
  const { answer: told, doubtsSchema } = await backendRefusal(contract, answer, plan)
  if (doubtsSchema) for (const table of plan.tables) schemas.doubt(backend.name, table.name)
  return told
}

async function answered(answer: BackendAnswer, plan: Plan): Promise<Relayed> {
  const { type, length, crc32 } = answer
  if (!type.includes('json')) {
    answer.body.destroy()
    throw new BackendFailure('garbled', true, `an answer of the type ${type}`)
  }
  if (plan.answered === undefined) {
    const checksum = crc32 === undefined ? {} : { crc32 }
    if (length === undefined || length > shortAnswer) {
      return relayed({ status: 200, body: answer.body, ...checksum, ...(length === undefined ? {} : { length }) })
    }
    return relayed({ status: 200, body: await readBytes(answer, shortAnswer), ...checksum })
  }
  if (plan.answered !== 'arns') {
    const through = changed(answer.body, plan.answered)
    const isShort = length !== undefined && length <= shortAnswer
    return relayed({ status: 200, body: isShort ? Buffer.concat(await through.toArray()) : through })
  }
  const text = await readWhole(answer, longestAnswer)
  try {
    return relayed({ status: 200, body: asCallersKnow(text, plan.at) })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new BackendFailure('garbled', true, 'an answer that is no JSON')
  }
}

/** Nothing of that account stands anywhere: as of a table that is not there, once it is decided. */
const noBackend = ({ at }: Plan) =>
  refusal(
    'ResourceNotFoundException',
    400,
    'Requested resource not found',
    `no backend for ${at.account} in ${at.region}`,
  )

/** The most values of partition keys that a record names, and their longest, in characters. */
const mostValues = 100
const longestValue = 1_024

/** Tables, and whose items: of items themselves AWS's records say nothing either. */
function recorded({ tables, accesses }: Plan): object {
  const names = [...new Set(tables.map(({ name }) => name))]
  const values = new Set(accesses.flatMap(({ touched }) => touched?.leading ?? []))
  const shown = [...values].slice(0, mostValues).map((value) => value.slice(0, longestValue))
  return {
    ...(names.length > 1 ? { tableNames: names } : names.length === 1 ? { tableName: names[0] } : {}),
    ...(shown.length === 0 ? {} : { partitionKeyValues: shown }),
  }
}
