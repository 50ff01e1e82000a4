// How much work a caller without permissions can cause, through the whole server: each request has one allowance of work,
// whoever wrote the policies that decide it. Steps are counted, never time.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  CreateIdentityPoolCommand,
  GetIdCommand,
  GetIdentityPoolRolesCommand,
  GetOpenIdTokenCommand,
  SetIdentityPoolRolesCommand,
  UpdateIdentityPoolCommand,
} from '@aws-sdk/client-cognito-identity'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allowanceFor, base } from '../../src/core/policy/allowance.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { allow, keysOf, person, policy, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { send, signed } from './raw.ts'
import { type Clients, firstAccount, type Keys, testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow(['sts:AssumeRole', 'cognito-identity:*']))

const agent = ['$', '{aws:useragent}'].join('')
/** Patterns that go back to their stars for each unit of a text of one letter, in 1,900 characters. */
const slow = () =>
  policy({
    ...{ Effect: 'Allow', Action: '*', Resource: '*' },
    Condition: { StringLike: { 'aws:UserAgent': [`*${agent}*`.repeat(40), `*${'a'.repeat(900)}b`] } },
  })

/** ListUsers with that user agent, and what the journal says of its refusal. */
async function asked(keys: Keys, userAgent: string) {
  const answer = await send(
    server.port,
    signed(server.port, {
      ...{ keys, now: server.now(), service: 'iam' as const, parameters: { Action: 'ListUsers' } },
      headers: { 'user-agent': userAgent },
    }),
  )
  const found = await why(server.engine.parts.store, answer.requestId)
  if (found === undefined) assert.fail('no entry of the refusal')
  return { answer, entry: found.entry, text: explainForOperator(found) }
}

describe('a session policy of patterns over the user agent, brought by one who may only assume a powerless role', () => {
  let keys: Keys
  before(async () => {
    const RoleArn = await role(root, 'Powerless', trusts(ann.arn))
    const { Credentials } = await server
      .as(ann.keys)
      .sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', Policy: slow() }))
    keys = keysOf(Credentials)
  })

  test('costs no more than a request has, and the refusal says so', async () => {
    const { answer, entry, text } = await asked(keys, 'a'.repeat(2_048))
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied'])
    assert.match(answer.message, / because its policies take more work than one request may cost$/)
    const { steps = 0, checks } = entry.trace
    // What is not here was taken by compiling the session policy.
    assert.ok(steps > base - 4_096 && steps < base + 2_200, String(steps))
    assert.equal(checks[0]?.unfinished, true)
    assert.match(text, /WAS NOT EVALUATED TO ITS END/)
    assert.match(text, /more work than one request may cost, so the request was refused/)
    assert.ok(JSON.stringify(entry).length < 16_384)
  })

  test('a longer user agent is no value that can be compared: nothing is matched', async () => {
    const { answer, entry } = await asked(keys, 'a'.repeat(12_000))
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied'])
    assert.ok((entry.trace.steps ?? base) < 4_000, String(entry.trace.steps))
  })
})

test('a user agent beyond its bound meets a Deny on it, and no Allow: padding passes by nothing', async () => {
  const rows = [
    [{ Effect: 'Deny', Condition: { StringLike: { 'aws:UserAgent': '*evil*' } } }, 403],
    [{ Effect: 'Deny', Condition: { StringNotLike: { 'aws:UserAgent': 'good*' } } }, 403],
    [{ Effect: 'Deny', Condition: { Null: { 'aws:UserAgent': 'true' } } }, 403],
    [{ Effect: 'Deny', Condition: { StringLike: { 'aws:SourceIp': 'none' } } }, 200],
  ] as const
  const RoleArn = await role(root, 'Reader', trusts(ann.arn), { permissions: allow('iam:ListUsers') })
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
  for (const [statement, status] of rows) {
    const Policy = policy(everything, { Action: '*', Resource: '*', ...statement })
    const { sts } = server.as(ann.keys)
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', Policy }))
    const answer = await send(
      server.port,
      signed(server.port, {
        ...{ keys: keysOf(Credentials), now: server.now(), service: 'iam', parameters: { Action: 'ListUsers' } },
        headers: { 'user-agent': `good${'a'.repeat(2_048)}`, referer: 'b'.repeat(3_000) },
      }),
    )
    assert.equal(answer.status, status, JSON.stringify(statement))
  }
})

test('a guest of a pool, who has no credential, is bounded likewise', async () => {
  const { IdentityPoolId, guests } = await makePool(root, { AllowClassicFlow: true })
  const { IdentityId } = await root.cognito.send(new GetIdCommand({ IdentityPoolId }))
  const { Token } = await root.cognito.send(new GetOpenIdTokenCommand({ IdentityId }))
  const { Credentials } = await root.sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `arn:aws:iam::${firstAccount}:role/${guests}`,
      RoleSessionName: 'guest',
      WebIdentityToken: Token,
      Policy: slow(),
    }),
  )
  const { answer, entry } = await asked(keysOf(Credentials), 'a'.repeat(2_048))
  assert.equal(answer.code, 'AccessDenied')
  assert.ok((entry.trace.steps ?? 0) < base + 2_200, String(entry.trace.steps))
})

describe('a pool with 250 mapped roles', () => {
  let IdentityPoolId = ''
  const providers = Array.from({ length: 10 }, (_, index) => ({
    ProviderName: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Abcdefghi',
    ClientId: `client${index}`,
  }))
  const roleArn = (index: number) => `arn:aws:iam::${firstAccount}:role/app/mapped-${index}`
  const mapping = (provider: number) => ({
    Type: 'Rules' as const,
    AmbiguousRoleResolution: 'Deny' as const,
    RulesConfiguration: {
      Rules: Array.from({ length: 25 }, (_, rule) => ({
        ...{ Claim: 'team', MatchType: 'Equals' as const, Value: `t${rule}` },
        RoleARN: roleArn(25 * provider + rule),
      })),
    },
  })
  const RoleMappings = Object.fromEntries(
    providers.map(({ ProviderName, ClientId }, index) => [`${ProviderName}:${ClientId}`, mapping(index)]),
  )
  const update = (clients: Clients) =>
    clients.cognito.send(
      new UpdateIdentityPoolCommand({
        ...{ IdentityPoolId, IdentityPoolName: 'app', AllowUnauthenticatedIdentities: true },
        CognitoIdentityProviders: providers,
      }),
    )
  before(async () => {
    const pool = { IdentityPoolName: 'app', AllowUnauthenticatedIdentities: true, CognitoIdentityProviders: providers }
    const made = await root.cognito.send(new CreateIdentityPoolCommand(pool))
    IdentityPoolId = made.IdentityPoolId ?? ''
    await root.cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles: {}, RoleMappings }))
  })

  test('is updated by one who may pass them', async () => {
    const ben = await person(root, 'ben', allow(['cognito-identity:*', 'iam:PassRole']))
    await update(server.as(ben.keys))
    const { RoleMappings: kept = {} } = await root.cognito.send(new GetIdentityPoolRolesCommand({ IdentityPoolId }))
    assert.equal(Object.values(kept).flatMap(({ RulesConfiguration }) => RulesConfiguration?.Rules ?? []).length, 250)
  })

  test('is not by one whose policies go through patterns for each: its 251 questions share one allowance', async () => {
    const patterns = Array.from({ length: 10 }, (_, at) => `arn:aws:iam::*:role/*${'?*'.repeat(12)}-${at}-x`)
    const eve = await person(
      root,
      'eve',
      policy(
        { Action: 'cognito-identity:*', Resource: '*' },
        { Action: 'iam:PassRole', Resource: '*' },
        { Effect: 'Deny', Action: 'iam:PassRole', Resource: patterns },
      ),
    )
    const { name, $metadata } = await update(server.as(eve.keys)).then(
      () => assert.fail('answered'),
      (thrown: Error & { $metadata: { requestId?: string } }) => thrown,
    )
    assert.match(name, /^(AccessDenied|NotAuthorized)/)
    const found = await why(server.engine.parts.store, $metadata.requestId ?? '')
    const { steps = 0, checks = [], leftOut = 0 } = found?.entry.trace ?? {}
    const given = allowanceFor(251).left
    assert.ok(steps > given / 2 && steps < given + 2_000, String(steps))
    assert.ok(leftOut > 0 && checks.length < 20, String(checks.length))
    assert.equal(checks.at(-1)?.unfinished, true)
  })
})

describe('a flood of refused requests of 14 KB by one access key', async () => {
  // A burst of 80 requests. Its clock stands still.
  const limited = await testServer({ settings: { 'rate-per-key': '20' } })
  const admin = limited.as(limited.root)
  const flooder = await person(admin, 'flooder')
  const neighbour = await person(admin, 'neighbour')

  async function flooded(requests: number, Policy: string) {
    const codes: Record<string, number> = {}
    for (let sent = 0; sent < requests; sent++) {
      const parameters = {
        Action: 'AssumeRole',
        RoleArn: `arn:aws:iam::${firstAccount}:role/none`,
        RoleSessionName: 'flood',
      }
      const request = { keys: flooder.keys, now: limited.now(), service: 'sts' as const }
      const { code } = await send(
        limited.port,
        signed(limited.port, { ...request, parameters: { ...parameters, Policy } }),
      )
      codes[code] = (codes[code] ?? 0) + 1
    }
    return codes
  }

  test('is refused for its number before long: each takes a token more for each KiB', async () => {
    const { AccessDenied = 0, Throttling = 0 } = await flooded(40, 'x'.repeat(14_000))
    assert.ok(AccessDenied <= 6, `${AccessDenied} were decided`)
    assert.equal(AccessDenied + Throttling, 40)
  })
  test('leaves others their own rate', async () => {
    const { Account } = await limited.as(neighbour.keys).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(Account, firstAccount)
  })
  test('is over after a while: the allowance refills', async () => {
    await limited.move(60_000)
    assert.deepEqual(await flooded(4, 'x'), { AccessDenied: 4 })
  })
})
