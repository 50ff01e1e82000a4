// Programs that have only a token in a file: the AWS CLI and boto3 with their own credential providers, and the sequence of
// GitHub's action.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { folder } from '../clients/folder.ts'
import { allow, role } from '../clients/people.ts'
import { register, testIdp, trusting } from '../clients/web-identity-servers.ts'
import { environmentOf, run, runProgram, writeConfig } from './real.ts'
import { account, serve } from './served.ts'

const home = folder()
const file = join(home, 'token')
const audience = 'sts.amazonaws.com'
const subject = 'repo:company/app:ref:refs/heads/main'
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const arnOf = (session: string) => `arn:aws:sts::${account}:assumed-role/deploy/${session}`

/** Puts a token into the file. */
async function hand(claims: object = {}) {
  writeFileSync(
    file,
    await signToken(idp.issuer, key, new Date(), { claims: { aud: audience, sub: subject, ...claims } }),
  )
}

const environment = (more: Readonly<Record<string, string>> = {}) => ({ ...environmentOf(server.url, home), ...more })
const handed = (more: Readonly<Record<string, string>> = {}) =>
  environment({ AWS_ROLE_ARN: deploy, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_SESSION_NAME: 'job', ...more })

/** Runs `aws`; answers its JSON. */
async function aws(env: Record<string, string>, ...args: string[]) {
  const { code, out, err } = await run('aws', [...args, '--output', 'json'], env)
  assert.equal(code, 0, err)
  return JSON.parse(out)
}

async function awsRefused(env: Record<string, string>, told: RegExp, ...args: string[]) {
  const { code, err } = await run('aws', args, env)
  assert.notEqual(code, 0)
  assert.match(err, told)
}

async function boto3(env: Record<string, string>) {
  const { out, err } = await run('python3', [script('web_identity.py')], env)
  assert.equal(err, '')
  return JSON.parse(out)
}

const whoAmI = ['sts', 'get-caller-identity']
const expired = () => {
  const now = Math.floor(Date.now() / 1000)
  return hand({ iat: now - 600, exp: now - 300 })
}

mkdirSync(join(home, '.aws'))
const key = await newKey()
const idp = await testIdp({ keys: [key] })
const server = await serve({ providers: [{ issuer: idp.issuer }] })
const admin = server.as(server.root)
const arn = await register(admin, idp.issuer, [audience])
const name = idp.issuer.slice('https://'.length)
const main = {
  StringEquals: { [`${name}:aud`]: audience },
  StringLike: { [`${name}:sub`]: 'repo:company/app:*' },
}
const deploy = await role(admin, 'deploy', trusting(arn, main), { permissions: allow('iam:ListRoles') })

describe('the AWS CLI', () => {
  test('assumes the role of AWS_ROLE_ARN with the token of AWS_WEB_IDENTITY_TOKEN_FILE', async () => {
    await hand()
    const identity = await aws(handed(), ...whoAmI)
    assert.deepEqual([identity.Account, identity.Arn], [account, arnOf('job')])
    const { Roles } = await aws(handed(), 'iam', 'list-roles')
    assert.ok(Roles.some(({ Arn }: { Arn: string }) => Arn === deploy))
    await awsRefused(handed(), /\(AccessDenied\) when calling the ListUsers operation/, 'iam', 'list-users')
  })

  test('chooses a session name when none is set', async () => {
    const { AWS_ROLE_SESSION_NAME: _, ...nameless } = handed()
    assert.match((await aws(nameless, ...whoAmI)).Arn, new RegExp(`^${arnOf('botocore-session-')}\\d+$`))
  })

  test('does the same with a profile', async () => {
    const profile = { role_arn: deploy, web_identity_token_file: file, role_session_name: 'profiled' }
    writeConfig(home, { ci: profile })
    assert.equal((await aws(environment({ AWS_PROFILE: 'ci' }), ...whoAmI)).Arn, arnOf('profiled'))
  })

  test('assume-role-with-web-identity needs no credentials', async () => {
    const args = ['--role-arn', deploy, '--role-session-name', 'told', '--web-identity-token', `file://${file}`]
    const answer = await aws(
      environment(),
      'sts',
      'assume-role-with-web-identity',
      ...args,
      '--duration-seconds',
      '900',
    )
    assert.equal(answer.AssumedRoleUser.Arn, arnOf('told'))
    assert.equal(answer.SubjectFromWebIdentityToken, subject)
    assert.equal(answer.Audience, audience)
  })

  const called = 'when calling the AssumeRoleWithWebIdentity operation'
  const refusals: readonly (readonly [title: string, hand: () => Promise<void>, told: RegExp])[] = [
    ['an expired token', expired, new RegExp(`\\(ExpiredTokenException\\) ${called}: Token expired`)],
    [
      'a token for somebody else',
      () => hand({ aud: 'another' }),
      new RegExp(`\\(InvalidIdentityToken\\) ${called}: Incorrect token audience`),
    ],
    [
      'a subject that the role does not trust',
      () => hand({ sub: 'repo:another/app:ref:refs/heads/main' }),
      new RegExp(`\\(AccessDenied\\) ${called}: Not authorized to perform sts:AssumeRoleWithWebIdentity`),
    ],
  ]
  for (const [title, make, told] of refusals) {
    test(`${title} is refused, and it says so`, async () => {
      await make()
      // Under a name of its own: the CLI keeps sessions by role and name, and would not ask.
      await awsRefused(handed({ AWS_ROLE_SESSION_NAME: 'refused' }), told, ...whoAmI)
    })
  }
})

describe('boto3', () => {
  test('assumes the role by itself', async () => {
    await hand()
    const method = 'assume-role-with-web-identity'
    assert.deepEqual(await boto3(handed()), { method, Account: account, Arn: arnOf('job') })
  })

  test('reads code and message of a refusal', async () => {
    await expired()
    const { Code, Message } = await boto3(handed())
    assert.equal(Code, 'ExpiredTokenException')
    assert.match(Message, /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/)
  })
})

describe('GitHub’s configure-aws-credentials', () => {
  const step = () =>
    runProgram(execPath, [script('configure-credentials.js')], {
      ...environment({ AWS_REGION: 'us-east-1', ROLE_TO_ASSUME: deploy, ID_TOKEN_FILE: file }),
    })

  test('its sequence: a session for an hour, found in the environment, which says Account and Arn', async () => {
    await hand()
    const { code, out, err } = await step()
    assert.equal(code, 0, err)
    const { Account, Arn, expires } = JSON.parse(out)
    assert.deepEqual([Account, Arn], [account, arnOf('GitHubActions')])
    const left = Date.parse(expires) - Date.now()
    assert.ok(left > 3_500_000 && left <= 3_600_000, `${left} ms`)
  })

  test('a branch that the role does not trust ends the step', async () => {
    await hand({ sub: 'repo:company/other:ref:refs/heads/main' })
    const { code, err } = await step()
    assert.notEqual(code, 0)
    assert.match(err, /AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity/)
  })
})
