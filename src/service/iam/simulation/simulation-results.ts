// What a simulation answers: one result for an action, with what was found of each resource in it (IAM API Reference,
// "EvaluationResult", "ResourceSpecificResult").
import type { IamOutput } from '../define.ts'
import type { MatchedStatement } from './matched-statements.ts'
import type { Answer, Outcome } from './simulation.ts'

type Result = NonNullable<IamOutput<'SimulateCustomPolicy'>['EvaluationResults']>[number]

/** From what restricts least. */
const severity: Readonly<Record<Answer, number>> = { allowed: 0, implicitDeny: 1, explicitDeny: 2 }
const strictest = (answers: readonly Answer[]): Answer =>
  answers.reduce((worst, answer) => (severity[answer] > severity[worst] ? answer : worst), 'allowed')

/**
 * The result of one action, from its outcomes on every resource. On top stands what restricts most.
 * DIVERGES: of several resources, AWS names on top the pattern of what the action is for (of s3:GetObject,
 * `arn:aws:s3:::${BucketName}/${KeyName}`); here it is `*`.
 */
export function resultOf(action: string, outcomes: readonly Outcome[], missing: readonly string[]): Result {
  const decision = strictest(outcomes.map((outcome) => outcome.decision))
  const [first, ...others] = outcomes
  const everything = first === undefined || (first.resource === '*' && others.length === 0)
  // Where an organization refuses, nothing else is asked; of everything in one account, there is nothing to say.
  const refused = outcomes.some(({ allowedByOrganizations }) => allowedByOrganizations === false)
  const details = refused ? undefined : (mergedDetails(outcomes) ?? (everything ? undefined : {}))
  return {
    EvalActionName: action,
    EvalResourceName: first === undefined || others.length > 0 ? '*' : first.resource,
    EvalDecision: decision,
    MatchedStatements: distinct(outcomes.filter((outcome) => outcome.decision === decision)),
    // Of resources that are named, it is said with each.
    MissingContextValues: everything ? [...missing] : [],
    ...(details === undefined ? {} : { EvalDecisionDetails: details }),
    ...organizationsDetail(outcomes),
    ...boundaryDetail(outcomes),
    ...(everything ? {} : { ResourceSpecificResults: outcomes.map((outcome) => specificOf(outcome, missing)) }),
  }
}

const specificOf = (outcome: Outcome, missing: readonly string[]) => ({
  EvalResourceName: outcome.resource,
  EvalResourceDecision: outcome.decision,
  MatchedStatements: [...(outcome.decision === 'implicitDeny' ? outcome.granting : outcome.matched)],
  MissingContextValues: [...missing],
  ...(outcome.details === undefined ? {} : { EvalDecisionDetails: { ...outcome.details } }),
  ...boundaryDetail([outcome]),
})

/** What each type of policy said, across accounts; undefined where no account but one was asked. */
function mergedDetails(outcomes: readonly Outcome[]): Record<string, Answer> | undefined {
  const all = outcomes.flatMap(({ details }) => (details === undefined ? [] : [details]))
  if (all.length === 0) return undefined
  const types = new Set(all.flatMap((details) => Object.keys(details)))
  return Object.fromEntries([...types].map((type) => [type, strictest(all.flatMap((details) => details[type] ?? []))]))
}

function organizationsDetail(outcomes: readonly Outcome[]) {
  const votes = outcomes.flatMap(({ allowedByOrganizations }) => allowedByOrganizations ?? [])
  if (votes.length === 0) return {}
  return { OrganizationsDecisionDetail: { AllowedByOrganizations: votes.every((vote) => vote) } }
}

function boundaryDetail(outcomes: readonly Outcome[]) {
  const votes = outcomes.flatMap(({ allowedByBoundary }) => allowedByBoundary ?? [])
  if (votes.length === 0) return {}
  return { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: votes.every((vote) => vote) } }
}

/** Each statement once, in the order in which they were found. */
function distinct(outcomes: readonly Outcome[]): MatchedStatement[] {
  const byText = new Map<string, MatchedStatement>()
  for (const { matched } of outcomes) for (const statement of matched) byText.set(JSON.stringify(statement), statement)
  return [...byText.values()]
}
