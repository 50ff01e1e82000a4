// Reads a principal with everything its requests are decided by, and compiles it. Runs inside a cache's load, whose
// reader records what it read: a change to any of it invalidates the subject.
import { accountRootArn, nameInArn, policyArn, roleArn, userArn } from '../../core/arn.ts'
import { type Allowance, spend } from '../../core/policy/allowance.ts'
import { compile } from '../../core/policy/compile.ts'
import type { Compiled, PolicyKind } from '../../core/policy/model.ts'
import { createLru } from '../../core/token/lru.ts'
import type { Reader } from '../../store/store.ts'
import { awsManagedPolicy } from '../aws-managed/policies.ts'
import type { SessionPolicy, Subject } from '../contracts/subject.ts'
import {
  type Account,
  accounts,
  type ManagedPolicy,
  managedPolicies,
  type Principal,
  roles,
  users,
} from '../records.ts'

/** The principal of that unique id (the account id for root), or undefined when the account has no such principal. */
export async function loadSubject(reader: Reader, account: string, id: string): Promise<Subject | undefined> {
  const home = await reader.read(accounts, [account])
  if (home === undefined) return undefined
  if (id === account) {
    return {
      kind: 'root',
      id,
      arn: accountRootArn(account),
      version: home.version,
      tags: [],
      identity: [],
      ...around(home.record),
    }
  }
  if (id.startsWith('AIDA')) {
    const stored = await reader.find(users, 'id', [account, id])
    if (stored === undefined) return undefined
    const { record: user, version } = stored
    const arn = userArn(account, user.path, user.name)
    return { kind: 'user', id, arn, version, record: user, ...around(home.record), ...(await held(reader, user)) }
  }
  const stored = await reader.find(roles, 'id', [account, id])
  if (stored === undefined) return undefined
  const { record: role, version } = stored
  const trust = compile(role.trust.text, {
    kind: 'trust',
    source: 'trust',
    principals: new Map(Object.entries(role.trust.principals)),
  })
  const arn = roleArn(account, role.path, role.name)
  return { kind: 'role', id, arn, version, record: role, trust, ...around(home.record), ...(await held(reader, role)) }
}

/** The account, and the policies of its organization. Organization policies are not offered yet: no level, no ceiling. */
const around = (account: Account) => ({ account, scps: [], rcps: [] })

async function held(reader: Reader, holder: Principal) {
  const identity: Compiled[] = holder.inline.map(({ name, text }) => compiledText(text, 'identity', `inline:${name}`))
  for (const arn of holder.attached) identity.push(await managed(reader, arn, 'identity'))
  return {
    tags: holder.tags,
    identity,
    ...(holder.boundary === undefined ? {} : { boundary: await managed(reader, holder.boundary, 'boundary') }),
  }
}

/** A managed policy's default version. INVARIANT: a missing one is malformed, not absent: it denies. */
async function managed(reader: Reader, arn: string, kind: PolicyKind): Promise<Compiled> {
  return compiledText((await managedText(reader, arn))?.text ?? '', kind, arn)
}

/** A managed policy as a session policy, by ARN. */
export async function loadSessionPolicy(reader: Reader, arn: string): Promise<SessionPolicy | undefined> {
  const policy = await managedText(reader, arn)
  return policy && { id: policy.id, arn, compiled: compiledText(policy.text, 'session', arn) }
}

/** The same by the id that passes carry: ANPA…, or the ARN of one of AWS's. */
export async function loadSessionPolicyById(
  reader: Reader,
  account: string,
  id: string,
): Promise<SessionPolicy | undefined> {
  if (id.startsWith('arn:')) return loadSessionPolicy(reader, id)
  const stored = await reader.find(managedPolicies, 'id', [account, id])
  if (stored === undefined) return undefined
  const { record } = stored
  return { id, arn: record.arn, compiled: compiledText(defaultText(record), 'session', record.arn) }
}

async function managedText(reader: Reader, arn: string): Promise<{ id: string; text: string } | undefined> {
  const own = awsManagedPolicy(arn)
  if (own !== undefined) return { id: arn, text: own.text }
  const [, , , , account, resource] = arn.split(':')
  if (account === undefined || resource === undefined) return undefined
  const record = await reader.get(managedPolicies, [account, nameInArn(resource).toLowerCase()])
  if (record === undefined || policyArn(record.account, record.path, record.name) !== arn) return undefined
  return { id: record.id, text: defaultText(record) }
}

const defaultText = (policy: ManagedPolicy) =>
  policy.versions.find(({ id }) => id === policy.defaultVersion)?.text ?? ''

/** Compiled documents by text: a thousand roles that hold one managed policy share one, as do guests with one session policy. */
const compiled = createLru<Compiled>({ bytes: 32 << 20 })
/** Bytes of a text and of what is compiled of it, for each character; and of an entry beside them. */
const bytesACharacter = 10
const bytesAnEntry = 1_500

const texts = new WeakMap<Compiled, string>()

/** The text that a policy of a caller was compiled from. INVARIANT: of one that is not there it is empty, which denies. */
export const textOf = (policy: Compiled): string => texts.get(policy) ?? ''

/** Steps of compiling one character. */
const compiling = 2

/**
 * A document without principals of its own, compiled once for its text, kind and source; within the allowance of the request
 * that brings it, where a request does.
 */
export function compiledText(text: string, kind: PolicyKind, source: string, allowance?: Allowance): Compiled {
  const name = `${kind} ${source} ${text}`
  const kept = compiled.get(name)
  if (kept !== undefined) return kept
  if (allowance !== undefined) spend(allowance, compiling * text.length)
  const made = compile(text, { kind, source })
  texts.set(made, text)
  compiled.set(name, made, bytesAnEntry + bytesACharacter * name.length)
  return made
}
