// PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy (Amazon DynamoDB API Reference): answered here, never by a backend.
// DIVERGES: AWS refuses another change within 15 seconds; here the next one may follow at once.
// DIVERGES: AWS shows a policy in a form of its own (members in order, lists of one as texts); here it stays as it was written.

import { andThen, type Maybe } from '../../core/maybe.ts'
import { allowanceFor } from '../../core/policy/allowance.ts'
import type { Applicable } from '../../core/policy/model.ts'
import type { Store, Transaction } from '../../store/store.ts'
import { accessDenied, modelled } from '../../wire/errors.ts'
import type { Sdk } from '../../wire/operations.ts'
import { callerPolicies, decideCheck } from '../access/authorize.ts'
import { accountOf } from '../access/caller-account.ts'
import type { Subjects } from '../contracts/subject.ts'
import type { InForce, PolicyPlace, TablePolicies } from '../contracts/table-policies.ts'
import type { Call, Check } from '../operation.ts'
import { type CurrentNames, showPrincipals } from '../principals/named-principals.ts'
import { changesOf, readsOf } from '../signed-operations.ts'
import { checkOf } from './access.ts'
import { type ExistenceParts, requireThere } from './existence.ts'
import { checkTablePolicy } from './policy-grammar.ts'
import { type KeptPolicy, keyOf, type PolicyRecord, shownPolicy, stampOf, tablePolicies } from './policy-records.ts'
import { policyResource } from './policy-resource.ts'
import { namedPolicy, revisionAfter, writeRecord } from './policy-writing.ts'
import { isSamePolicy } from './same-policy.ts'
import type { Resource } from './table.ts'
import { compiledAt } from './table-policies.ts'

export interface PolicyParts extends ExistenceParts {
  readonly store: Store
  readonly subjects: Subjects
  readonly policies: TablePolicies
}

/** What a request for a policy is about, as it was decided. */
interface Target {
  readonly resource: Resource
  readonly place: PolicyPlace
  readonly inForce: InForce
  readonly check: Check
  /** The caller's own policies, once they are needed. */
  readonly callers?: Applicable
}

const reads = readsOf<Sdk['dynamodb']>()
const changes = changesOf<Sdk['dynamodb']>()

type Action = 'PutResourcePolicy' | 'GetResourcePolicy' | 'DeleteResourcePolicy'

function targetOf({ policies }: PolicyParts, action: Action, arn: string | undefined, call: Call): Maybe<Target> {
  const { resource, place } = policyResource(arn, { account: accountOf(call), region: call.from.region })
  const check = checkOf({ action, resource: resource.arn, owner: place.account })
  return andThen(policies.inForce(place), (inForce) => {
    const { compiled: policy } = inForce
    const decided = policy === undefined || isSpared(action, call) ? check : { ...check, policy }
    return { resource, place, inForce, check: decided }
  })
}

/** Root removes a policy whatever it says of root, so that nobody is kept from a table of their own for ever. */
const isSpared = (action: Action, call: Call): boolean =>
  action === 'DeleteResourcePolicy' && call.name.requester.kind === 'root'

const audit = {
  category: 'Management' as const,
  resources: (_: unknown, { resource, place }: Target) => [
    { accountId: place.account, type: 'AWS::DynamoDB::Table', ARN: resource.arn },
  ],
}

export const resourcePolicyOperations = (parts: PolicyParts) => ({
  PutResourcePolicy: changes<'PutResourcePolicy'>()<Target>({
    load: ({ ResourceArn }, call) => targetOf(parts, 'PutResourcePolicy', ResourceArn, call),
    checks: (_, { check }) => [check],
    prepare: async ({ Policy = '' }, target, call) => {
      const { resource } = target
      checkTablePolicy(Policy, resource.kind === 'stream' ? 'stream' : 'table')
      await requireThere(parts, resource, call.now)
      return { ...target, callers: await policiesOfCaller(parts, call) }
    },
    change: async (tx, { Policy = '', ExpectedRevisionId, ConfirmRemoveSelfResourceAccess }, target, call) => {
      const { place } = target
      const before = await current(tx, target)
      if (before?.leaving?.accepted === true) throw inUse(`Table is being deleted: ${place.table}`)
      requireRevision(before, ExpectedRevisionId, target)
      const named = await namedPolicy(tx, place, Policy)
      const isHeld = before?.making !== undefined || before?.leaving !== undefined
      if (before?.policy !== undefined && !isHeld && isSamePolicy(before.policy, named)) {
        return { RevisionId: before.policy.revision }
      }
      const policy = { ...named, revision: revisionAfter(before, call.now) }
      if (ConfirmRemoveSelfResourceAccess !== true) requireStillAllowed(policy, target, call)
      const { account, region, table, stream } = place
      await writeRecord(tx, before, { account, region, table, stream, policy })
      return { RevisionId: policy.revision }
    },
    audit,
  }),

  GetResourcePolicy: {
    ...reads<'GetResourcePolicy'>()<Target>({
      load: ({ ResourceArn }, call) => targetOf(parts, 'GetResourcePolicy', ResourceArn, call),
      checks: (_, { check }) => [check],
      handle: async (_, { resource, place }, call) => {
        const policy = shownPolicy(await parts.store.get(tablePolicies, keyOf(place)))
        if (policy === undefined) {
          await requireThere(parts, resource, call.now)
          throw policyNotFound(resource.arn)
        }
        const names: CurrentNames = new Map()
        return { Policy: await showPrincipals(parts.store, policy, names), RevisionId: policy.revision }
      },
    }),
    audit: { readOnly: true, ...audit },
  },

  DeleteResourcePolicy: changes<'DeleteResourcePolicy'>()<Target>({
    load: ({ ResourceArn }, call) => targetOf(parts, 'DeleteResourcePolicy', ResourceArn, call),
    checks: (_, { check }) => [check],
    prepare: async (_, target, call) => {
      // What is kept of a table that is gone may go.
      if (!target.inForce.isThere) await requireThere(parts, target.resource, call.now)
      return target
    },
    change: async (tx, { ExpectedRevisionId }, target) => {
      const before = await current(tx, target)
      requireRevision(before, ExpectedRevisionId, target)
      const policy = shownPolicy(before)
      if (policy === undefined) return {}
      await tx.delete(tablePolicies, keyOf(target.place))
      return { RevisionId: policy.revision }
    },
    audit,
  }),
})

/**
 * The record as it is. INVARIANT: what was decided by one policy does not change another: whoever the one in force keeps out does not
 * overwrite it in the time that a decision takes, or in which another node's change is not yet known here.
 */
async function current(tx: Transaction, { place, inForce }: Target): Promise<PolicyRecord | undefined> {
  const record = await tx.get(tablePolicies, keyOf(place))
  if (stampOf(record) === inForce.stamp) return record
  throw inUse(`Table is pending previous resource-based policy update: ${place.table}`)
}

const inUse = (why: string) =>
  modelled('dynamodb', 'ResourceInUseException', `Attempt to change a resource which is still in use: ${why}`)

const policyNotFound = (what: string) =>
  modelled(
    'dynamodb',
    'PolicyNotFoundException',
    `Resource-based policy not found for the provided ResourceArn: ${what}`,
  )

/** @throws PolicyNotFoundException */
function requireRevision(before: PolicyRecord | undefined, expected: string | undefined, { place }: Target): void {
  const revision = shownPolicy(before)?.revision
  const { table } = place
  if (expected === undefined || expected === (revision ?? 'NO_POLICY')) return
  if (revision === undefined) {
    throw policyNotFound(
      `Requested update for policy with revision id ${expected}, but table ${table} has no associated policy.`,
    )
  }
  throw policyNotFound(
    expected === 'NO_POLICY'
      ? `Requested policy update expecting none to be present for table ${table}, but a policy exists with revision id ${revision}.`
      : `Requested update for policy with revision id ${expected}, but the policy associated to target table ${table} has revision id ${revision}.`,
  )
}

function policiesOfCaller({ subjects }: PolicyParts, { identity, subject, allowance }: Call) {
  return callerPolicies(subjects, identity.kind === 'session' ? identity.pass : undefined, subject, allowance)
}

/** @throws AccessDeniedException for a policy that keeps its author from changing it again */
function requireStillAllowed(policy: KeptPolicy, { place, check, callers }: Target, call: Call): void {
  if (callers === undefined) throw new TypeError('a policy was written before the caller’s own were looked up')
  const { identity, subject, name, from, keys } = call
  const who = { identity, subject, name, from, keys, allowance: allowanceFor(1) }
  const { decision } = decideCheck(who, { ...check, policy: compiledAt(place, policy) }, callers)
  if (decision.allow) return
  throw accessDenied(
    'aws-json',
    'The new resource policy will not allow you to update the resource policy in the future.',
  )
}
