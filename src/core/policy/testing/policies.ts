// Short forms that the policy engine's tests build requests and policies with.
import { allowanceFor } from '../allowance.ts'
import { compile } from '../compile.ts'
import { decide as decideWithin } from '../decide.ts'
import { explain as explainWithin } from '../explain.ts'
import type { AccessRequest, Applicable, Compiled, Decision, PolicyKind, Requester } from '../model.ts'

export const own = '111111111111'
export const other = '222222222222'

export const user: Requester = {
  kind: 'user',
  account: own,
  arn: `arn:aws:iam::${own}:user/ann`,
  principalArn: `arn:aws:iam::${own}:user/ann`,
  principalId: 'AIDAANN4567890123456A',
}
export const role: Requester = {
  kind: 'role-session',
  account: own,
  arn: `arn:aws:sts::${own}:assumed-role/R/s`,
  principalArn: `arn:aws:iam::${own}:role/path/R`,
  principalId: 'AROAROLE67890123456AB',
}
export const root: Requester = {
  kind: 'root',
  account: own,
  arn: `arn:aws:iam::${own}:root`,
  principalArn: `arn:aws:iam::${own}:root`,
  principalId: own,
}
export const federatedUser: Requester = {
  ...user,
  kind: 'federated-user',
  arn: `arn:aws:sts::${own}:federated-user/fred`,
}
export const service: Requester = { kind: 'service', name: 'ec2.amazonaws.com' }
export const federated: Requester = { kind: 'federated', name: `arn:aws:iam::${own}:oidc-provider/idp.example` }
export const anonymous: Requester = { kind: 'anonymous' }

/** The principals that the requesters above were when the policies were written. */
export const resolved: ReadonlyMap<string, string> = new Map([
  [`arn:aws:iam::${own}:user/ann`, 'AIDAANN4567890123456A'],
  [`arn:aws:iam::${own}:role/path/R`, 'AROAROLE67890123456AB'],
])

/** Decides within what a request of one question is given. */
export const decide = (request: AccessRequest, policies: Applicable): Decision =>
  decideWithin(request, policies, allowanceFor(1))

export function explain(request: AccessRequest, policies: Applicable) {
  const decision = decide(request, policies)
  return { decision, policies: explainWithin(request, policies, decision, allowanceFor(1)) }
}

export type StatementText = Readonly<Record<string, unknown>>

export const textOf = (...statements: readonly StatementText[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** A policy of the given statements; Effect, Action and Resource have the widest defaults. */
export function policy(kind: PolicyKind, ...statements: readonly StatementText[]): Compiled {
  const full = statements.map((statement) => ({
    Effect: 'Allow',
    ...('NotAction' in statement ? {} : { Action: '*' }),
    ...('NotResource' in statement || kind === 'trust' ? {} : { Resource: '*' }),
    ...statement,
  }))
  return compile(textOf(...full), { kind, source: kind, principals: resolved })
}

export const request = (changes: Partial<AccessRequest> = {}): AccessRequest => ({
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/key',
  owner: own,
  requester: role,
  keys: new Map(),
  ...changes,
})

export const applicable = (changes: Partial<Applicable> = {}): Applicable => ({
  identity: [],
  scps: [],
  rcps: [],
  ...changes,
})

/** `allow`, `deny` (implicit, with what is blamed) or `explicit` (likewise). */
export function outcome({ allow, explicit, blame }: Decision): string {
  return allow ? 'allow' : `${explicit ? 'explicit' : 'deny'} ${blame}`
}

/** The outcome under one identity policy of one statement. */
export function under(statement: StatementText, changes: Partial<AccessRequest> = {}): string {
  return outcome(decide(request(changes), applicable({ identity: [policy('identity', statement)] })))
}

/** One decision in a table of rules; the requester is a role's session unless `who` says otherwise. */
export interface DecisionRow {
  readonly rule: string
  readonly who?: Requester
  readonly ask?: Partial<AccessRequest>
  readonly policies?: Partial<Applicable>
  /** As outcome() puts it. */
  readonly gives: string
}

export const outcomeOf = ({ who, ask, policies }: DecisionRow): string =>
  outcome(decide(request({ ...(who && { requester: who }), ...ask }), applicable(policies)))
