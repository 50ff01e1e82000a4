// Operations that pages call from within the server: each is a request of its own, with the limits, decision and audit that
// the same one over the wire has.
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { Exchange } from '../../src/server/exchange.ts'
import { type Limits, limits, ratesOf } from '../../src/server/limits.ts'
import { createMetrics } from '../../src/server/metrics.ts'
import {
  createOperationCaller,
  createOperationTrial,
  type SessionCredentials,
} from '../../src/server/operation-caller.ts'
import { textsOf } from './journals.ts'
import { allow, manager, person, role, trusts } from './people.ts'
import { testServer } from './server.ts'

const server = await testServer()
const admin = await manager(server)
const ann = await person(admin, 'ann', allow(['sts:*']))
const reader = await role(admin, 'Reader', trusts(ann.arn), { permissions: allow('iam:ListRoles') })
const { Credentials } = await server
  .as(ann.keys)
  .sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'ann' }))
const by: SessionCredentials = { accessKeyId: Credentials?.AccessKeyId ?? '', token: Credentials?.SessionToken ?? '' }

const rates = (perSecond: number) =>
  ratesOf({ 'rate-per-address': 100, 'rate-per-key': perSecond, 'rate-per-pool': 100, 'rate-per-provider': 100 })

function caller(bounds: Limits = limits(rates(100))) {
  const { engine } = server
  const { parts, services, store, audit, clock } = engine
  const { subjects, passes, random, fresh } = parts
  const failures: unknown[] = []
  /** Request ids of refusals before it was known who sent the request. */
  const unproven: string[] = []
  const calling = {
    ...{ services, subjects, store, fresh, clock, passes, random, limits: bounds },
    audit: {
      ...audit,
      noteUnproven: ({ exchange }: { readonly exchange: { readonly requestId: string } }) =>
        void unproven.push(exchange.requestId),
    },
    metrics: createMetrics({ operations: {}, process: false }),
    fail: (error: unknown) => void failures.push(error),
  }
  return { call: createOperationCaller(calling), tries: createOperationTrial(calling), failures, unproven }
}

/** A request for a page, as a browser's. */
const exchange = (requestId = 'of the page') =>
  ({
    requestId,
    message: { method: 'GET', target: '/console', headers: new Map() },
    from: { address: '192.0.2.7', tls: true, userAgent: 'a browser', host: 'sso.example' },
    body: {},
    receivedAt: server.now(),
    signal: new AbortController().signal,
  }) as unknown as Exchange

test('what the session may do is done, and stands in the audit under a request id of its own', async () => {
  const page = exchange()
  const { call } = caller()
  const first = await call(page, by, 'sts', 'GetCallerIdentity', {})
  const second = await call(page, by, 'iam', 'ListRoles', {})
  if (!('output' in first) || !('output' in second)) throw new Error('refused')
  match(first.output.Arn ?? '', /:assumed-role\/Reader\/ann$/)
  deepEqual(
    second.output.Roles?.map(({ RoleName }) => RoleName),
    ['Reader'],
  )
  notEqual(first.requestId, second.requestId)
  const texts = await textsOf(server.engine.store, 'audit')
  const record = texts.find((text) => text.includes(second.requestId)) ?? ''
  match(record, /"eventName":"ListRoles"/)
  match(record, /"sourceIPAddress":"192\.0\.2\.7"/)
})

test('what its policies do not allow is refused in AWS’s words, as over the wire', async () => {
  const answer = await caller().call(exchange(), by, 'iam', 'ListUsers', {})
  if (!('refused' in answer)) throw new Error('allowed')
  equal(answer.refused.code, 'AccessDenied')
  match(answer.refused.message, /assumed-role\/Reader\/ann is not authorized to perform: iam:ListUsers/)
  const texts = await textsOf(server.engine.store, 'audit')
  equal(
    texts.some((text) => text.includes(answer.requestId)),
    true,
  )
})

test('input that breaks its constraints is refused before anything is decided', async () => {
  const answer = await caller().call(exchange(), by, 'iam', 'GetRole', { RoleName: 'no role!' })
  equal('refused' in answer && answer.refused.code, 'ValidationError')
})

test('the session’s own rate bounds its pages too', async () => {
  const one = limits({ ...rates(100), key: { ...rates(100).key, perSecond: 1, burst: 1 } })
  const { call } = caller(one)
  const codes = []
  for (let i = 0; i < 2; i++) {
    const answer = await call(exchange(), by, 'sts', 'GetCallerIdentity', {})
    codes.push('refused' in answer ? answer.refused.code : 'ok')
  }
  deepEqual(codes, ['ok', 'Throttling'])
})

test('a trial answers as the call would, does nothing, and leaves no record', async () => {
  const { tries, failures } = caller()
  const before = (await textsOf(server.engine.store, 'audit')).length
  const tried = (RoleArn: string) => tries(exchange(), by, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'ann' })
  const open = await role(admin, 'Open', trusts(reader))
  const made = (await textsOf(server.engine.store, 'audit')).length - before
  deepEqual(await Promise.all([open, reader, `${open}Missing`, 'no ARN'].map(tried)), [true, false, false, false])
  equal(await tries(exchange(), by, 'iam', 'ListRoles', {}), true)
  equal(await tries(exchange(), by, 'iam', 'ListUsers', {}), false)
  equal((await textsOf(server.engine.store, 'audit')).length, before + made)
  deepEqual(failures, [])
})

test('a trial takes from the session’s rate, and beyond it nothing is known', async () => {
  const one = limits({ ...rates(100), key: { ...rates(100).key, perSecond: 1, burst: 1 } })
  const { tries } = caller(one)
  const answers = []
  for (let i = 0; i < 2; i++) answers.push(await tries(exchange(), by, 'iam', 'ListRoles', {}))
  deepEqual(answers, [true, undefined])
})

test('a trial of a session that ended is refused', async () => {
  equal(await caller().tries(exchange(), { ...by, token: `${by.token}x` }, 'iam', 'ListRoles', {}), false)
})

test('nobody calls only what takes no signature', async () => {
  const answer = await caller().call(exchange(), 'nobody', 'sts', 'GetCallerIdentity', {})
  equal('refused' in answer && answer.refused.code, 'MissingAuthenticationToken')
})

test('a token of another access key id, or a broken one, is nobody’s', async () => {
  for (const wrong of [
    { ...by, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' },
    { ...by, token: `${by.token}x` },
  ]) {
    const answer = await caller().call(exchange(), wrong, 'sts', 'GetCallerIdentity', {})
    equal('refused' in answer && answer.refused.code, 'InvalidClientTokenId')
  }
})

test('a session whose role is gone does nothing more', async () => {
  await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Reader', PolicyName: 'own' }))
  await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Reader' }))
  const { call, unproven } = caller()
  const answer = await call(exchange(), by, 'sts', 'GetCallerIdentity', {})
  equal('refused' in answer && answer.refused.code, 'InvalidClientTokenId')
  deepEqual(unproven, [answer.requestId])
})
