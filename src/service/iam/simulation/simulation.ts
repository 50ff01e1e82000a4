// Simulation: the policy engine asked about policies and requests that somebody wrote down (IAM API Reference,
// "SimulateCustomPolicy"). Pure but for letting others run in between.
import { setImmediate as turn } from 'node:timers/promises'
import { accountRootArn, isAccountId, parseArn } from '../../../core/arn.ts'
import type { Keys } from '../../../core/identity.ts'
import { type Allowance, isUsedUp } from '../../../core/policy/allowance.ts'
import { compile } from '../../../core/policy/compile.ts'
import { decide } from '../../../core/policy/decide.ts'
import type {
  AccessRequest,
  Applicable,
  Because,
  Compiled,
  Decision,
  PolicyKind,
  Requester,
} from '../../../core/policy/model.ts'
import { invalidInput } from '../../principals/refusals.ts'
import { type MatchedStatement, matchedIn, type SimulatedPolicy, type Source, typeOf } from './matched-statements.ts'

export type Answer = 'allowed' | 'explicitDeny' | 'implicitDeny'

export interface Question {
  readonly identity: readonly Source[]
  readonly boundary: Source | undefined
  readonly resource: Source | undefined
  /** One list a level, root first. */
  readonly scps: readonly (readonly Source[])[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** The account that owns resources whose ARNs name none. */
  readonly owner: string
  /** ARN of the user or role that asks; undefined when nobody in particular does. */
  readonly caller: string | undefined
  /** Account the caller is in. */
  readonly account: string
  readonly keys: Keys
  /** The caller's account is in an organization: it says yes where no policy of it is given. */
  readonly organized: boolean
}

/** What was found of one action on one resource. */
export interface Outcome {
  readonly action: string
  readonly resource: string
  readonly decision: Answer
  /** What decided it: a deny is the only entry; where nothing decided, there is none. */
  readonly matched: readonly MatchedStatement[]
  /** Across accounts: what allows it on one side, although not both sides do. */
  readonly granting: readonly MatchedStatement[]
  readonly allowedByBoundary: boolean | undefined
  readonly allowedByOrganizations: boolean | undefined
  /** What each type of policy says, where the resource is another account's. */
  readonly details: Readonly<Record<string, Answer>> | undefined
}

/** Actions times resources, times statements to ask: what one simulation may cost. */
const MOST_ANSWERS = 1000
const MOST_WORK = 200_000
/** Steps of all its answers (core/policy/allowance.ts), some tenths of a second, and of one of them. */
const MOST_STEPS = 50_000_000
const MOST_STEPS_OF_ONE = 500_000
/** After how many steps others get a turn, and how many asking a statement, or so much of a policy's text, counts for. */
const STEPS_A_TURN = 100_000
const STEPS_A_STATEMENT = 50
const CHARACTERS_A_STEP = 16
/** A simulated user needs no record: this stands for its unique id. */
const SIMULATED_ID = 'AIDASIMULATEDCALLER00'

/** Answers every action on every resource. @throws InvalidInput when that is more than a simulation may cost. */
export async function simulate(question: Question, signal: AbortSignal): Promise<Outcome[]> {
  const { actions, resources } = question
  const simulatedPolicies = new Map<string, SimulatedPolicy>()
  const principals = new Map(question.caller === undefined ? [] : [[question.caller, SIMULATED_ID]])
  const compiled = (kind: PolicyKind, source: Source): Compiled => {
    // By number: two may go by one name.
    const key = String(simulatedPolicies.size)
    const compiled = compile(source.text, { kind, source: key, principals })
    simulatedPolicies.set(key, { source, compiled, named: new Map() })
    return compiled
  }
  const { boundary, resource } = question
  // A role's own trust is no part of a simulation: without a resource policy, roles are asked about as if they trusted
  // the caller's account.
  const trusting = compile(delegation(question.account), { kind: 'trust', source: '' })
  const policies: Applicable = {
    identity: question.identity.map((source) => compiled('identity', source)),
    ...(boundary === undefined ? {} : { boundary: compiled('boundary', boundary) }),
    ...(resource === undefined ? {} : { resource: compiled('resource', resource) }),
    scps: question.scps.map((level) => level.map((source) => compiled('scp', source))),
    rcps: [],
  }
  const cost = 1 + [...simulatedPolicies.values()].reduce((sum, { compiled }) => sum + compiled.statements.length, 0)
  const answers = actions.length * resources.length
  if (answers > MOST_ANSWERS || answers * cost > MOST_WORK) throw tooMuch()
  const characters = [...simulatedPolicies.values()].reduce((sum, { source }) => sum + source.text.length, 0)
  const stepsEach = STEPS_A_STATEMENT * cost + Math.floor(characters / CHARACTERS_A_STEP)
  const requester = requesterOf(question)
  const outcomes: Outcome[] = []
  const allowance: Allowance = { left: MOST_STEPS }
  let sinceTurn = 0
  for (const action of actions) {
    for (const name of resources) {
      const request = { action, resource: name, owner: ownerOf(question, name), requester, keys: question.keys }
      const delegated = resource === undefined && /^sts:/i.test(action) && isRole(name)
      const trust = delegated ? { resource: trusting } : {}
      const answerAllowance: Allowance = { left: MOST_STEPS_OF_ONE }
      const decision = decide(request, { ...policies, ...trust }, answerAllowance)
      if (isUsedUp(answerAllowance)) throw tooMuch()
      outcomes.push(outcomeOf({ question, policies, simulatedPolicies }, request, decision))
      const took = stepsEach + MOST_STEPS_OF_ONE - answerAllowance.left
      allowance.left -= took
      sinceTurn += took
      if (isUsedUp(allowance)) throw tooMuch()
      if (sinceTurn < STEPS_A_TURN) continue
      sinceTurn = 0
      signal.throwIfAborted()
      await turn()
    }
  }
  return outcomes
}

const tooMuch = () =>
  invalidInput('The simulation has too many actions, resources or statements. Ask for fewer at once.')

const delegation = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:*' }],
  })

const isRole = (resource: string) => resource === '*' || /^arn:[^:]*:iam::[^:]*:role\//.test(resource)

function requesterOf({ caller, account }: Question): Requester {
  if (caller === undefined) return { kind: 'user', account }
  return { kind: 'user', account, arn: caller, principalArn: caller, principalId: SIMULATED_ID }
}

interface Simulated {
  readonly question: Question
  readonly policies: Applicable
  readonly simulatedPolicies: ReadonlyMap<string, SimulatedPolicy>
}

/** What a decision means in the service's words. */
function outcomeOf(
  { question, policies, simulatedPolicies }: Simulated,
  { action, resource, owner }: AccessRequest,
  { allow, explicit, because }: Decision,
): Outcome {
  const denying = because.filter(({ vote }) => vote === 'deny')
  // What bounds is not what grants.
  const granting = because.filter(({ kind, vote }) => vote === 'allow' && (kind === 'identity' || kind === 'resource'))
  const across = owner !== question.account
  const organizations = allowedByOrganizations(question, policies.scps, because)
  return {
    action,
    resource,
    decision: allow ? 'allowed' : explicit ? 'explicitDeny' : 'implicitDeny',
    matched: explicit ? matchedIn(denying, simulatedPolicies) : allow ? matchedIn(granting, simulatedPolicies) : [],
    granting: across ? matchedIn(granting, simulatedPolicies) : [],
    allowedByBoundary: question.boundary && because.some(({ kind, vote }) => kind === 'boundary' && vote === 'allow'),
    allowedByOrganizations: organizations,
    // Where an organization refuses, nothing else is asked.
    details: across && organizations !== false ? detailsOf(question, because) : undefined,
  }
}

function detailsOf({ boundary }: Question, because: readonly Because[]): Record<string, Answer> {
  const of = (...kinds: readonly PolicyKind[]): Answer => {
    const votes = because.filter(({ kind }) => kinds.includes(kind)).map(({ vote }) => vote)
    return votes.includes('deny') ? 'explicitDeny' : votes.includes('allow') ? 'allowed' : 'implicitDeny'
  }
  return {
    [typeOf('identity')]: of('identity'),
    // A role that is asked about as trusting has a policy that allows.
    [typeOf('resource')]: of('resource', 'trust'),
    ...(boundary === undefined ? {} : { [typeOf('boundary')]: of('boundary') }),
  }
}

/** Whose a resource is: its ARN's account, where it names one. */
function ownerOf({ owner }: Question, resource: string): string {
  const named = parseArn(resource)?.account ?? ''
  return isAccountId(named) ? named : owner
}

function allowedByOrganizations(
  { organized }: Question,
  levels: Applicable['scps'],
  because: readonly Because[],
): boolean | undefined {
  if (levels.length === 0) return organized ? true : undefined
  const votes = because.filter(({ kind }) => kind === 'scp')
  const allowing = new Set(votes.flatMap(({ policy, vote }) => (vote === 'allow' ? policy : [])))
  return (
    !votes.some(({ vote }) => vote === 'deny' || vote === 'malformed') &&
    levels.every((level) => level.some(({ source }) => allowing.has(source)))
  )
}

/** The account of `arn:aws:iam::ACCT:root` or of a bare account id. @throws InvalidInput */
export function ownerFrom(text: string): string {
  if (/^\d{12}$/.test(text)) return text
  const account = parseArn(text)?.account ?? ''
  if (text !== accountRootArn(account)) throw invalidInput(`Invalid resource owner: ${text}`)
  return account
}
