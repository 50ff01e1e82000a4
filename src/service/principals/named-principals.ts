// Principals that policies name: resolved to unique ids when a policy is written, shown by what has that id when it is read (IAM
// User Guide, "AWS JSON policy elements: Principal"). So nobody trusts a namesake of a deleted principal.
// DIVERGES: a role session, too, is trusted only as one of the role that had the name then; AWS says so of roles and users.
import { accountRootArn, isAccountId, parseArn, roleArn, userArn } from '../../core/arn.ts'
import { readDocument } from '../../core/policy/document.ts'
import { principalPairs } from '../../core/policy/principals.ts'
import { namedProviders } from '../../federation/names.ts'
import type { Reader } from '../../store/store.ts'
import { accounts, type NamingPolicy, roles, users } from '../records.ts'
import { declaredServices, serviceKey } from '../workloads/records.ts'

/** What a policy names and what is no principal: its kind (`AWS`) and value. */
export interface NoPrincipal {
  readonly kind: string
  readonly value: string
}

/** The elements that name principals. */
const elementNames = ['Principal', 'NotPrincipal']

/**
 * Resolves the principals of a policy of what `account` owns, whose grammar was checked before; answers the first name that is
 * no principal.
 */
export async function resolvePrincipals(
  reader: Reader,
  account: string,
  text: string,
): Promise<NamingPolicy | NoPrincipal> {
  const principals: Record<string, string> = {}
  for (const [kind, value] of principalsOf(text)) {
    const id = await resolve(reader, account, kind, value)
    if (id === undefined) return { kind, value }
    if (id !== '') principals[value] = id
  }
  return { text, principals }
}

/** Every kind and value of the statements' elements that name principals, read as the policy compiler reads them. */
function principalsOf(text: string): (readonly [kind: string, value: string])[] {
  const document = readDocument(text)
  if ('error' in document) throw new TypeError('a policy’s principals were resolved before it was checked')
  return document.statements.flatMap(({ elements }) =>
    elementNames.flatMap((name) => {
      const element = elements.get(name)
      return element === undefined ? [] : [...(principalPairs(element) ?? [])]
    }),
  )
}

/** Rewrites each principal of a parsed document in place. */
function eachPrincipal(document: unknown, rewrite: (kind: string, value: string) => string): void {
  const { Statement } = document as { Statement: unknown }
  for (const statement of Array.isArray(Statement) ? Statement : [Statement]) {
    for (const name of elementNames) rewriteElement((statement as Record<string, unknown>)[name], rewrite)
  }
}

function rewriteElement(element: unknown, rewrite: (kind: string, value: string) => string): void {
  if (typeof element !== 'object' || element === null) return
  const kinds = element as Record<string, string | string[]>
  for (const [kind, values] of Object.entries(kinds)) {
    if (Array.isArray(values)) kinds[kind] = values.map((value) => rewrite(kind, value))
    else kinds[kind] = rewrite(kind, values)
  }
}

/**
 * DIVERGES: an account that this server does not have is not a valid principal, even a real one of AWS's, whose callers prove
 * nothing here; AWS accepts every account of its own.
 */
const exists = async (reader: Reader, account: string) =>
  isAccountId(account) && (await reader.get(accounts, [account])) !== undefined

/** A principal's unique id; '' for one that has none, undefined for what cannot be a principal of a policy. */
async function resolve(reader: Reader, account: string, kind: string, value: string): Promise<string | undefined> {
  if (kind === 'AWS') return resolveAws(reader, value)
  if (kind === 'Service') return isServiceName(value) || (await isDeclared(reader, value)) ? '' : undefined
  if (kind === 'Federated') return isProvider(account, value) ? '' : undefined
  return undefined
}

async function resolveAws(reader: Reader, value: string): Promise<string | undefined> {
  if (value === '*') return ''
  if (isAccountId(value)) return (await exists(reader, value)) ? '' : undefined
  const arn = parseArn(value)
  if (arn === undefined || arn.partition !== 'aws' || arn.region !== '') return undefined
  if (!(await exists(reader, arn.account))) return undefined
  const [kind = '', ...rest] = arn.resource.split('/')
  const name = rest.at(-1) ?? ''
  if (arn.service === 'iam') {
    if (arn.resource === 'root') return ''
    if (kind === 'user') {
      const user = await reader.get(users, [arn.account, name.toLowerCase()])
      return user !== undefined && userArn(user.account, user.path, user.name) === value ? user.id : undefined
    }
    if (kind === 'role') {
      const role = await reader.get(roles, [arn.account, name.toLowerCase()])
      return role !== undefined && roleArn(role.account, role.path, role.name) === value ? role.id : undefined
    }
    return undefined
  }
  if (arn.service !== 'sts' || !/^[\w+=,.@-]{2,64}$/.test(name)) return undefined
  if (kind === 'federated-user') return rest.length === 1 ? '' : undefined
  if (kind !== 'assumed-role' || rest.length !== 2) return undefined
  const role = await reader.get(roles, [arn.account, (rest[0] ?? '').toLowerCase()])
  return role !== undefined && role.name === rest[0] ? role.id : undefined
}

/** A service that the operator declared. Its name is the operator's: one that is declared again under it has the name's trust. */
const isDeclared = async (reader: Reader, value: string) =>
  (await reader.get(declaredServices, serviceKey(value))) !== undefined

/**
 * DIVERGES: AWS knows the names of its services and refuses others; any well-formed name of a service of AWS's is accepted here, since
 * which of them an installation has is its own business.
 */
const isServiceName = (value: string) => /^(?:[a-z0-9-]+\.)+(?:amazonaws\.com|amazon\.com|aws\.internal)$/.test(value)

function isProvider(account: string, value: string): boolean {
  if (namedProviders.has(value)) return true
  const arn = parseArn(value)
  if (arn === undefined || arn.partition !== 'aws' || arn.service !== 'iam' || arn.region !== '') return false
  return arn.account === account && /^(?:saml-provider|oidc-provider)\/[^*?]+$/.test(arn.resource)
}

/** The current ARNs of users and roles, by their id and their ARN when they were named: read once per answer. */
export type CurrentNames = Map<string, string>

/**
 * A policy as answers show it: each user and role by the ARN that it has now, or by its unique id when it is deleted; accounts
 * by their root's ARN. The text stays as written where nothing of this differs.
 */
export async function showPrincipals(
  reader: Reader,
  { text, principals }: NamingPolicy,
  names: CurrentNames,
): Promise<string> {
  const shown = new Map<string, string>()
  for (const [arn, id] of Object.entries(principals)) {
    const current = names.get(`${id} ${arn}`) ?? (await arnOfId(reader, arn, id))
    names.set(`${id} ${arn}`, current)
    shown.set(arn, current)
  }
  const document: unknown = JSON.parse(text)
  let differs = false
  eachPrincipal(document, (kind, value) => {
    if (kind !== 'AWS') return value
    const now = isAccountId(value) ? accountRootArn(value) : (shown.get(value) ?? value)
    differs ||= now !== value
    return now
  })
  return differs ? JSON.stringify(document) : text
}

async function arnOfId(reader: Reader, arn: string, id: string): Promise<string> {
  const { account = '', service, resource = '' } = parseArn(arn) ?? {}
  if (id.startsWith('AIDA')) {
    const user = (await reader.find(users, 'id', [account, id]))?.record
    return user === undefined ? id : userArn(user.account, user.path, user.name)
  }
  const role = (await reader.find(roles, 'id', [account, id]))?.record
  // A role session: its ARN as written, or its user id when the role is deleted.
  if (service === 'sts') return role === undefined ? `${id}:${resource.split('/').at(-1)}` : arn
  return role === undefined ? id : roleArn(role.account, role.path, role.name)
}
