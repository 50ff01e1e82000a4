// The one way a role is assumed. AssumeRole knows its caller by a signature; SAML, web identity and Cognito's enhanced flow
// know theirs by a proof. They differ in that and in the context keys that it yields; what follows is the same, and stands
// here (IAM User Guide, "Methods to assume a role", "Monitor and control actions taken with assumed roles").
import { type Arn, assumedRoleArn, nameInArn, parseArn } from '../../core/arn.ts'
import type { Keys, SessionAttributes } from '../../core/identity.ts'
import { andThen, type Maybe } from '../../core/maybe.ts'
import { compile } from '../../core/policy/compile.ts'
import type { Compiled } from '../../core/policy/model.ts'
import { refusal } from '../../wire/errors.ts'
import { iamResourceTagKeys, requestTagKeys } from '../access/tag-keys.ts'
import type { Subject } from '../contracts/subject.ts'
import type { Check, Issued } from '../operation.ts'
import type { Parts } from '../parts.ts'
import type { Tag } from '../records.ts'
import { type Credentials, issue } from './issue.ts'
import type { Lineage } from './lineage.ts'
import { checkInline, sessionPolicies } from './session-policies.ts'
import { inheritedTags, sessionTags, type TagProblem } from './session-tags.ts'

export type RoleSubject = Subject & { readonly kind: 'role' }

/** The session that the caller asks for, whichever operation it calls. */
export interface SessionRequest {
  readonly roleArn: string
  readonly sessionName: string
  /** Seconds; 3600 if absent. */
  readonly duration?: number | undefined
  readonly inlinePolicy?: string | undefined
  readonly managedArns: readonly string[]
  readonly tags: readonly Tag[]
  readonly transitive: readonly string[]
  readonly sourceIdentity?: string | undefined
}

/** The role that a request names, and the session that it asks for. One object per request: `issued` is set with the session. */
export interface SessionPlan {
  readonly request: SessionRequest
  readonly arn: string
  /** The account that the ARN names. */
  readonly roleAccount: string
  /** Absent when there is no such role: the checks then fail as those of a role that does not trust the caller. */
  readonly role: RoleSubject | undefined
  readonly tags: SessionAttributes['tags']
  readonly transitive: readonly string[]
  /** The request passes tags, or the chain does: `sts:TagSession` is needed. */
  readonly tagged: boolean
  readonly sourceIdentity: string | undefined
  issued?: Issued | undefined
}

const trustsNobody: Compiled = compile('{"Version":"2012-10-17","Statement":[]}', { kind: 'trust', source: 'trust' })

const tagSentences: Readonly<Record<TagProblem, string>> = {
  duplicate: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  'transitive-not-passed': 'The specified transitive tag key must be included in the requested tags.',
  'transitive-conflict':
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  reserved: 'One of the tag keys specified begins with the reserved prefix aws:.',
}

/** Parses a role's ARN. @throws ValidationError for any other text */
export function roleArnOf(text: string): Arn {
  const arn = parseArn(text)
  const whole = /^arn:aws[a-z-]*:iam::\d{12}:role\/./.test(text)
  if (arn === undefined || !whole) throw refusal('ValidationError', 400, `${text} is invalid`)
  return arn
}

/** Reads the request and loads the role. Refuses only what is the caller's own mistake. */
export function planSession(
  parts: Parts,
  request: SessionRequest,
  caller: SessionAttributes | undefined,
): Maybe<SessionPlan> {
  const arn = roleArnOf(request.roleArn)
  if (request.sourceIdentity?.startsWith('aws:')) {
    throw refusal('ValidationError', 400, 'SourceIdentity must not begin with the reserved prefix aws:.')
  }
  const { tags, transitive } = tagsOrThrow(sessionTags(request, caller))
  const planFor = (role: RoleSubject | undefined): SessionPlan => ({
    request,
    arn: request.roleArn,
    roleAccount: arn.account,
    // The path is part of the ARN that is requested; names are unique without it. A closed account has no roles.
    role: role?.arn === request.roleArn && role.account.status === 'ACTIVE' ? role : undefined,
    tags,
    transitive,
    tagged: request.tags.length > 0 || inheritedTags(caller).length > 0,
    sourceIdentity: request.sourceIdentity ?? caller?.sourceIdentity,
    issued: undefined,
  })
  const role = parts.subjects.roleByName(arn.account, nameInArn(arn.resource))
  return andThen(role, planFor)
}

/** The session's tags. @throws the refusal of a problem with them, in AWS's sentence */
export function tagsOrThrow(answer: ReturnType<typeof sessionTags>): Exclude<typeof answer, { problem: TagProblem }> {
  if ('problem' in answer) throw refusal('InvalidParameterValue', 400, tagSentences[answer.problem])
  return answer
}

/**
 * The checks of the trust policy (and, across accounts or by delegation, of the caller's own policies). `operationKeys`: the
 * condition keys of this operation alone. `chained`: the caller is a role session. Then a source identity, set or inherited,
 * needs sts:SetSourceIdentity on both sides, in one account as well (IAM User Guide, "Monitor and control actions taken with
 * assumed roles").
 */
export function assumeChecks(
  action: string,
  plan: SessionPlan,
  operationKeys: readonly (readonly [string, string])[],
  chained = false,
): Check[] {
  const check = {
    resource: plan.arn,
    owner: plan.roleAccount,
    keys: assumeKeys(plan, operationKeys),
    policy: plan.role?.trust ?? trustsNobody,
    withoutReason: true,
  } as const
  const checks: Check[] = [{ ...check, action }]
  if (plan.tagged) checks.push({ ...check, action: 'sts:TagSession' })
  if (plan.sourceIdentity !== undefined) {
    checks.push({ ...check, action: 'sts:SetSourceIdentity', ...(chained ? { bothSides: true } : {}) })
  }
  return checks
}

function assumeKeys(plan: SessionPlan, operationKeys: readonly (readonly [string, string])[]): Keys {
  const { request, role } = plan
  const keys = new Map<string, string | readonly string[]>(operationKeys)
  keys.set('sts:rolesessionname', request.sessionName)
  if (role !== undefined) {
    // DIVERGES: AWS's guide says that tags handed down a chain replace the role's own (`aws:ResourceTag`) while the role's
    // trust policy is evaluated. Here the role's own tags count: a tag that the caller chose satisfies no Allow and evades no
    // Deny that depends on a tag of the role.
    for (const [key, value] of iamResourceTagKeys(role.tags)) keys.set(key, value)
    const organization = role.account.organization
    if (organization !== undefined) keys.set('aws:resourceorgid', organization.id)
  }
  for (const [key, value] of requestTagKeys(request.tags)) keys.set(key, value)
  if (request.transitive.length > 0) keys.set('sts:transitivetagkeys', request.transitive)
  if (plan.sourceIdentity !== undefined) keys.set('sts:sourceidentity', plan.sourceIdentity)
  return keys
}

export interface Assumed {
  readonly Credentials: Credentials
  readonly AssumedRoleUser: { readonly AssumedRoleId: string; readonly Arn: string }
  readonly PackedPolicySize?: number
  readonly SourceIdentity?: string
}

/** What the session gets from its caller's credentials or proof, beside what was requested. */
export interface AddedByCaller {
  readonly lineage: Lineage
  /** Context keys that the session keeps. */
  readonly keys?: Keys
  /** Upper bound in seconds; may be below the 900 s that DurationSeconds must have. */
  readonly longest?: number | undefined
}

/** Issues the session. Call it only when every check of assumeChecks was allowed. */
export function assume(parts: Parts, plan: SessionPlan, added: AddedByCaller, now: Date): Maybe<Assumed> {
  const { role, request } = plan
  if (role === undefined) throw new TypeError('a role that does not exist was allowed')
  checkInline(request.inlinePolicy)
  const requested = sessionDuration(request.duration, role.record.maxSessionDuration, added.lineage.chained)
  const duration = Math.min(requested, added.longest ?? requested)
  const finish = (policies: Awaited<ReturnType<typeof sessionPolicies>>): Assumed => {
    const { credentials, packedPolicySize, issued } = issue(
      parts,
      {
        kind: 'role',
        account: plan.roleAccount,
        principal: role.id,
        version: role.version,
        name: request.sessionName,
        duration,
        tags: plan.tags,
        transitive: plan.transitive,
        lineage: added.lineage,
        bounded: added.longest !== undefined,
        ...(plan.sourceIdentity === undefined ? {} : { sourceIdentity: plan.sourceIdentity }),
        ...(policies === undefined ? {} : { policies }),
        ...(added.keys === undefined ? {} : { keys: added.keys }),
      },
      now,
    )
    plan.issued = issued
    return {
      Credentials: credentials,
      AssumedRoleUser: {
        AssumedRoleId: `${role.id}:${request.sessionName}`,
        Arn: assumedRoleArn(plan.roleAccount, role.record.name, request.sessionName),
      },
      ...(packedPolicySize === undefined ? {} : { PackedPolicySize: packedPolicySize }),
      ...(plan.sourceIdentity === undefined ? {} : { SourceIdentity: plan.sourceIdentity }),
    }
  }
  const policies = sessionPolicies(parts.subjects, plan.roleAccount, request.inlinePolicy, request.managedArns)
  return andThen(policies, finish)
}

/** Seconds a role session lives. Default 3600; a chained request above 3600 is refused. */
export function sessionDuration(requested: number | undefined, roleMax: number, chained: boolean): number {
  if (requested === undefined) return 3600
  if (chained && requested > 3600) {
    throw refusal(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (requested > roleMax) {
    throw refusal(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
  return requested
}
