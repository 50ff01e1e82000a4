// Simulation: the policy engine asked about policies and requests that somebody wrote down (IAM API Reference,
// "SimulateCustomPolicy"). Pure but for letting others run in between.
import { setImmediate as turn } from 'node:timers/promises'
import { accountRootArn, parseArn } from '../../core/arn.ts'
import type { Keys } from '../../core/identity.ts'
import { compile } from '../../core/policy/compile.ts'
import { decide } from '../../core/policy/decide.ts'
import { placeOf } from '../../core/policy/document.ts'
import type { Applicable, Because, Compiled, PolicyKind, Requester } from '../../core/policy/model.ts'
import { spent } from '../../core/policy/wildcard.ts'
import { invalidInput } from './refusals.ts'

/** A policy's text, and the name it goes by in the answer. */
export interface Source {
  readonly id: string
  readonly text: string
}

export interface Question {
  readonly identity: readonly Source[]
  readonly boundary: Source | undefined
  readonly resource: Source | undefined
  /** One list a level, root first. */
  readonly scps: readonly (readonly Source[])[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** The account that owns the resources. */
  readonly owner: string
  /** ARN of the user or role that asks; undefined when nobody in particular does. */
  readonly caller: string | undefined
  /** Account the caller is in. */
  readonly account: string
  readonly keys: Keys
}

export interface Outcome {
  readonly action: string
  readonly resource: string
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  readonly matched: readonly {
    readonly SourcePolicyId: string
    // The service's wire values are older than the model's enumeration.
    readonly SourcePolicyType: 'none'
    readonly StartPosition: { readonly Line: number; readonly Column: number }
    readonly EndPosition: { readonly Line: number; readonly Column: number }
  }[]
  readonly allowedByBoundary: boolean | undefined
  readonly allowedByOrganizations: boolean | undefined
}

/** Actions times resources, times statements to ask: what one simulation may cost. */
const MOST_ANSWERS = 1000
const MOST_WORK = 200_000
/** Steps of patterns and comparisons (core/policy/wildcard.ts): some tenths of a second. */
const MOST_STEPS = 50_000_000
/** After how many steps others get a turn, and how many asking a statement, or so much of a policy's text, counts for. */
const STEPS_A_TURN = 100_000
const STEPS_A_STATEMENT = 50
const CHARACTERS_A_STEP = 16
/** A simulated user needs no record: this stands for its unique id. */
const SIMULATED_ID = 'AIDASIMULATEDCALLER00'

/** Answers every action on every resource. @throws InvalidInput when that is more than a simulation may cost. */
export async function simulate(question: Question, signal: AbortSignal): Promise<Outcome[]> {
  const { actions, resources } = question
  const texts = new Map<string, string>()
  const principals = new Map(question.caller === undefined ? [] : [[question.caller, SIMULATED_ID]])
  const compiled = (kind: PolicyKind, source: Source): Compiled => {
    texts.set(source.id, source.text)
    return compile(source.text, { kind, source: source.id, principals })
  }
  const { boundary, resource } = question
  // A role's own trust is no part of a simulation: without a resource policy, roles are asked about as if they trusted
  // the account.
  const trusting = compile(delegation(question.owner), { kind: 'trust', source: '' })
  const policies: Applicable = {
    identity: question.identity.map((source) => compiled('identity', source)),
    ...(boundary === undefined ? {} : { boundary: compiled('boundary', boundary) }),
    ...(resource === undefined ? {} : { resource: compiled('resource', resource) }),
    scps: question.scps.map((level) => level.map((source) => compiled('scp', source))),
    rcps: [],
  }
  const all = [...policies.identity, policies.boundary, policies.resource, ...policies.scps.flat()]
  const cost = 1 + all.reduce((sum, policy) => sum + (policy?.statements.length ?? 0), 0)
  const answers = actions.length * resources.length
  if (answers > MOST_ANSWERS || answers * cost > MOST_WORK) throw tooMuch()
  const characters = [...texts.values()].reduce((sum, text) => sum + text.length, 0)
  const stepsEach = STEPS_A_STATEMENT * cost + Math.floor(characters / CHARACTERS_A_STEP)
  const requester = requesterOf(question)
  const outcomes: Outcome[] = []
  let steps = 0
  let sinceTurn = 0
  for (const action of actions) {
    for (const name of resources) {
      const request = { action, resource: name, owner: question.owner, requester, keys: question.keys }
      const delegated = resource === undefined && /^sts:/i.test(action) && isRole(name)
      const trust = delegated ? { resource: trusting } : {}
      const { allow, explicit, because } = decide(request, { ...policies, ...trust })
      const deciding = because.filter(({ vote }) => vote === (explicit ? 'deny' : 'allow'))
      outcomes.push({
        action,
        resource: name,
        decision: allow ? 'allowed' : explicit ? 'explicitDeny' : 'implicitDeny',
        // A deny is the only entry; where nothing decided, there is none.
        matched: allow || explicit ? matchedIn(deciding, all, texts) : [],
        allowedByBoundary: boundary && because.some(({ kind, vote }) => kind === 'boundary' && vote === 'allow'),
        allowedByOrganizations: allowedByScps(question, because),
      })
      const took = stepsEach + spent()
      steps += took
      sinceTurn += took
      if (steps > MOST_STEPS) throw tooMuch()
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

function allowedByScps({ scps }: Question, because: readonly Because[]): boolean | undefined {
  if (scps.length === 0) return undefined
  const votes = because.filter(({ kind }) => kind === 'scp')
  return (
    !votes.some(({ vote }) => vote === 'deny' || vote === 'malformed') &&
    scps.every((level) => level.some(({ id }) => votes.some(({ policy, vote }) => policy === id && vote === 'allow')))
  )
}

/** The statements that allowed or denied, each with where it stands in its policy's text. */
function matchedIn(
  because: readonly Because[],
  policies: readonly (Compiled | undefined)[],
  texts: ReadonlyMap<string, string>,
) {
  return because.flatMap(({ policy: id, statement: index, kind }) => {
    const policy = policies.find((candidate) => candidate?.source === id)
    const statement = policy?.statements.find((candidate) => candidate.index === index)
    const text = id === undefined ? undefined : texts.get(id)
    if (id === undefined || statement === undefined || text === undefined) return []
    const [start, end] = [placeOf(text, statement.start), placeOf(text, statement.end)]
    return [
      {
        SourcePolicyId: id,
        SourcePolicyType: (kind === 'resource' ? 'Resource Policy' : 'IAM Policy') as 'none',
        StartPosition: { Line: start.line, Column: start.column },
        EndPosition: { Line: end.line, Column: end.column },
      },
    ]
  })
}

/** The account of `arn:aws:iam::ACCT:root` or of a bare account id. @throws InvalidInput */
export function ownerFrom(text: string): string {
  if (/^\d{12}$/.test(text)) return text
  const account = parseArn(text)?.account ?? ''
  if (text !== accountRootArn(account)) throw invalidInput(`Invalid resource owner: ${text}`)
  return account
}
