// What the tests of IAM and Organizations run operations with: a store in memory, a vault of their own, callers, and a
// driver that does what the pipeline does (target, checks, then the transaction or the answer).

import { createHmac, randomBytes } from 'node:crypto'
import { accountRootArn, roleArn, userArn } from '../../core/arn.ts'
import type { Identity, Keys, Pass } from '../../core/identity.ts'
import { allowanceFor } from '../../core/policy/allowance.ts'
import { quotasOf } from '../../core/quotas.ts'
import { Secret } from '../../core/secret.ts'
import { VaultRefused } from '../../keys/vault.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { Refusal } from '../../wire/errors.ts'
import { callerName } from '../access/requester.ts'
import type { Subject } from '../contracts/subject.ts'
import type { Call, Check, Operation } from '../operation.ts'
import { noBackends, type Parts, type Vault } from '../parts.ts'
import { createAccount, createRole, createUser, newRoleId, newUserId } from '../principals/create.ts'
import { tallies } from '../principals/quotas.ts'
import * as records from '../records.ts'
import { isRelayed } from '../relayed.ts'
import { createCertificateTrust } from '../rolesanywhere/trust.ts'
import { declaredServices } from '../workloads/records.ts'

export const ACCOUNT = '111122223333'
export const OTHER = '444455556666'
export const NOW = new Date('2026-03-01T12:00:00.000Z')

/** Not secret, but bound like the real one: to account, record and field. */
export const testVault: Vault = {
  seal: (account, record, field, plain) => {
    const mac = createHmac('sha256', 'test')
      .update(JSON.stringify([account, record, field, plain]))
      .digest('base64url')
    return `${Buffer.from(plain).toString('base64url')}.${mac}`
  },
  open: (account, record, field, sealed) => {
    const plain = Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString()
    if (testVault.seal(account, record, field, plain) !== sealed) throw new VaultRefused('sealed elsewhere')
    return plain
  },
}

export const collections = [
  records.accounts,
  records.users,
  records.roles,
  records.instanceProfiles,
  records.accessKeys,
  records.managedPolicies,
  records.attachments,
  records.mfaDevices,
  records.oidcProviders,
  records.samlProviders,
  records.accountAliases,
  records.lastUsed,
  records.onces,
  declaredServices,
  tallies,
]

const unused = (): never => {
  throw new TypeError('not a part of this test')
}

export interface Kit {
  readonly store: Store
  readonly parts: Parts
}

/** A store with two accounts, and the parts around it, with AWS's quotas by default. */
export async function openKit(more: Parameters<typeof openSqlite>[1] = [], quotas = quotasOf([])): Promise<Kit> {
  const store = await openSqlite(':memory:', [...collections, ...more], { clock: () => NOW })
  const parts: Parts = {
    store,
    fresh: () => true,
    subjects: { byId: unused, roleByName: unused, managedPolicy: unused, account: unused } as never,
    passes: { packedSize: unused, seal: unused, open: unused },
    vault: testVault,
    webIdentity: {
      prove: unused,
      verify: unused,
      isReserved: () => false,
      settingsOf: () => undefined,
      thumbprintsOf: async () => ['0'.repeat(40)],
    },
    saml: { byName: unused, byUuid: unused, verify: unused, prove: unused, signIn: unused, assertion: unused },
    codeFlows: { of: unused },
    cognito: {
      pools: { byId: unused },
      tokens: { issue: unused, open: unused },
      logins: { verify: unused },
    },
    backends: noBackends,
    certificates: createCertificateTrust(store, () => NOW),
    tablePolicies: { of: unused, inForce: unused },
    tokenTrust: { keys: { find: unused }, skewSeconds: 0, reach: () => false, isOwn: () => false },
    assumeRoles: { forWorkload: unused, asSession: unused },
    signers: { sign: unused, published: unused, verifying: unused },
    quotas,
    random: (bytes) => randomBytes(bytes),
  }
  for (const id of [ACCOUNT, OTHER]) {
    const account = { id, name: id, status: 'ACTIVE', createdAt: '2026-01-01T00:00:00Z' } as const
    await store.transact((tx) => createAccount(tx, account))
  }
  return { store, parts }
}

export const addUser = ({ store, parts }: Kit, name: string, path = '/', account = ACCOUNT) =>
  store.transact((tx) =>
    createUser(
      tx,
      { account, id: newUserId(parts.random), name, path, createdAt: '2026-02-01T00:00:00Z' },
      parts.quotas,
    ),
  )

export const trusting = (principal: Readonly<Record<string, string | readonly string[]>>) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  })

export const addRole = ({ store, parts }: Kit, name: string, path = '/', trust = trusting({ AWS: ACCOUNT })) =>
  store.transact((tx) =>
    createRole(
      tx,
      {
        account: ACCOUNT,
        id: newRoleId(parts.random),
        name,
        path,
        trust,
        createdAt: '2026-02-01T00:00:00Z',
      },
      parts.quotas,
    ),
  )

export interface Caller {
  readonly identity: Identity
  readonly subject?: Subject
}

const holding = { version: 1, tags: [], identity: [], scps: [], rcps: [] }
const accountRecord = (id: string): records.Account => ({
  id,
  name: id,
  status: 'ACTIVE',
  createdAt: '2026-01-01T00:00:00Z',
})

export const rootOf = (account: string): Caller => ({
  identity: { kind: 'root', account, principal: account, accessKeyId: 'AKIAROOT' },
  subject: { ...holding, account: accountRecord(account), kind: 'root', id: account, arn: accountRootArn(account) },
})
export const root = rootOf(ACCOUNT)

export const asUser = (user: records.User): Caller => ({
  identity: { kind: 'user', account: user.account, principal: user.id, accessKeyId: 'AKIAUSER' },
  subject: {
    ...holding,
    account: accountRecord(user.account),
    kind: 'user',
    id: user.id,
    arn: userArn(user.account, user.path, user.name),
    record: user,
  },
})

export const asRole = (role: records.Role): Caller => {
  const pass: Pass = {
    id: '0'.repeat(32),
    accessKeyId: 'ASIAROLE',
    secret: new Secret('x'),
    issuedAt: 0,
    expiresAt: 4e9,
    kind: 'role',
    account: role.account,
    principal: role.id,
    name: 'session',
    version: 1,
    ancestors: [],
    by: 'test',
    vouched: true,
    tags: {},
    transitive: [],
    keys: new Map(),
  }
  const arn = roleArn(role.account, role.path, role.name)
  const trust = { kind: 'trust', source: arn, statements: [] } as const
  return {
    identity: { kind: 'session', pass },
    subject: { ...holding, account: accountRecord(role.account), kind: 'role', id: role.id, arn, record: role, trust },
  }
}

export const callOf = ({ identity, subject }: Caller, operation: string, now: Date = NOW): Call => ({
  requestId: '018f0000-0000-7000-8000-000000000000',
  now,
  service: 'iam',
  operation,
  identity,
  ...(subject === undefined ? {} : { subject }),
  name: callerName(identity, subject),
  keys: new Map(),
  allowance: allowanceFor(1),
  signal: new AbortController().signal,
  from: { address: '127.0.0.1', tls: true, userAgent: 'test', region: 'us-east-1', host: 'localhost' },
  body: { bytes: unused, stream: unused },
  within: () => true,
})

interface Options {
  readonly as?: Caller
  readonly now?: Date
  /** Whether a check is allowed; every check is, by default. */
  readonly allow?: (check: Check) => boolean
  /** Called with every check. */
  readonly onCheck?: (check: Check) => void
}

/** Runs one operation as the pipeline does. Rejects with its Refusal; `denied` stands for the engine's no. */
export async function run<I, O, T>(
  { store }: Pick<Kit, 'store'>,
  operation: Operation<I, O, T>,
  input: I,
  { as = root, now = NOW, allow = () => true, onCheck = () => {} }: Options = {},
): Promise<O> {
  const call = callOf(as, 'Test', now)
  const target = await operation.load(input, call)
  const put = (checks: readonly Check[]) => {
    for (const check of checks) onCheck(check)
    const refused = checks.find((check) => !allow(check))
    if (refused === undefined) return
    throw new Refusal({ code: 'AccessDenied', status: 403, message: refused.refusal ?? `denied ${refused.action}` })
  }
  put(operation.checks === 'always' ? [] : operation.checks(input, target, call))
  for await (const checks of operation.further?.(input, target, call) ?? []) put(checks)
  if ('change' in operation) {
    const ready = operation.prepare === undefined ? target : await operation.prepare(input, target, call)
    return store.transact((tx) => operation.change(tx, input, ready, call))
  }
  const output = await operation.handle(input, target, call, [])
  if (isRelayed(output as object)) throw new TypeError('this kit has no backends')
  return output as O
}

/** The refusal an operation answers with, as `Code: message`. */
export async function refusalOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no refusal'
}

/** The questions an operation asks, each as `action on resource` with its keys. */
export async function questionsOf<I, O, T>(
  operation: Operation<I, O, T>,
  input: I,
  as: Caller = root,
): Promise<{ readonly action: string; readonly resource: string; readonly keys: Keys }[]> {
  const call = callOf(as, 'Test')
  const target = await operation.load(input, call)
  if (operation.checks === 'always') return []
  return operation
    .checks(input, target, call)
    .map(({ action, resource, keys = new Map() }) => ({ action, resource, keys }))
}
