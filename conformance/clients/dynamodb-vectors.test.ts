// AWS's documented fine-grained access to DynamoDB, decided by the whole server for those whom real providers vouch for: each policy
// with what it must allow and what it must not. What is denied never reaches the backend.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import type { Seen } from '../../src/server/gateway/testing/verifying-backend.ts'
import { dynamodbServer } from './dynamodb-kit.ts'
import { askDynamodb } from './dynamodb-requests.ts'
import { keysOf, person, role } from './people.ts'
import { makePool } from './pools.ts'
import { firstAccount, type Keys, nobody } from './server.ts'
import { assumeWith, privately, register, testIdp, trusting } from './web-identity-servers.ts'

type Request = readonly [operation: string, input: object]
type Who = 'user' | 'amazon' | 'facebook' | 'google' | 'cognito' | 'guest'
type Listed = readonly (Request | string)[]

interface Vector {
  readonly title: string
  readonly as: Who
  readonly policy: object
  readonly allow: Listed
  readonly deny: Listed
  readonly refused?: Listed
}

interface Vectors {
  readonly sets: Readonly<Record<string, readonly Request[]>>
  readonly vectors: readonly Vector[]
}

/** A caller, the id that policies' variables stand for, and that of another. */
interface Caller {
  readonly keys: Keys
  readonly me: string
  readonly other: string
}

const key = await newKey()
const google = await testIdp({ keys: [key] })
const idp = await testIdp({ keys: [key] })
const inspected = await testIdp()
inspected.answers.set('/auth/o2/tokeninfo', (_request, response) => {
  response.end(JSON.stringify({ user_id: 'amzn1.account.ME', app_id: 'amzn1.application.ours', exp: 60 }))
})
inspected.answers.set('/debug_token', (_request, response) => {
  const data = { app_id: '1234', user_id: '4200', is_valid: true, type: 'USER', expires_at: 0 }
  response.end(JSON.stringify({ data }))
})

const server = await dynamodbServer(undefined, {
  providers: {
    providers: [{ issuer: idp.issuer, account: firstAccount, ...privately }],
    google: { issuer: google.issuer, ...privately },
    amazon: { endpoint: inspected.issuer, apps: ['amzn1.application.ours'], ...privately },
    facebook: { endpoint: inspected.issuer, apps: { '1234': 'secret' }, ...privately },
  },
})
const { admin } = server
const providerArn = await register(admin, idp.issuer)
server.backend.answer = described

const gameScores = { hash: ['UserId', 'S'], range: ['GameTitle', 'S'] }
const tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  GameScores: gameScores,
  Elsewhere: gameScores,
  Numbers: { hash: ['id', 'N'] },
  Bytes: { hash: ['id', 'B'] },
}

/** A backend with these tables, which has done what it is asked. */
function described({ target, body }: Seen) {
  if (!target.endsWith('.DescribeTable')) return { body: '{}' }
  const { TableName } = JSON.parse(body)
  const { hash = [], range } = tables[TableName] ?? {}
  const element = (KeyType: string, AttributeName: unknown) => ({ AttributeName, KeyType })
  const attribute = ([AttributeName, AttributeType]: readonly string[]) => ({ AttributeName, AttributeType })
  const index = {
    IndexName: 'TopScoreDateTimeIndex',
    KeySchema: [element('HASH', 'TopScoreDateTime'), element('RANGE', 'GameTitle')],
  }
  const Table = {
    TableName,
    AttributeDefinitions: [hash, ...(range === undefined ? [] : [range])].map(attribute),
    KeySchema: [element('HASH', hash[0]), ...(range === undefined ? [] : [element('RANGE', range[0])])],
    ...(range === undefined ? {} : { GlobalSecondaryIndexes: [index] }),
  }
  if (range !== undefined) Table.AttributeDefinitions.push(attribute(['TopScoreDateTime', 'S']))
  return { body: JSON.stringify({ Table }) }
}

let made = 0
/** Made anew for each policy: a user, or a session that a provider vouches for, with this policy alone. */
const callers: Readonly<Record<Who, (permissions: string) => Promise<Caller>>> = {
  async user(permissions) {
    const me = `gamer${++made}`
    return { keys: (await person(admin, me, permissions)).keys, me, other: 'somebody' }
  },
  amazon: (permissions) =>
    federated('www.amazon.com', permissions, async () => 'Atza|opaque', 'amzn1.account.ME', 'amzn1.account.OTHER'),
  facebook: (permissions) => federated('graph.facebook.com', permissions, async () => 'EAABopaque', '4200', '4201'),
  google: (permissions) =>
    federated(
      'accounts.google.com',
      permissions,
      () => signToken(google.issuer, key, server.now(), { claims: { sub: '1234', aud: 'app' } }),
      ...(['1234', '12345'] as const),
    ),
  cognito: (permissions) => pooled(permissions, 'people'),
  guest: (permissions) => pooled(permissions, 'guests'),
}

async function federated(
  provider: string,
  permissions: string,
  token: () => Promise<string>,
  me: string,
  other: string,
): Promise<Caller> {
  const audience = provider === 'accounts.google.com' ? { [`${provider}:aud`]: 'app' } : {}
  const app = provider === 'www.amazon.com' ? { [`${provider}:app_id`]: 'amzn1.application.ours' } : audience
  const condition = provider === 'graph.facebook.com' ? { [`${provider}:app_id`]: '1234' } : app
  const arn = await role(admin, `gamers${++made}`, trusting(provider, { StringEquals: condition }), { permissions })
  const asked = provider === 'accounts.google.com' ? {} : { ProviderId: provider }
  const { Credentials } = await assumeWith(server, arn, await token(), asked)
  return { keys: keysOf(Credentials), me, other }
}

/** An identity of a pool, by the enhanced flow. */
async function pooled(permissions: string, kind: 'people' | 'guests'): Promise<Caller> {
  const pool = await makePool(admin, { OpenIdConnectProviderARNs: [providerArn] })
  await admin.iam.send(
    new PutRolePolicyCommand({ RoleName: pool[kind], PolicyName: 'own', PolicyDocument: permissions }),
  )
  const { cognito } = server.as(nobody)
  const token = () => signToken(idp.issuer, key, server.now(), { claims: { sub: `ann${made}` } })
  const Logins = kind === 'guests' ? undefined : { [idp.issuer.slice('https://'.length)]: await token() }
  const { IdentityId = '' } = await cognito.send(new GetIdCommand({ IdentityPoolId: pool.IdentityPoolId, Logins }))
  const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  const { AccessKeyId, SecretKey, SessionToken, Expiration } = Credentials ?? {}
  const keys = keysOf({ AccessKeyId, SecretAccessKey: SecretKey, SessionToken, Expiration })
  return { keys, me: IdentityId, other: 'us-east-1:00000000-0000-4000-8000-000000000000' }
}

const arnOf = (table: string) => `arn:aws:dynamodb:us-east-1:${firstAccount}:table/${table}`
const ours = (policy: object) =>
  JSON.stringify(policy).replaceAll('us-west-2', 'us-east-1').replaceAll('123456789012', firstAccount)

/** Sends each, and tells what is not as it should be: all of it, not the first. */
async function tell(requests: readonly Request[], caller: Caller, code: string): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const [operation, input] of requests) {
    const text = JSON.stringify(input)
      .replaceAll('<me>', caller.me)
      .replaceAll('<other>', caller.other)
      .replace(/<arn:(\w+)>/g, (_, table: string) => arnOf(table))
    const before = server.backend.seen.length
    const asked = { keys: caller.keys, now: server.now(), operation, input: text }
    const answer = await askDynamodb(server.port, asked)
    const forwarded = server.backend.seen.slice(before).filter(({ target }) => !target.endsWith('.DescribeTable'))
    const expected = code === '' ? 1 : 0
    if (answer.code === code && forwarded.length === expected) continue
    wrong.push(`${operation} ${text}: ${answer.code || 'allowed'} ${answer.message}, ${forwarded.length} forwarded`)
  }
  return wrong
}

let asked = 0
for (const file of ['fine-grained', 'transactions', 'partiql', 'keys']) {
  const path = new URL(`../vectors/dynamodb/${file}.json`, import.meta.url)
  const { sets, vectors } = JSON.parse(readFileSync(path, 'utf8')) as Vectors
  const requestsOf = (listed: Listed = []): readonly Request[] =>
    listed.flatMap((each) => {
      if (typeof each !== 'string') return [each]
      ok(sets[each], `a set ${each}`)
      return sets[each]
    })
  describe(file, () => {
    for (const { title, as, policy, allow, deny, refused } of vectors) {
      test(title, async () => {
        const caller = await callers[as](ours(policy))
        const lists = [requestsOf(allow), requestsOf(deny), requestsOf(refused)] as const
        asked += lists.flat().length
        deepEqual(await tell(lists[0], caller, ''), [])
        deepEqual(await tell(lists[1], caller, 'AccessDeniedException'), [])
        deepEqual(await tell(lists[2], caller, 'ValidationException'), [])
      })
    }
  })
}

test('the backend saw the gateway alone, and no request was a failure of the server', (context) => {
  context.diagnostic(`${asked} requests`)
  ok(asked > 1_500)
  deepEqual(server.backend.refused, [])
  deepEqual(server.reported, [])
  for (const { target } of server.backend.seen) match(target, /^DynamoDB_20120810\./)
})

after(() => equal(server.backend.refused.length, 0))
