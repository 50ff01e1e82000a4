// What the operator is told of refusals that no policy made: each has its cause in words, and what to do. The caller is told
// what AWS tells.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { ListUsersCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { ListAccountsCommand } from '@aws-sdk/client-organizations'
import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { freePort } from './free-port.ts'
import { accessKey, allow, assume, keysOf, manager, member, person, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { send, signed } from './raw.ts'
import { type Keys, testServer } from './server.ts'
import { assumeWith, privately, register, testIdp, trusting } from './web-identity-servers.ts'

const nobody = await freePort()
/** Named by the operator, and not there. */
const gone = `https://127.0.0.1:${nobody}/gone`

const key = await newKey('RS256', 'one')
const idp = await testIdp({ keys: [key] })
const account = '111122223333'
const providers = [idp.issuer, gone].map((issuer) => ({ issuer, account, ...privately }))
const server = await testServer({ providers: { providers } })
const admin = await manager(server)
const outside = (await member(server, admin, 'other')).admin
const { keys, arn } = await person(admin, 'ann', allow(['sts:*', 'iam:*']))
const ann = server.as(keys)
const inactive = await accessKey(admin, 'ann')
await admin.iam.send(
  new UpdateAccessKeyCommand({ UserName: 'ann', AccessKeyId: inactive.accessKeyId, Status: 'Inactive' }),
)
const target = await role(admin, 'Target', trusts([arn, account], ['sts:AssumeRole', 'sts:SetSourceIdentity']), {
  permissions: allow('sts:AssumeRole'),
})
const idpRole = await role(admin, 'ByIdp', trusting(await register(admin, idp.issuer)))
const goneRole = await role(
  admin,
  'ByGone',
  trusting(await register(admin, gone, ['client'], { ThumbprintList: ['0'.repeat(40)] })),
)
const pool = (await makePool(admin, { AllowUnauthenticatedIdentities: false })).IdentityPoolId

const user = async () => server.as(keysOf((await ann.sts.send(new GetSessionTokenCommand({}))).Credentials))
const federated = async () => {
  const answer = await ann.sts.send(new GetFederationTokenCommand({ Name: 'fed', Policy: allow('*') }))
  return server.as(keysOf(answer.Credentials))
}
const assuming = (more: object = {}) => new AssumeRoleCommand({ RoleArn: target, RoleSessionName: 'session', ...more })
const token = (issuer: string, more: object = {}) => signToken(issuer, key, server.now(), more)
const raw = async (keys: Keys, more: object = {}) => {
  const answer = await send(server.port, signed(server.port, { keys, now: server.now(), ...more }))
  return Promise.reject({ $metadata: { requestId: answer.requestId } })
}

/** What an operator reads of a request that was refused. */
async function told(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (error: { $metadata?: { requestId?: string } }) => error,
  )
  // The sample of strangers' refusals is written behind the answer, so many of them in a second.
  await server.move(1_000)
  const found = await why(server.engine.store, error.$metadata?.requestId ?? '')
  assert.ok(found, `nothing is known of it: ${error}`)
  return explainForOperator(found)
}

const early = 'No policy was asked: it was refused before.'
const late = 'Every policy that was asked allows it: it was refused after.'

type Case = readonly [situation: string, call: () => Promise<unknown>, ...says: (string | RegExp)[]]
const cases: readonly Case[] = [
  [
    'a session without a second factor at IAM',
    async () => (await user()).iam.send(new ListUsersCommand({})),
    early,
    /issued with a second factor, whatever policies say/,
    /> Call GetSessionToken with --serial-number/,
  ],
  [
    'such a session at the rest of STS',
    async () => (await user()).sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: ann.keys.accessKeyId })),
    early,
    /Of STS, credentials of GetSessionToken may call AssumeRole and GetCallerIdentity alone/,
  ],
  [
    'a federated user that would assume a role',
    async () => (await federated()).sts.send(assuming()),
    early,
    /Credentials of GetFederationToken may call neither IAM nor/,
    /> Let the one who called/,
  ],
  [
    'a federated user at IAM',
    async () => (await federated()).iam.send(new ListUsersCommand({})),
    early,
    /Credentials of GetFederationToken may call neither IAM nor/,
  ],
  [
    'another source identity down the chain',
    async () =>
      (await assume(server, ann, target, { SourceIdentity: 'ann' })).sts.send(assuming({ SourceIdentity: 'bob' })),
    early,
    /one that is set cannot change/,
  ],
  [
    'a member account where the management account is asked for',
    async () => outside.organizations.send(new ListAccountsCommand({})),
    /Only the organization’s management account/,
    /describe-organization/,
  ],
  [
    'an unknown key',
    () => raw({ accessKeyId: 'AKIAQQQQQQQQQQQQQQQQ', secretAccessKey: 'x' }),
    early,
    /No access key of this id is here/,
  ],
  ['an inactive key', () => raw(inactive), early, /The access key is inactive/, /> `aws iam update-access-key/],
  [
    'a wrong secret',
    () => raw({ ...ann.keys, secretAccessKey: 'x' }),
    /The secret is another than that of the access key/,
  ],
  [
    'a temporary key without its token',
    async () => raw({ ...(await user()).keys, sessionToken: undefined as never }),
    /came without its session token/,
  ],
  [
    'a token that is none of ours',
    async () => raw({ ...(await user()).keys, sessionToken: 'AAAA' }),
    /is not one of this installation/,
  ],
  [
    'a clock that is wrong',
    () => raw(ann.keys, { now: new Date(server.now().getTime() - 3_600_000) }),
    /signature is too long ago/,
    /> Compare the clocks/,
  ],
  [
    'no signature',
    () =>
      send(server.port, {
        method: 'POST',
        target: '/',
        headers: ['host', 'h', 'content-type', 'application/x-www-form-urlencoded'],
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      }).then(({ requestId }) => Promise.reject({ $metadata: { requestId } })),
    /It was not signed/,
  ],
  [
    'a provider at an address that may not be fetched',
    () => register(admin, 'https://127.0.0.1/idp'),
    late,
    /detail +address: 127\.0\.0\.1:443: 127\.0\.0\.1 \(127\.0\.0\.1\) is not among/,
    /> Say where it may be: its range under `allow:` .* --fetch-allow/,
  ],
  [
    'a provider with a port that nobody named',
    () => register(admin, 'https://idp.example:8443/realms/x'),
    early,
    /detail +port-not-named: https:\/\/idp\.example:8443\/realms\/x for account 111122223333/,
    /> Name it in the file of --providers-file/,
  ],
  [
    'a provider that is not there',
    () => withToken(goneRole, gone),
    /told +The identity provider could not be reached\./,
    new RegExp(`detail +unreachable: 127\\.0\\.0\\.1:${nobody}: ECONNREFUSED`),
    /> Look at whether it runs/,
  ],
  [
    'a token of a provider that the account has not',
    () => withToken(idpRole, 'https://other.example:8443'),
    /no OpenID Connect provider of this issuer/,
    /> An issuer with a port is named/,
  ],
  [
    'a token for another audience',
    () => withToken(idpRole, idp.issuer, { claims: { aud: 'another' } }),
    /audience is no client id of the provider/,
    /add-client-id-to-open-id-connect-provider/,
  ],
  ['a token that has ended', () => withToken(idpRole, idp.issuer, { claims: { exp: 1 } }), /The token has ended/],
  [
    'a guest of a pool that has none',
    () => ann.cognito.send(new GetIdCommand({ IdentityPoolId: pool })),
    early,
    /The logins that were sent do not open this identity or pool/,
  ],
  [
    'an identity that is not there',
    () =>
      ann.cognito.send(
        new GetCredentialsForIdentityCommand({ IdentityId: 'us-east-1:00000000-0000-4000-8000-000000000000' }),
      ),
    early,
    /refused for what the request itself says, as the caller was told/,
  ],
  [
    'an input that breaks a rule',
    () => ann.sts.send(assuming({ RoleSessionName: '!' })),
    early,
    /refused for what the request itself says/,
  ],
]
const withToken = async (arn: string, issuer: string, more: object = {}) =>
  assumeWith(server, arn, await token(issuer, more))

describe('the operator is told the cause, and what to do', () => {
  for (const [situation, call, ...says] of cases) {
    test(situation, async () => {
      const text = await told(call())
      for (const one of says) {
        if (typeof one === 'string') assert.ok(text.includes(one), text)
        else assert.match(text, one)
      }
    })
  }

  test('what a policy refused is told by the policies alone', async () => {
    const lone = server.as((await person(admin, 'lone')).keys)
    const text = await told(lone.iam.send(new ListUsersCommand({})))
    assert.doesNotMatch(text, /No policy was asked|refused after|what the request itself says/)
    assert.match(text, /> no identity-based policy allows iam:ListUsers/)
  })

  test('who is let in is told nothing of the kind', async () => {
    const { $metadata } = await ann.sts.send(new GetCallerIdentityCommand({}))
    const found = await why(server.engine.store, $metadata.requestId ?? '')
    assert.doesNotMatch(found === undefined ? 'nothing' : explainForOperator(found), /policy was asked|nothing/)
  })
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
