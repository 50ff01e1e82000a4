// An operation that is passed on: planned, decided, sent anew, and its answer relayed.
import type { Maybe } from '../../core/maybe.ts'
import { andThen } from '../../core/maybe.ts'
import { encodeInput } from '../../wire/aws-json.ts'
import { contractOf, type OperationContract } from '../../wire/contract.ts'
import { accessDenied, refusal } from '../../wire/errors.ts'
import { type Backend, type BackendAnswer, BackendFailure, type Backends } from '../contracts/backends.ts'
import { type Relayed, relayed } from '../contracts/relayed.ts'
import type { AnsweringOperation, Call, Check } from '../operation.ts'
import type { Vault } from '../parts.ts'
import { type Access, checkOf } from './access.ts'
import { readWhole } from './answer.ts'
import { asBackendKnows } from './arns.ts'
import { backendRefusal, unanswered } from './backend-errors.ts'
import { describeTable } from './describe-table.ts'
import { unlistedMember } from './members.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import { rewritten } from './rewrite.ts'
import type { Schemas } from './schemas.ts'
import type { Place, Table } from './table.ts'

export interface ForwardParts {
  readonly backends: Backends
  readonly schemas: Schemas
  readonly vault: Pick<Vault, 'seal' | 'open'>
  readonly policies: TablePolicies
}

/** Resource policies of tables and streams, by ARN. */
export interface TablePolicies {
  of(arn: string): Maybe<Check['policy'] | undefined>
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

/** Answers that are rewritten are read whole: DynamoDB's are 16 MB at most, of a batch. */
const longestAnswer = 20 * 1024 * 1024

export type Forwarding<I> = AnsweringOperation<I, Relayed, Forward>

/** Makes the operations of one service. */
export const forwarding =
  (parts: ForwardParts, service: 'dynamodb' | 'dynamodb-streams') =>
  <I extends object>(name: string, { readOnly, about }: Kind, planner: Planner<I>): Forwarding<I> => {
    const contract = contractOf(service).operation(name)
    if (contract === undefined) throw new TypeError(`no operation ${name}`)
    return {
      signature: 'required',
      load(input, call) {
        requireListed(contract, input)
        const scene = sceneOf(parts, call)
        return andThen(planner(input, scene), (plan) => ready(parts, plan))
      },
      checks: (_input, { checks }) => checks,
      handle: (_input, forward, call) => send(parts, contract, forward, call),
      audit: {
        readOnly,
        category: about === 'items' ? 'Data' : 'Management',
        request: (_input, { plan }) => recorded(plan),
        response: () => null,
        resources: (_input, { plan }) => plan.tables.map(({ account, arn }) => ({ accountId: account, type: 'AWS::DynamoDB::Table', ARN: arn })),
        additional: (_input, { outcome, backend }) => ({ ...outcome, ...(backend === undefined ? {} : { backend: backend.name }) }),
      },
    }
  }

function requireListed(contract: OperationContract, input: object): void {
  const unlisted = contract.input === undefined ? undefined : unlistedMember(contract.input, input)
  if (unlisted === undefined) return
  throw accessDenied('aws-json', `Hallpass does not pass on the member ${unlisted} of ${contract.name}: docs/gateway.md says what it does`)
}

function sceneOf({ backends, schemas }: ForwardParts, { identity, from, signal }: Call): Scene {
  const place: Place = { account: accountOf(identity), region: from.region }
  const schemaOf = (table: Table) => {
    const backend = backends.find('dynamodb', table.account, table.region)
    return backend === undefined ? 'absent' : schemas.of(backend.name, table.name, (name) => describeTable(backend, name))
  }
  return {
    place,
    schemaOf,
    arnAtBackend: (table, arn) =>
      andThen(schemaOf(table), (schema) => asBackendKnows(arn, typeof schema === 'string' ? undefined : schema.backendArn)),
  }
}

/** The plan with its questions, each with the policy of its table or stream. */
function ready({ backends, policies }: ForwardParts, plan: Plan): Maybe<Forward> {
  const backend = backends.find('dynamodb', plan.at.account, plan.at.region)
  const forward = (checks: readonly Check[]): Forward => ({ plan, checks, backend, outcome: { forwarded: false } })
  const withPolicies = plan.accesses.map((access) => withPolicy(policies, access))
  return withPolicies.some((check) => check instanceof Promise)
    ? Promise.all(withPolicies).then(forward)
    : forward(withPolicies as Check[])
}
