// What tests of resource policies share: a store with two accounts, a backend with tables, callers with policies of their own, and a
// driver that decides each question as the pipeline does, by the policy engine.
import { equal } from 'node:assert/strict'
import { compile } from '../../../core/policy/compile.ts'
import type { Compiled } from '../../../core/policy/model.ts'
import type { Store } from '../../../store/store.ts'
import { Refusal } from '../../../wire/errors.ts'
import { decideCheck, refusalSentence } from '../../access/authorize.ts'
import { describe, requestKeys } from '../../access/context-keys.ts'
import { createSubjects } from '../../access/subjects.ts'
import type { Relayed } from '../../contracts/relayed.ts'
import type { Operation, Unsupported } from '../../operation.ts'
import type { Role, User } from '../../records.ts'
import { ACCOUNT, asRole, asUser, type Caller, callOf, type Kit, NOW, openKit } from '../../testing/operations-kit.ts'
import type { ExistenceParts } from '../existence.ts'
import { dynamodbOperations, dynamodbStreamsOperations } from '../operations.ts'
import { tablePolicies } from '../policy-records.ts'
import { createSchemas } from '../schemas.ts'
import { createTablePolicies } from '../table-policies.ts'
import { type ScriptedBackend, scriptedBackend } from './scripted-backend.ts'

export interface PoliciesKit extends Kit {
  readonly backend: ScriptedBackend
  readonly ops: ReturnType<typeof dynamodbOperations>
  readonly streams: ReturnType<typeof dynamodbStreamsOperations>
  /** What settles held policies. */
  readonly settling: ExistenceParts & { readonly store: Store }
}

/** The operations of a node over a store. */
export function nodeOver(
  kit: Kit,
  backend: ScriptedBackend,
  store: Store = kit.store,
  fresh = () => true,
): PoliciesKit {
  const schemas = createSchemas()
  const { vault } = kit.parts
  const subjects = createSubjects(store, () => NOW)
  const parts = {
    ...{ store, schemas, vault, subjects, backends: backend, fresh },
    policies: createTablePolicies(store, () => NOW),
  }
  return {
    ...kit,
    ...{ store, backend, ops: dynamodbOperations(parts), streams: dynamodbStreamsOperations(parts) },
    settling: { store, backends: backend, schemas },
  }
}

export async function openPolicies(): Promise<PoliciesKit> {
  const kit = await openKit([tablePolicies])
  const backend = scriptedBackend()
  backend.tables.add('Music')
  return nodeOver(kit, backend)
}

export const arnOf = (table: string, account = ACCOUNT) => `arn:aws:dynamodb:us-east-1:${account}:table/${table}`

type Statement = Readonly<Record<string, unknown>>

export const policy = (...statements: readonly Statement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** An identity policy that allows every action of DynamoDB on everything. */
export const everything = policy({ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' })

/** The caller with identity policies of its own. */
export function holding(caller: Caller, ...texts: readonly string[]): Caller {
  const identity: readonly Compiled[] = texts.map((text, at) =>
    compile(text, { kind: 'identity', source: `own ${at}` }),
  )
  if (caller.subject === undefined) throw new TypeError('a caller without a subject has no policies')
  return { ...caller, subject: { ...caller.subject, identity } }
}

export const userWith = (user: User, ...texts: readonly string[]) => holding(asUser(user), ...texts)
export const roleWith = (role: Role, ...texts: readonly string[]) => holding(asRole(role), ...texts)

/** Answers as the pipeline does; rejects with the Refusal, or with what the store rejects. */
export async function ask<O>(
  { store }: Pick<PoliciesKit, 'store'>,
  // biome-ignore lint/suspicious/noExplicitAny: each operation has a target of its own
  operation: Operation<any, O, any> | Unsupported,
  input: object,
  as: Caller,
  requestId = '018f0000-0000-7000-8000-000000000000',
): Promise<O | Relayed> {
  if ('unsupported' in operation) throw new TypeError(operation.unsupported)
  const made = callOf(as, 'Test')
  const keys = requestKeys(as.identity, describe(as.identity, as.subject), made.from, made.now)
  const call = { ...made, requestId, keys }
  const target = await operation.load(input, call)
  if (operation.checks === 'always') throw new TypeError('nothing is asked')
  const { identity = [], boundary } = as.subject ?? {}
  const own = { identity, scps: [], rcps: [], ...(boundary === undefined ? {} : { boundary }) }
  for (const check of operation.checks(input, target, call)) {
    const decided = decideCheck(call, check, own)
    if (!decided.decision.allow) {
      throw new Refusal({ code: 'AccessDeniedException', status: 400, message: refusalSentence(decided) })
    }
  }
  if ('change' in operation) {
    const ready = operation.prepare === undefined ? target : await operation.prepare(input, target, call)
    return store.transact((tx) => operation.change(tx, input, ready, call))
  }
  const answer = await operation.handle(input, target, call, [])
  const commit = operation.commit?.(input, target, call)
  if (commit !== undefined) await store.transact(commit)
  return answer
}

/** How a request ends: `ok`, `denied`, a refusal's code, or `CODE (backend)` where the backend refused it. */
export async function ended(asked: Promise<unknown>): Promise<string> {
  try {
    const answer = (await asked) as Partial<Relayed>
    if (answer.error !== undefined) return `${answer.error.code} (backend)`
    equal(answer.relayed === true ? answer.status : 200, 200)
    return 'ok'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.code === 'AccessDeniedException' ? 'denied' : error.code
  }
}
