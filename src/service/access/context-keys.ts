// The context keys of a request (IAM User Guide, "AWS global condition context keys"). What is not provided is absent,
// never empty: policies tell the two apart.
import { type Identity, type KeyNames, type Keys, multiFactorAt, type Pass } from '../../core/identity.ts'
import { pathOf } from '../../core/organization-root.ts'
import { foldCase } from '../../core/policy/casing.ts'
import { isoSeconds } from '../../core/time.ts'
import type { CallerName, Subject } from '../contracts/subject.ts'
import { LayeredKeys } from './layered-keys.ts'
import { callerName } from './requester.ts'
import type { KeyValue } from './tag-keys.ts'

export interface From {
  readonly address: string
  readonly tls: boolean
  readonly userAgent: string
  readonly region: string
  /** The Referer header; absent when none was sent. */
  readonly referer?: string | undefined
}

/** How a caller is named, and the keys that are the same for every request of its credential. */
export interface Described {
  readonly subject: Subject | undefined
  readonly name: CallerName
  readonly keys: Keys
}

/** Made once for a credential, and again when its principal changed. */
const descriptions = new WeakMap<object, Described>()

/** Names a caller, from what is known of its credential. */
export function describe(identity: Identity, subject: Subject | undefined): Described {
  const owner = identity.kind === 'session' ? identity.pass : identity
  const kept = descriptions.get(owner)
  if (kept !== undefined && kept.subject === subject) return kept
  const name = callerName(identity, subject)
  const described = { subject, name, keys: principalKeys(identity, subject, name) }
  descriptions.set(owner, described)
  return described
}

/**
 * The longest header that is a key's value, in characters: twice what CloudTrail keeps of a user agent, and what the longest
 * URLs in use have. INVARIANT: a longer one is not cut, since padding would then pass by a Deny: the key is one of those that
 * cannot be provided (unfilledOf).
 */
const longestHeader = 2_048

/** All keys of a request but those of the operation's own checks. Names are lower-cased. */
export const requestKeys = (identity: Identity, described: Described, from: From, now: Date): Keys =>
  keysOfRequest(described.keys, identity.kind === 'session' ? multiFactorAt(identity.pass) : undefined, from, now)

/** The same, of a caller of whom these keys are known, and when a multi-factor code was given, in seconds since 1970. */
export function keysOfRequest(ofCredential: Keys, factorAt: number | undefined, from: From, now: Date): Keys {
  const keys = new Map<string, string | readonly string[]>()
  keys.set('aws:currenttime', isoSeconds(now))
  keys.set('aws:epochtime', String(Math.floor(now.getTime() / 1000)))
  keys.set('aws:securetransport', from.tls ? 'true' : 'false')
  if (from.address !== '') keys.set('aws:sourceip', from.address)
  keys.set('aws:requestedregion', from.region)
  keys.set('aws:viaawsservice', 'false')
  const { userAgent, referer } = from
  if (userAgent !== '' && userAgent.length <= longestHeader) keys.set('aws:useragent', userAgent)
  if (referer !== undefined && referer.length <= longestHeader) keys.set('aws:referer', referer)
  if (factorAt !== undefined) {
    keys.set('aws:multifactorauthage', String(Math.max(0, Math.floor(now.getTime() / 1000) - factorAt)))
  }
  return new LayeredKeys(keys, ofCredential)
}

/**
 * Context keys that AWS provides and Hallpass cannot: a Deny with a condition on one of these applies, an Allow does not.
 * Keys of a network path that does not exist here (VPC endpoints) are not among them: they are absent at AWS as well.
 * `ofCheck`: those of the check itself.
 */
export function unfilledOf(
  owner: string,
  subject: Subject | undefined,
  identity: Identity,
  from: Pick<From, 'address' | 'userAgent' | 'referer'>,
  ofCheck: readonly string[] = [],
): KeyNames {
  const others = unfilledOfRequest(owner, subject, identity, from)
  return ofCheck.length === 0 ? others : { has: (key) => ofCheck.includes(key) || others.has(key) }
}

function unfilledOfRequest(
  owner: string,
  subject: Subject | undefined,
  identity: Identity,
  from: Pick<From, 'address' | 'userAgent' | 'referer'>,
): KeyNames {
  const unprovided = unfilledAt(owner, subject, from)
  if (identity.kind !== 'proof') return unprovided
  // Where a provider does not say which of its keys it fills, all of them are unfilled.
  const { provider, unfilled: theirs = { has: (key) => key.startsWith(`${provider}:`) } } = identity
  return { has: (key) => unprovided.has(key) || theirs.has(key) }
}

/** Those of any caller: by whose the resource is, and by the request's headers. */
export const unfilledAt = (
  owner: string,
  home: Home | undefined,
  from: Pick<From, 'address' | 'userAgent' | 'referer'>,
): ReadonlySet<string> => withLong(owner === '' || owner === home?.account.id ? unfilled : unfilledAbroad, from)

/** Headers that are too long to be a key's value; and the address, of a client on a Unix socket. */
function withLong(
  usual: ReadonlySet<string>,
  { address, userAgent, referer = '' }: Pick<From, 'address' | 'userAgent' | 'referer'>,
) {
  if (address !== '' && userAgent.length <= longestHeader && referer.length <= longestHeader) return usual
  const keys = new Set(usual)
  if (address === '') keys.add('aws:sourceip')
  if (userAgent.length > longestHeader) keys.add('aws:useragent')
  if (referer.length > longestHeader) keys.add('aws:referer')
  return keys
}

const unfilled: ReadonlySet<string> = new Set(['sts:roleauthorizedbyidp'])
/** The organization of another account is not looked up. */
const unfilledAbroad: ReadonlySet<string> = new Set([...unfilled, 'aws:resourceorgpaths'])

/** The account of who asks. */
export interface Home {
  readonly account: { readonly id: string; readonly organization?: { readonly id: string } }
}

/** The keys of the organization that a resource's account is in. */
export const organizationKeys = ({ id }: NonNullable<Home['account']['organization']>): readonly KeyValue[] => [
  ['aws:resourceorgid', id],
  ['aws:resourceorgpaths', [pathOf(id)]],
]

/** Base keys with those of one check on top: its own, and whose the resource is. */
export function checkKeys(base: Keys, own: Keys | undefined, owner: string, subject: Home | undefined): Keys {
  const whose = new Map<string, string | readonly string[]>()
  if (owner !== '') whose.set('aws:resourceaccount', owner)
  const organization = subject?.account.organization
  if (organization !== undefined && subject?.account.id === owner) {
    for (const [key, value] of organizationKeys(organization)) whose.set(key, value)
  }
  const keys = new LayeredKeys(whose, base)
  return own === undefined || own.size === 0 ? keys : new LayeredKeys(own, keys)
}

function principalKeys(identity: Identity, subject: Subject | undefined, name: CallerName): Keys {
  // INVARIANT: the keys of a proof go in first, so that none of them replaces a key that is computed here.
  const keys = new Map<string, string | readonly string[]>(proofKeys(identity))
  const { requester } = name
  keys.set('aws:principaltype', name.type)
  keys.set('aws:userid', name.userId)
  if (name.userName !== undefined) keys.set('aws:username', name.userName)
  if (requester.principalArn !== undefined) keys.set('aws:principalarn', requester.principalArn)
  if (requester.account !== undefined) keys.set('aws:principalaccount', requester.account)
  // Of unsigned requests AWS says so, and leaves the principal's ARN out.
  else if (identity.kind !== 'service') keys.set('aws:principalaccount', 'anonymous')
  if (identity.kind === 'service') {
    keys.set('aws:principalisawsservice', 'true')
    keys.set('aws:principalservicename', identity.name)
    keys.set('aws:principalservicenameslist', [identity.name])
    keys.set('aws:sourceaccount', identity.source.account)
    if (identity.source.arn !== undefined) keys.set('aws:sourcearn', identity.source.arn)
  } else keys.set('aws:principalisawsservice', 'false')
  if (subject !== undefined) {
    const organization = subject.account.organization
    if (organization !== undefined) {
      keys.set('aws:principalorgid', organization.id)
      keys.set('aws:principalorgpaths', [pathOf(organization.id)])
    }
    for (const [key, value] of principalTags(subject, identity)) keys.set(`aws:principaltag/${key}`, value)
  }
  if (identity.kind === 'session') addPass(keys, identity.pass)
  if (identity.kind === 'proof') keys.set('aws:federatedprovider', identity.provider)
  return keys
}

function proofKeys(identity: Identity): readonly KeyValue[] {
  if (identity.kind === 'session') return [...identity.pass.keys]
  return identity.kind === 'proof' ? [...identity.keys, ...(identity.trustPolicyOnly ?? [])] : []
}

function addPass(keys: Map<string, string | readonly string[]>, pass: Pass) {
  keys.set('aws:tokenissuetime', isoSeconds(new Date(pass.issuedAt * 1000)))
  // Temporary credentials say either; long-term keys leave the key out (AWS: BoolIfExists is there for them).
  keys.set('aws:multifactorauthpresent', multiFactorAt(pass) === undefined ? 'false' : 'true')
  if (pass.sourceIdentity !== undefined) keys.set('aws:sourceidentity', pass.sourceIdentity)
  if (pass.kind === 'root-task') keys.set('aws:assumedroot', 'true')
}

/** Tags of the principal as policies see them: keys folded, a session's own over its role's or user's. */
function principalTags(subject: Subject, identity: Identity): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const { Key, Value } of subject.tags) tags.set(foldCase(Key), Value)
  if (identity.kind === 'session') {
    for (const [key, value] of Object.entries(identity.pass.tags)) tags.set(foldCase(key), value)
  }
  return tags
}
