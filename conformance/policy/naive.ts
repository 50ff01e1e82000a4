// The oracle: AWS's evaluation rules once more, written to be read rather than to be fast, from the IAM User Guide and
// with nothing of the engine but the types of a request. Documents are parsed by JSON.parse. true, false, or null for
// what cannot be evaluated from the policy's side (a Deny then applies, an Allow does not).
import type { AccessRequest, PolicyKind, Requester } from '../../src/core/policy/model.ts'
import {
  and,
  arnLike,
  arnParts,
  condition,
  fill,
  flip,
  glob,
  list,
  low,
  or,
  type Sign,
  signs,
  six,
  type Truth,
} from './naive-conditions.ts'

type Doc = { Version?: string; Statement: Stm | Stm[] }
type Stm = Record<string, unknown> & { Effect: string; Condition?: Record<string, Record<string, unknown>> }
export interface Policy {
  readonly kind: PolicyKind
  readonly text: string
  readonly principals: ReadonlyMap<string, string>
}
export interface Policies {
  readonly identity: readonly Policy[]
  readonly boundary?: Policy
  readonly session?: readonly Policy[]
  readonly resource?: Policy
  readonly scps: readonly (readonly Policy[])[]
  readonly rcps: readonly (readonly Policy[])[]
}

/** A `*` that ends a part may take up any number of further ones: each way of doing so is a pattern of more parts. */
function wider(pattern: Sign[][], parts: number): Sign[][][] {
  const at = pattern.slice(0, -1).findIndex((part) => (part.at(-1) as { wild?: string } | undefined)?.wild === '*')
  if (at < 0 || pattern.length > parts) return [pattern]
  const [before, after] = [pattern.slice(0, at + 1), pattern.slice(at + 1)]
  const ways = wider(after, parts - before.length).map((rest) => [...before, ...rest])
  return [...ways, ...wider([[{ wild: '*' }], ...after], parts - before.length).map((rest) => [...before, ...rest])]
}

/** `refuses`: the guide's `*` "can expand to match beyond the colon boundaries" is then read as if it always did. */
function resource(
  text: string,
  kind: PolicyKind,
  request: AccessRequest,
  variables: boolean,
  refuses: boolean,
): Truth | undefined {
  if (text === '*') return true
  // Variables are read last, so that one in the first five parts shows as broken.
  const bare = text.replace(/\$\{[^}']*(?:'[^']*'[^}]*)?\}/gs, (v) => (variables ? '\u0000'.repeat(v.length) : v))
  const colons = [...bare.matchAll(/:/g)].map((m) => m.index).slice(0, 5)
  const head = colons.length === 5 ? bare.slice(0, colons[4]) : bare
  const everything = fill(text, request, true, variables)
  if (everything === null || !text.startsWith('arn:') || head.includes('\u0000')) return null
  if (colons.length < 5) {
    const wide =
      ['identity', 'boundary', 'session'].includes(kind) ||
      (kind === 'resource' && /[*?]/.test(text)) ||
      (kind === 'scp' && text.endsWith('*'))
    if (!wide) return null
  }
  if (everything === undefined) return undefined
  const written = six(everything)
  const pattern = [...written]
  while (pattern.length < 6) pattern.push([{ wild: '*' }])
  const parts = arnParts(request.resource)
  if (parts !== undefined && arnLike(pattern, parts)) return true
  if (!refuses) return false
  const tokens = request.resource.split(':')
  return [written, [...written, [{ wild: '*' }]]].some(
    (start, more) =>
      (more === 0 || written.length < 6) &&
      wider(start, tokens.length).some(
        (way) =>
          way.length <= tokens.length &&
          way.every((part, i) => glob(part, (i === way.length - 1 ? tokens.slice(i) : [tokens[i]]).join(':'))),
      ),
  )
}

function action(text: string, request: AccessRequest): Truth {
  if (text !== '*' && !/^([A-Za-z0-9.-]+|\*):[^:]*$/s.test(text)) return null
  return glob(signs(low(text), true), low(request.action))
}

/** 0 none, 1 account, 2 role or user behind a session, 3 the requester itself; -1 cannot be evaluated. */
function names(type: string, text: string, policy: Policy, r: Requester, grants: boolean): number {
  if (type === 'Service' || type === 'Federated')
    return /[*?]/.test(text) || !text ? -1 : r.kind === low(type) && r.name === text ? 3 : 0
  if (type !== 'AWS') return -1
  if (text === '*') return grants && policy.kind === 'trust' && ['service', 'federated'].includes(r.kind) ? 0 : 3
  if (/^\d{12}$/.test(text)) return r.account === text ? 1 : 0
  const id = /^A(IDA|ROA)[A-Z0-9]{12,124}$/.test(text) ? text : (policy.principals.get(text) ?? '-')
  if (id === text || /^arn:[^:*?]+:iam::\d{12}:(user|role)\/[^*?]+$/s.test(text))
    return r.principalId !== id ? 0 : r.kind === 'user' ? 3 : 2
  const account = /^(arn:[^:*?]+:)iam::(\d{12}):root$/.exec(text)
  if (account) return r.account === account[2] && r.arn?.startsWith(account[1] as string) ? 1 : 0
  const session = /^arn:[^:*?]+:sts::\d{12}:(assumed-role\/[^/*?]+|federated-user)\/[^/*?]+$/.test(text)
  return session ? (['role-session', 'federated-user'].includes(r.kind) && r.arn === text ? 3 : 0) : -1
}

function principals(element: unknown, policy: Policy, r: Requester, grants: boolean): number[] {
  if (element === '*') return [names('AWS', '*', policy, r, grants)]
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return [-1]
  const all = Object.entries(element).flatMap(([type, value]) =>
    list(value).map((text) => names(type, text, policy, r, grants)),
  )
  return all.length === 0 ? [-1] : all
}

function spared(element: unknown, policy: Policy, r: Requester): Truth {
  const found = principals(element, policy, r, false)
  if (found.includes(-1)) return null
  if (JSON.stringify(element).includes('"*"')) return true
  const byKind: Record<string, number[]> = {
    root: [1],
    user: [1, 3],
    'role-session': [1, 2, 3],
    'federated-user': [1, 2, 3],
    service: [3],
    federated: [3],
  }
  return (byKind[r.kind] ?? [9]).every((level) => found.includes(level))
}

/** 'deny', or how far it grants. */
function vote(policy: Policy, request: AccessRequest, bounded: boolean): 'deny' | number {
  let doc: Doc
  try {
    doc = JSON.parse(policy.text)
  } catch {
    return 'deny'
  }
  const variables = doc.Version === '2012-10-17'
  let best = 0
  for (const s of list(doc.Statement)) {
    const grants = s.Effect === 'Allow'
    const actions = or(list((s.Action ?? s.NotAction) as string).map((text) => action(text, request)))
    const acted = s.Action === undefined ? flip(actions) : actions
    if (acted === false) continue
    const resources = list((s.Resource ?? s.NotResource ?? '*') as string).map((text) =>
      resource(text, policy.kind, request, variables, grants === (s.Resource === undefined)),
    )
    const met = or(resources.map((t) => (t === undefined ? (s.NotResource !== undefined && grants ? null : false) : t)))
    const conditions = Object.entries(s.Condition ?? {}).flatMap(([op, keys]) =>
      Object.entries(keys).map(([key, values]) => condition(op, key, list(values).map(String), request, variables)),
    )
    const matched = and([acted, s.NotResource === undefined ? met : flip(met), ...conditions])
    const who = s.Principal === undefined ? [3] : principals(s.Principal, policy, request.requester, grants)
    if (grants && matched === true && s.NotPrincipal === undefined) best = Math.max(best, ...who)
    if (grants || matched === false) continue
    if (
      s.NotPrincipal !== undefined
        ? bounded || spared(s.NotPrincipal, policy, request.requester) !== true
        : who.some((reach) => reach !== 0)
    )
      return 'deny'
  }
  return best
}

export function naive(request: AccessRequest, policies: Policies): { allow: boolean; explicit: boolean } {
  const r = request.requester
  const votes = new Map<Policy, 'deny' | number>()
  const ask = (policy: Policy) => votes.get(policy) ?? vote(policy, request, policies.boundary !== undefined)
  const some = (all: readonly Policy[]) => all.map(ask).some((v) => v !== 'deny' && v > 0)
  const all = [
    ...policies.identity,
    policies.boundary ?? [],
    policies.session ?? [],
    policies.resource ?? [],
    policies.scps.flat(),
    policies.rcps.flat(),
  ].flat()
  for (const policy of all) votes.set(policy, ask(policy))
  if (all.some((policy) => ask(policy) === 'deny')) return { allow: false, explicit: true }
  const implicit = (allow: boolean) => ({ allow, explicit: false })
  if (![...policies.scps, ...policies.rcps].every(some)) return implicit(false)
  const reach = policies.resource === undefined ? 0 : Number(ask(policies.resource))
  if (r.account === undefined) return implicit(reach > 0)
  const boundary = policies.boundary === undefined || some([policies.boundary])
  const session = policies.session === undefined || some(policies.session)
  const side = (r.kind === 'root' || some(policies.identity)) && boundary && session
  if (r.account !== request.owner || request.bothSides) return implicit(side && reach > 0)
  const trust = policies.resource?.kind === 'trust' || /^sts:AssumeRole/.test(request.action)
  if (trust && reach === 0) return implicit(false)
  // Roles are the exception: whoever is named in a trust policy needs its boundary's and session policy's leave as well.
  const whole = reach === 3 && !trust
  const bypass = whole ? r.kind !== 'user' || session : reach > 1 && boundary && session
  return implicit(bypass || side)
}
