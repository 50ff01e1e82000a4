// `userIdentity` of a record (CloudTrail User Guide, "CloudTrail userIdentity element"): who called, for each way of
// being someone. It is the same for all requests of a credential, so its text is made once for it.

import { accountRootArn, userArn } from '../../core/arn.ts'
import {
  type Identity,
  type Keys,
  multiFactorAt,
  type OnBehalf,
  type Pass,
  type SessionAttributes,
} from '../../core/identity.ts'
import { isoSeconds } from '../../core/time.ts'
import type { Call } from '../operation.ts'

/** What names a caller in a record. */
export type Caller = Pick<Call, 'identity' | 'subject' | 'name'>

const text = (value: string) => JSON.stringify(value)
const at = (seconds: number) => isoSeconds(new Date(seconds * 1000))

/** The account whose caller it is; undefined for those who have none (services, proofs, nobody). */
export const accountOf = ({ identity }: Pick<Call, 'identity'>): string | undefined =>
  identity.kind === 'session'
    ? identity.pass.account
    : identity.kind === 'root' || identity.kind === 'user'
      ? identity.account
      : undefined

/** The text of `userIdentity`. */
export function userIdentity(caller: Caller): string {
  const { identity } = caller
  switch (identity.kind) {
    case 'root':
    case 'user':
      return `${longTerm(caller, identity.kind === 'root', identity.account, identity.accessKeyId)}${onBehalf(identity.onBehalf)}}`
    case 'session':
      return session(caller, identity.pass)
    case 'service':
      return `{"type":"AWSService","invokedBy":${text(identity.name)}}`
    case 'proof':
      return proof(identity)
    case 'anonymous':
      return '{"type":"Unknown"}'
  }
}

/** The same caller as another account sees it: its account and unique id, and nothing of how it got there. */
export function foreignIdentity(caller: Caller, account: string): string {
  return `{"type":"AWSAccount","principalId":${text(caller.name.userId)},"accountId":"${account}"}`
}

/** Without the closing brace. */
function longTerm({ name }: Caller, root: boolean, account: string, accessKeyId: string | undefined): string {
  const { arn = '' } = name.requester
  const head = `{"type":"${root ? 'Root' : 'IAMUser'}","principalId":${text(name.userId)},"arn":${text(arn)}`
  const user = name.userName === undefined ? '' : `,"userName":${text(name.userName)}`
  const key = accessKeyId === undefined ? '' : `,"accessKeyId":${text(accessKeyId)}`
  return `${head},"accountId":"${account}"${key}${user}`
}

/** CloudTrail's member for people of an identity store, with the sign-in instead of the store. */
const onBehalf = (person: OnBehalf | undefined) =>
  person === undefined ? '' : `,"onBehalfOf":{"userId":${text(person.by)},"signIn":${text(person.signIn)}}`

function session(caller: Caller, pass: Pass): string {
  const { name, subject } = caller
  const attributes = `"attributes":{"creationDate":"${at(pass.issuedAt)}","mfaAuthenticated":"${multiFactorAt(pass) !== undefined}"}`
  const source = pass.sourceIdentity === undefined ? '' : `,"sourceIdentity":${text(pass.sourceIdentity)}`
  if (pass.kind === 'user' || pass.kind === 'root-task') {
    const assumed = pass.kind === 'root-task' ? ',"assumedRoot":"true"' : ''
    const root = pass.kind === 'root-task' || pass.principal === pass.account
    const head = longTerm(caller, root, pass.account, pass.accessKeyId)
    return `${head},"sessionContext":{${attributes}${source}${assumed}}}`
  }
  const type = pass.kind === 'role' ? 'AssumedRole' : 'FederatedUser'
  const head = `{"type":"${type}","principalId":${text(name.userId)},"arn":${text(name.requester.arn ?? '')}`
  const keys = `"accountId":"${pass.account}","accessKeyId":"${pass.accessKeyId}"`
  const delivery = pass.keys.get('ec2:roledelivery')
  const delivered = typeof delivery === 'string' ? `,"ec2RoleDelivery":${text(delivery)}` : ''
  const context = `${issuer(pass, subject)}${webIdentity(pass.keys)}${attributes}${source}${delivered}`
  return `${head},${keys},"sessionContext":{${context}}}`
}

/** `sessionIssuer`: the role, or the user (or root) that asked for a federated user's token. */
function issuer(pass: Pass, subject: Caller['subject']): string {
  if (subject === undefined) return ''
  const [type, arn, name] =
    subject.kind === 'role'
      ? ['Role', subject.arn, subject.record.name]
      : subject.kind === 'user'
        ? ['IAMUser', userArn(pass.account, subject.record.path, subject.record.name), subject.record.name]
        : ['Root', accountRootArn(pass.account), 'root']
  const names = `"principalId":${text(pass.principal)},"arn":${text(arn)}`
  return `"sessionIssuer":{"type":"${type}",${names},"accountId":"${pass.account}","userName":${text(name)}},`
}

/** `webIdFederationData` of a session that began with a web identity: the provider, and its claims that outlived the proof. */
function webIdentity(keys: Keys): string {
  const provider = keys.get('aws:federatedprovider')
  if (typeof provider !== 'string' || provider.includes(':saml-provider/')) return ''
  const attributes: Record<string, string> = {}
  for (const [key, value] of keys) {
    if (/^(aws|sts|saml|iam|ec2):/.test(key)) continue
    attributes[key] = typeof value === 'string' ? value : value.join(',')
  }
  const data = JSON.stringify({ federatedProvider: provider, attributes })
  return `"webIdFederationData":${data},`
}

function proof(identity: Extract<Identity, { kind: 'proof' }>): string {
  const { provider, subject, keys } = identity
  if (provider.includes(':saml-provider/') || keys.has('saml:namequalifier')) {
    const qualifier = one(keys, 'saml:namequalifier') ?? ''
    const names = { principalId: `${qualifier}:${subject}`, userName: subject, identityProvider: qualifier }
    return JSON.stringify({ type: 'SAMLUser', ...names })
  }
  const names = { principalId: `${provider}:${audience(identity)}:${subject}`, userName: subject }
  return JSON.stringify({ type: 'WebIdentityUser', ...names, identityProvider: provider })
}

function audience({ keys }: Pick<SessionAttributes, 'keys'>): string {
  for (const name of keys.keys()) if (name.endsWith(':aud') || name.endsWith(':app_id')) return one(keys, name) ?? ''
  return ''
}

function one(keys: Keys, name: string): string | undefined {
  const value = keys.get(name)
  return typeof value === 'string' ? value : value?.[0]
}

/** Texts of `userIdentity` by credential. */
export interface IdentityTexts {
  of(caller: Caller): string
}

/**
 * Keeps the texts of some credentials: two generations of at most `size` each, the older dropped when the younger is
 * full. A text is made again when the principal's record is another one.
 */
export function createIdentityTexts(size: number): IdentityTexts {
  type Kept = { readonly subject: Caller['subject']; readonly text: string }
  let young = new Map<string, Kept>()
  let old = new Map<string, Kept>()
  return {
    of(caller) {
      const { identity, subject } = caller
      // INVARIANT: by the session's id, not by its access key id, which has too few random bits to be one.
      const key =
        identity.kind === 'session'
          ? identity.pass.id
          : identity.kind === 'root' || identity.kind === 'user'
            ? (identity.accessKeyId ?? `${identity.principal} ${identity.onBehalf.signIn}`)
            : undefined
      if (key === undefined) return userIdentity(caller)
      const kept = young.get(key) ?? old.get(key)
      if (kept !== undefined && kept.subject === subject) {
        if (!young.has(key)) keep(key, kept)
        return kept.text
      }
      const made = { subject, text: userIdentity(caller) }
      keep(key, made)
      return made.text
    },
  }

  function keep(key: string, kept: Kept): void {
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(key, kept)
  }
}
