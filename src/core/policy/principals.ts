// The Principal and NotPrincipal elements (IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal"),
// and how far a grant to each kind of principal reaches ("Determining whether a request is allowed or denied").
import { isAccountId } from '../arn.ts'
import { type Json, stringsOf } from './document.ts'
import type { PolicyKind, Requester } from './model.ts'
import { partsOf } from './resources.ts'
import { broken, no, type Truth, yes } from './wildcard.ts'

/**
 * What a match lets a grant bypass: `account` nothing, `principal` the identity policies, `exact` everything implicit.
 * Ordered, so that a further-reaching match wins.
 */
export type Reach = 0 | 1 | 2 | 3
export const unreached: Reach = 0
export const byAccount: Reach = 1
export const byPrincipal: Reach = 2
export const exactly: Reach = 3

export type Principal =
  | { readonly type: 'everyone' }
  /** `prefix` is `arn:<partition>:` when the account was written as an ARN: trust never crosses partitions. */
  | { readonly type: 'account'; readonly account: string; readonly prefix?: string }
  /** A user or role by unique id; a name whose id was not resolved is `nobody`. */
  | { readonly type: 'id'; readonly id: string }
  /** `id` is of the role that the name stood for when the policy was written, where that was resolved. */
  | { readonly type: 'session'; readonly arn: string; readonly id: string | undefined }
  | { readonly type: 'service'; readonly name: string }
  | { readonly type: 'federated'; readonly name: string }
  | { readonly type: 'nobody' }
  | { readonly type: 'broken' }

export interface Principals {
  readonly negated: boolean
  readonly list: readonly Principal[]
  /** Deny by NotPrincipal needs the requester's account named as well; kept for the explanation too. */
  readonly texts: readonly string[]
}

const brokenPrincipal: Principal = { type: 'broken' }
const uniqueIdText = /^A(?:IDA|ROA)[A-Z0-9]{12,124}$/

/** What an AWS principal's text names, apart from whether it exists; undefined when it is no principal. */
export function awsPrincipalKind(text: string): 'everyone' | 'account' | 'entity' | 'session' | 'id' | undefined {
  if (text === '*') return 'everyone'
  if (/[*?]/.test(text)) return undefined
  if (isAccountId(text)) return 'account'
  if (uniqueIdText.test(text)) return 'id'
  const parts = partsOf(text)
  if (parts === undefined || parts[1] === '' || parts[3] !== '' || !isAccountId(parts[4] as string)) return undefined
  const [, , service, , , name] = parts as [string, string, string, string, string, string]
  if (service === 'iam' && name === 'root') return 'account'
  if (service === 'iam' && /^(?:user|role)\/./.test(name)) return 'entity'
  if (service === 'sts' && /^(?:assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+)$/.test(name)) return 'session'
  return undefined
}

function awsPrincipal(text: string, resolved: ReadonlyMap<string, string> | undefined): Principal {
  switch (awsPrincipalKind(text)) {
    case 'everyone':
      return { type: 'everyone' }
    case 'account': {
      if (isAccountId(text)) return { type: 'account', account: text }
      const parts = partsOf(text) as readonly string[]
      return { type: 'account', account: parts[4] as string, prefix: `arn:${parts[1]}:` }
    }
    case 'id':
      return { type: 'id', id: text }
    case 'session':
      return { type: 'session', arn: text, id: resolved?.get(text) }
    case 'entity': {
      // INVARIANT: a user or role is trusted by unique id only; a later one of the same name is somebody else.
      const id = resolved?.get(text)
      return id === undefined ? { type: 'nobody' } : { type: 'id', id }
    }
    case undefined:
      return brokenPrincipal
  }
}

function principalOf(type: string, text: string, resolved: ReadonlyMap<string, string> | undefined): Principal {
  if (type === 'AWS') return awsPrincipal(text, resolved)
  if (/[*?]/.test(text) || text === '') return brokenPrincipal
  if (type === 'Service') return { type: 'service', name: text }
  if (type === 'Federated') return { type: 'federated', name: text }
  return brokenPrincipal
}

/** The pairs of type and value in a Principal element; undefined when it is not of that shape. */
export function principalPairs(json: Json): readonly (readonly [type: string, value: string])[] | undefined {
  if (json.type === 'string') return json.text === '*' ? [['AWS', '*']] : undefined
  if (json.type !== 'object') return undefined
  const pairs: (readonly [string, string])[] = []
  for (const [type, value] of json.members) {
    const texts = stringsOf(value)
    if (texts === undefined) return undefined
    for (const text of texts) pairs.push([type, text])
  }
  return pairs
}

/** Compiles a Principal or NotPrincipal element. An empty or misshapen one is broken, not empty. */
export function principalsOf(
  json: Json,
  negated: boolean,
  resolved: ReadonlyMap<string, string> | undefined,
): Principals {
  const pairs = principalPairs(json)
  if (pairs === undefined || pairs.length === 0) return { negated, list: [brokenPrincipal], texts: [] }
  return {
    negated,
    list: pairs.map(([type, text]) => principalOf(type, text, resolved)),
    texts: pairs.map(([type, text]) => `${type}:${text}`),
  }
}

const hasName = (principal: Principal & { readonly type: 'session' }, { kind, arn }: Requester) =>
  (kind === 'role-session' || kind === 'federated-user') && arn === principal.arn

function reachOf(principal: Principal, requester: Requester): Reach {
  switch (principal.type) {
    case 'everyone':
      return exactly
    case 'account': {
      if (requester.account !== principal.account) return unreached
      const prefix = principal.prefix
      return prefix === undefined || requester.arn?.startsWith(prefix) === true ? byAccount : unreached
    }
    case 'id': {
      if (requester.principalId !== principal.id) return unreached
      return requester.kind === 'user' ? exactly : byPrincipal
    }
    case 'session': {
      const same = principal.id === undefined || requester.principalId === principal.id
      return same && hasName(principal, requester) ? exactly : unreached
    }
    case 'service':
      return requester.kind === 'service' && requester.name === principal.name ? exactly : unreached
    case 'federated':
      return requester.kind === 'federated' && requester.name === principal.name ? exactly : unreached
    case 'nobody':
    case 'broken':
      return unreached
  }
}

/**
 * How far a grant reaches the requester.
 * DIVERGES: in a trust policy `*` means AWS principals; a service, and the bearer of a federated proof, are trusted only
 * by name. AWS does not say.
 * INVARIANT: NotPrincipal never grants.
 */
export function grantReach(principals: Principals, requester: Requester, kind: PolicyKind): Reach {
  if (principals.negated) return unreached
  const byName = kind === 'trust' && (requester.kind === 'federated' || requester.kind === 'service')
  let best: Reach = unreached
  for (const principal of principals.list) {
    if (byName && principal.type === 'everyone') continue
    const reach = reachOf(principal, requester)
    if (reach > best) best = reach
  }
  return best
}

/**
 * Whether NotPrincipal leaves the requester out: every name it goes by must be listed, because AWS checks the account
 * first, then the role or user, then the session.
 */
function isSpared(list: readonly Principal[], requester: Requester): Truth {
  let account = requester.account === undefined
  let principal = requester.kind === 'root' || requester.principalId === undefined
  let session = requester.kind !== 'role-session' && requester.kind !== 'federated-user'
  let named = requester.account !== undefined
  if (list.some((entry) => entry.type === 'broken')) return broken
  for (const entry of list) {
    if (entry.type === 'everyone') return yes
    if (reachOf(entry, requester) === unreached) continue
    if (entry.type === 'account') account = true
    else if (entry.type === 'id') principal = true
    else if (entry.type === 'session') session = true
    else named = true
  }
  return account && principal && session && named ? yes : no
}

/** Whether a Deny meets the requester. With a permissions boundary attached, one by NotPrincipal always does. */
export function denyMeets(principals: Principals, requester: Requester, bounded: boolean): Truth {
  if (principals.negated) {
    if (bounded) return yes
    const spared = isSpared(principals.list, requester)
    return spared === broken ? broken : spared === yes ? no : yes
  }
  let met: Truth = no
  for (const principal of principals.list) {
    if (principal.type === 'broken') met = broken
    else if (reachOf(principal, requester) !== unreached) return yes
    // Whichever role the name stood for: a principal that it keeps out stays out.
    else if (principal.type === 'session' && hasName(principal, requester)) return yes
  }
  return met
}
