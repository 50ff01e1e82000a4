// The decision (IAM User Guide, "Policy evaluation logic"; "Cross-account policy evaluation logic"; "Permissions
// boundaries"; "Session policies"): every policy votes, then the votes are combined. Never throws.
import { type Allowance, isUsedUp, spend } from './allowance.ts'
import type { Program } from './compile.ts'
import { allowReaches, denyApplies, aboutAction as narrowed, type Scene, sceneOf } from './match.ts'
import type { AccessRequest, Applicable, Because, Compiled, Decision, PolicyKind, Vote } from './model.ts'
import { byPrincipal, exactly, type Reach, unreached } from './principals.ts'
import { no, yes } from './wildcard.ts'

/** Actions on a role that its trust policy must allow, whatever identity policies say. Folded. */
const trustActions: ReadonlySet<string> = new Set(['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext'])

const needsTrust = ({ action, request }: Scene) =>
  action.startsWith('sts:assumerole') || (trustActions.has(action) && request.resource.includes(':role/'))

/** The order in which AWS weighs kinds: the first that refuses is the one its message names. */
const weight: Readonly<Record<PolicyKind, number>> = {
  rcp: 0,
  scp: 1,
  resource: 2,
  trust: 2,
  identity: 3,
  boundary: 4,
  session: 5,
}

/** The votes so far. */
interface Count {
  readonly scene: Scene
  readonly because: Because[]
  denied: PolicyKind | undefined
}

function record(count: Count, program: Program, vote: Vote, statement: number | undefined): void {
  const { request, requester } = count.scene
  const { kind } = program
  const theirs = kind === 'resource' || kind === 'trust' || kind === 'rcp'
  const owner = theirs ? request.owner : (requester.account ?? request.owner)
  count.because.push(
    statement === undefined
      ? { kind, vote, owner, policy: program.source }
      : { kind, vote, owner, policy: program.source, statement },
  )
}

function deny(count: Count, program: Program, vote: Vote, statement: number | undefined): Reach {
  record(count, program, vote, statement)
  if (count.denied === undefined || weight[program.kind] < weight[count.denied]) count.denied = program.kind
  return unreached
}

/** The vote of a policy that has something which could not be evaluated, and why it could not. */
const unevaluated = ({ scene }: Count): Vote => (isUsedUp(scene.allowance) ? 'unfinished' : 'malformed')

/** Steps of beginning a policy, before any of its statements is looked at. */
const asking = 4

/** One policy's vote: how far it grants. A Deny is noted in the count. */
function poll(count: Count, policy: Compiled): Reach {
  const program = policy as Program
  // A Compiled that compile() did not make has nothing to match with.
  if (program.malformed !== undefined || program.denies === undefined)
    return deny(count, program, 'malformed', undefined)
  const { allowance } = count.scene
  spend(allowance, asking)
  for (const rule of program.denies) {
    const applies = denyApplies(rule, count.scene)
    if (applies !== no) return deny(count, program, applies === yes ? 'deny' : unevaluated(count), rule.index)
  }
  let best: Reach = unreached
  let statement: number | undefined
  let flawed: number | undefined
  for (const rule of program.allows) {
    if (isUsedUp(allowance)) {
      flawed ??= rule.index
      break
    }
    const grant = allowReaches(rule, program, count.scene)
    if (grant.broken) flawed ??= rule.index
    if (grant.reach <= best) continue
    best = grant.reach
    statement = rule.index
    if (best === exactly) break
  }
  if (best !== unreached) record(count, program, 'allow', statement)
  else record(count, program, flawed === undefined ? 'silent' : unevaluated(count), flawed)
  return best
}

/** Whether any of the list allows. All are asked, since any may deny. */
function anyAllows(count: Count, policies: readonly Compiled[]): boolean {
  let allowed = false
  for (const policy of policies) if (poll(count, policy) !== unreached) allowed = true
  return allowed
}

/** Whether every level has a policy that allows; no levels mean no organization. */
function levelsAllow(count: Count, levels: readonly (readonly Compiled[])[]): boolean {
  let allowed = true
  for (const level of levels) if (!anyAllows(count, level)) allowed = false
  return allowed
}

/** Whether each kind of policy grants, before they are combined. An absent kind that AWS does not require is true. */
interface Ballot {
  readonly rcp: boolean
  readonly scp: boolean
  readonly resource: Reach
  readonly identity: boolean
  readonly boundary: boolean
  readonly session: boolean
}

/** The kind that refuses an undenied request, or undefined when it is allowed. */
function missing(scene: Scene, policies: Applicable, ballot: Ballot): PolicyKind | undefined {
  const { requester, request } = scene
  if (!ballot.rcp) return 'rcp'
  if (!ballot.scp) return 'scp'
  const trust = policies.resource?.kind === 'trust' || needsTrust(scene)
  const resourceKind = trust ? 'trust' : 'resource'
  const own = !ballot.identity ? 'identity' : !ballot.boundary ? 'boundary' : !ballot.session ? 'session' : undefined

  // Services, federated proofs and anonymous callers have no policies of their own.
  if (requester.account === undefined) return ballot.resource === unreached ? resourceKind : undefined
  const bothSides = requester.account !== request.owner || request.bothSides === true
  if (bothSides) return own ?? (ballot.resource === unreached ? resourceKind : undefined)

  // INVARIANT: identity policies alone never open a role, not even in the same account.
  if (trust && ballot.resource === unreached) return 'trust'
  if (ballot.resource === exactly && !trust && (requester.kind !== 'user' || ballot.session)) return undefined
  // INVARIANT: trust, whomever it names and however, bypasses identity policies alone: a boundary and a session policy must
  // allow sts:AssumeRole (IAM User Guide, "Update a role trust policy"; of session ARNs AWS does not say).
  if (ballot.resource === byPrincipal || (trust && ballot.resource === exactly)) {
    if (!ballot.boundary) return 'boundary'
    return ballot.session ? undefined : 'session'
  }
  return own
}

const noReach = (reach: Reach) => reach === unreached

/**
 * Decides one request. Each policy's vote is in `because`, in the order rcp, scp, resource, identity, boundary, session.
 * `identity`, `boundary`, `session` and `scps` are the requester's, `resource` and `rcps` the owner's: across accounts
 * both sides must allow. It costs no more than is left of the request's allowance: see allowance.ts.
 */
export function decide(request: AccessRequest, policies: Applicable, allowance: Allowance): Decision {
  const count: Count = { scene: sceneOf(request, policies, allowance), because: [], denied: undefined }
  const root = request.requester.kind === 'root'
  const ballot: Ballot = {
    rcp: levelsAllow(count, policies.rcps),
    scp: levelsAllow(count, policies.scps),
    resource: policies.resource === undefined ? unreached : poll(count, policies.resource),
    identity: anyAllows(count, policies.identity) || root,
    boundary: policies.boundary === undefined || !noReach(poll(count, policies.boundary)),
    session: policies.session === undefined || anyAllows(count, policies.session),
  }
  const { because, denied } = count
  const unfinished = isUsedUp(allowance) ? { unfinished: true as const } : {}
  if (denied !== undefined) return { allow: false, explicit: true, because, ...unfinished, blame: denied }
  const blame = missing(count.scene, policies, ballot)
  if (blame === undefined) return { allow: true, explicit: false, because }
  return { allow: false, explicit: false, because, ...unfinished, blame }
}

/** The caller's policies and those above both accounts, with those of their statements only that are about an action. */
export function aboutAction(policies: Applicable, action: string, allowance: Allowance): Applicable {
  const list = (all: readonly Compiled[]) => all.map((policy) => narrowed(policy as Program, action, allowance))
  const { identity, boundary, session, scps, rcps } = policies
  return {
    ...policies,
    identity: list(identity),
    ...(boundary && { boundary: narrowed(boundary as Program, action, allowance) }),
    ...(session && { session: list(session) }),
    scps: scps.map(list),
    rcps: rcps.map(list),
  }
}
