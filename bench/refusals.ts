// npm run bench -- --refusals: the cost of the costliest refused requests of 16 KB, as multiples of a GetCallerIdentity in the
// same run. The whole bench runs this too. The rule is that none costs more than twenty.
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoIdentityClient, CreateIdentityPoolCommand } from '@aws-sdk/client-cognito-identity'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { Secret } from '../src/core/secret.ts'
import { signRequest } from '../src/core/sigv4/sign.ts'
import { makeProvider } from './federation.ts'
import type { Done } from './load.ts'
import { median, spread, table } from './print.ts'
import { Child, type Hallpass } from './servers.ts'
import type { Usage } from './targets/child.ts'

const account = '111122223333'
const longest = 2_048
const most = 20

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Row {
  readonly name: string
  readonly requests: readonly string[]
}

const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const variable = (inside: string) => ['$', '{', inside, '}'].join('')
const agent = variable('aws:useragent')
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`

/** Conditions that each use up a request's whole allowance, with a user agent and referer that the attacker chooses. */
const slow: Readonly<Record<string, object>> = {
  'a pattern that goes back to its star': { StringLike: { 'aws:UserAgent': `*${'a'.repeat(900)}b` } },
  'patterns of many short pieces': {
    StringLike: { 'aws:UserAgent': Array.from({ length: 20 }, (_, at) => `${'*?a?b'.repeat(12)}${at}`) },
  },
  'the user agent filled in again and again': {
    StringEquals: { 'aws:Referer': Array.from({ length: 90 }, () => agent) },
    StringLike: { 'aws:Referer': Array.from({ length: 10 }, () => `*${agent}*`) },
  },
  'letters to be folded': {
    StringNotEqualsIgnoreCase: { 'aws:Referer': Array.from({ length: 90 }, () => agent) },
  },
  'numbers to be compared': {
    'ForAnyValue:NumericEquals': { 'aws:Referer': Array.from({ length: 300 }, (_, at) => at) },
  },
}

/** Makes the callers over the API, and their requests. */
export async function costly({ port, root }: Hallpass): Promise<readonly Row[]> {
  const config = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: root }
  const iam = new IAMClient(config)
  const caller = async (name: string, document: string): Promise<Keys> => {
    await iam.send(new CreateUserCommand({ UserName: name }))
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument: document }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }))
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }
  const assumer = await caller('assumer', policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }))
  const trust = policy({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:user/assumer` },
    Action: 'sts:AssumeRole',
  })
  await iam.send(new CreateRoleCommand({ RoleName: 'Powerless', AssumeRolePolicyDocument: trust }))
  const sts = new STSClient({ ...config, credentials: assumer })
  const session = async (...statements: readonly object[]): Promise<Keys> => {
    const Policy = policy(...statements)
    const answer = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn('Powerless'), RoleSessionName: 'costly', Policy }),
    )
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = answer.Credentials ?? {}
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(SessionToken && { sessionToken: SessionToken }),
    }
  }
  const list = form({ Action: 'ListUsers', Version: '2010-05-08', PathPrefix: `/${'x'.repeat(500)}/` })
  const rows: Row[] = []
  for (const [name, condition] of Object.entries(slow)) {
    const keys = await session({ Effect: 'Allow', Action: '*', Resource: '*', Condition: condition })
    const [userAgent, referer] = name.startsWith('letters')
      ? [`${'\u00c9'.repeat(longest - 1)}x`, 'x'.repeat(longest)]
      : name.startsWith('numbers')
        ? ['a', '0'.repeat(99)]
        : ['a'.repeat(longest), `${'a'.repeat(longest - 1)}b`]
    const headers = { 'user-agent': userAgent, referer }
    if (rows.length === 0) {
      const abroad = form({ ...assumeInput, RoleArn: 'arn:aws:iam::999988887777:role/Theirs' })
      rows.push({
        name: `the same across accounts: ${name}`,
        requests: [signedRequest(port, 'sts', keys, abroad, headers)],
      })
    }
    rows.push({ name: `a session policy: ${name}`, requests: [signedRequest(port, 'iam', keys, list, headers)] })
  }
  const long: string[] = []
  for (let at = 0; at < 250; at++) {
    const [first] = Object.values(slow)
    const keys = await session({ Effect: 'Allow', Action: '*', Resource: '*', Condition: first }, ...many(at, 14_000))
    long.push(signedRequest(port, 'iam', keys, list, { 'user-agent': 'a'.repeat(longest) }))
  }
  rows.push({ name: 'session policies of 15,000 characters, all different, with such a pattern', requests: long })
  rows.push({
    name: 'AssumeRole of a missing role with a session policy of 10,000 characters, all different',
    requests: Array.from({ length: 400 }, (_, at) =>
      signedRequest(port, 'sts', assumer, form({ ...assumeInput, Policy: policy(...many(at, 10_000)) })),
    ),
  })
  const pool = await new CognitoIdentityClient(config).send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'bench', AllowUnauthenticatedIdentities: true }),
  )
  const passer = await caller(
    'passer',
    policy(
      { Effect: 'Allow', Action: ['cognito-identity:*', 'iam:PassRole'], Resource: '*' },
      { Effect: 'Deny', Action: 'iam:PassRole', Resource: patterns() },
    ),
  )
  const mapped = mappedRoles(pool.IdentityPoolId ?? '')
  const target = { 'x-amz-target': 'AWSCognitoIdentityService.SetIdentityPoolRoles' }
  const setRoles = [signedRequest(port, 'cognito-identity', passer, mapped, target)]
  rows.push({ name: 'SetIdentityPoolRoles with 125 mapped roles', requests: setRoles })
  return rows
}

export const form = (parameters: Readonly<Record<string, string>>) => new URLSearchParams(parameters).toString()
const assumeInput = {
  ...{ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn('Nobodys'), RoleSessionName: 'costly' },
}

/** Statements of about `characters` characters together, different for each `at`. */
function many(at: number, characters: number): readonly object[] {
  const statement = (index: number) => ({ Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${at}x${index}` })
  const each = JSON.stringify(statement(100)).length + 1
  return Array.from({ length: Math.floor(characters / each) }, (_, index) => statement(index))
}

const patterns = () => Array.from({ length: 10 }, (_, at) => `arn:aws:iam::*:role/*${'?*'.repeat(12)}-${at}-x`)

/** Five providers with 25 rules each. */
function mappedRoles(IdentityPoolId: string): string {
  const rule = (at: number) => ({ Claim: 'c', MatchType: 'Equals', Value: 'v', RoleARN: roleArn(`mapped-role-${at}`) })
  const mapping = (provider: number) => ({
    ...{ Type: 'Rules', AmbiguousRoleResolution: 'Deny' },
    RulesConfiguration: { Rules: Array.from({ length: 25 }, (_, at) => rule(25 * provider + at)) },
  })
  const RoleMappings = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`idp${at}.example`, mapping(at)]))
  return JSON.stringify({ IdentityPoolId, Roles: {}, RoleMappings })
}

/** A signed request as it is sent, in base64. */
export function signedRequest(
  port: number,
  service: string,
  keys: Keys,
  body: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const json = 'x-amz-target' in more
  const headers = new Map([
    ['host', `127.0.0.1:${port}`],
    ['content-type', json ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded; charset=utf-8'],
    ['content-length', String(Buffer.byteLength(body))],
    ...Object.entries(more),
  ])
  const message = signRequest(
    { method: 'POST', target: '/', headers },
    {
      accessKeyId: keys.accessKeyId,
      secret: new Secret(keys.secretAccessKey),
      token: keys.sessionToken,
      ...{ region: 'us-east-1', service, now: new Date() },
    },
    hash('sha256', body, 'hex'),
  )
  const head = [...message.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`POST ${message.target} HTTP/1.1\r\n${head}\r\n${body}`, 'latin1').toString('base64')
}

/** Measures each request and a GetCallerIdentity in turn, in each round. */
export async function measureRefusals(rounds: number, ms: number, say: (line: string) => void): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  const folder = join(data, 'bench')
  mkdirSync(folder)
  const { providersFile } = makeProvider(folder, account)
  const [server, hallpass] = await Child.start<Hallpass>('targets/hallpass.ts', [data, providersFile])
  const [load] = await Child.start('load.ts')
  const { port, accessKeyId, secret } = hallpass
  const identity = form({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
  const caller = { accessKeyId, secretAccessKey: secret }
  const rows: readonly Row[] = [
    { name: 'GetCallerIdentity', requests: [signedRequest(port, 'sts', caller, identity)] },
    ...(await costly(hallpass)),
  ]
  const costs = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, requests } of rows) {
      const before = await server.ask<Usage>({ ask: 'usage' })
      const done = await load.ask<Done>({ port, requests, connections: 16, ms, expect: name === 'GetCallerIdentity' })
      const after = await server.ask<Usage>({ ask: 'usage' })
      const [expected, other] =
        name === 'GetCallerIdentity' ? [done.answered, done.refused] : [done.refused, done.answered]
      if (other > 0)
        throw new Error(`${name}: ${other} requests were ${done.refused === other ? 'refused' : 'answered'}`)
      // The first round warms up.
      if (round > 0) costs.get(name)?.push((after.cpu - before.cpu) / expected)
    }
  }
  const base = median(costs.get('GetCallerIdentity') ?? [])
  const shown = rows.map(({ name }) => {
    const cost = costs.get(name) ?? []
    return [name, median(cost).toFixed(0), spread(cost, 0), (median(cost) / base).toFixed(1)]
  })
  const worst = Math.max(...rows.map(({ name }) => median(costs.get(name) ?? []) / base))
  say(`\nRefused requests of at most 16 KB, ${rounds} rounds`)
  say(table(['request', 'CPU µs', 'min–max', '× GetCallerIdentity'], shown))
  say(`the costliest: ${worst.toFixed(1)} × GetCallerIdentity (at most ${most}${worst > most ? ': EXCEEDED' : ''})`)
  for (const child of [server, load]) child.process.kill()
  rmSync(data, { recursive: true, force: true })
}
