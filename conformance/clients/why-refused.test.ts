// `hallpass why` for refusals that no policy made: it names the cause of each, and what to do. The caller gets AWS's answer.
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
/** A provider that the operator named, and where nobody listens. */
const gone = `https://127.0.0.1:${nobody}/gone`

const key = await newKey('RS256', 'one')
const unpublished = await newKey('RS256', 'two')
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
async function whyOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (error: { $metadata?: { requestId?: string } }) => error,
  )
  // The sample of strangers' refusals is written after the answer, and holds so many a second.
  await server.move(1_000)
  const entry = await why(server.engine.store, error.$metadata?.requestId ?? '')
  assert.ok(entry, `no journal holds the request: ${error}`)
  return explainForOperator(entry)
}

const early = 'The request was refused before any policy was evaluated.'
const late = 'The policies allow the request; it was refused afterwards.'

type Case = readonly [situation: string, call: () => Promise<unknown>, ...says: (string | RegExp)[]]
const cases: readonly Case[] = [
  [
    'a session without a second factor at IAM',
    async () => (await user()).iam.send(new ListUsersCommand({})),
    early,
    /only if MFA was used to get them/,
    /> Call GetSessionToken with --serial-number/,
  ],
  [
    'such a session at the rest of STS',
    async () => (await user()).sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: ann.keys.accessKeyId })),
    early,
    /In STS, credentials of GetSessionToken may call only AssumeRole and GetCallerIdentity/,
  ],
  [
    'a federated user that would assume a role',
    async () => (await federated()).sts.send(assuming()),
    early,
    /Credentials of GetFederationToken may call neither IAM nor/,
    /> Let the user who called/,
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
    /a chained session must keep it/,
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
    /No access key has this id/,
  ],
  [
    'an inactive key',
    () => raw(inactive),
    early,
    /The access key is inactive/,
    /> If it should work, `aws iam update-access-key/,
  ],
  [
    'a wrong secret',
    () => raw({ ...ann.keys, secretAccessKey: 'x' }),
    /signed with a secret that is not this access key’s/,
  ],
  [
    'a temporary key without its token',
    async () => raw({ ...(await user()).keys, sessionToken: undefined as never }),
    /came without its session token/,
  ],
  [
    'a token that is none of ours',
    async () => raw({ ...(await user()).keys, sessionToken: 'AAAA' }),
    /issued by another installation/,
  ],
  [
    'a clock that is wrong',
    () => raw(ann.keys, { now: new Date(server.now().getTime() - 3_600_000) }),
    /signed too long ago/,
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
    /The request was not signed/,
  ],
  [
    'a provider at an address that may not be fetched',
    () => register(admin, 'https://127.0.0.1/idp'),
    late,
    /detail +address: 127\.0\.0\.1:443: 127\.0\.0\.1 \(127\.0\.0\.1\) is not among/,
    /> Allow its address: its range under `allow:` .* --fetch-allow/,
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
    /message +The identity provider could not be reached\./,
    new RegExp(`detail +unreachable: 127\\.0\\.0\\.1:${nobody}: ECONNREFUSED`),
    /> Check that it runs/,
  ],
  [
    'a token of a provider that the account has not',
    () => withToken(idpRole, 'https://other.example:8443'),
    /no OpenID Connect provider with this issuer/,
    /> An issuer with a port must first be named/,
  ],
  [
    'a token for another audience',
    () => withToken(idpRole, idp.issuer, { claims: { aud: 'another' } }),
    /audience is not one of the client ids/,
    /add-client-id-to-open-id-connect-provider/,
  ],
  ['a token that has expired', () => withToken(idpRole, idp.issuer, { claims: { exp: 1 } }), /The token has expired/],
  [
    'a token signed with a key that the provider does not publish',
    async () => assumeWith(server, idpRole, await signToken(idp.issuer, unpublished, server.now())),
    /detail +no-key/,
    /publishes no key with the id and algorithm/,
  ],
  [
    'a guest of a pool that has none',
    () => ann.cognito.send(new GetIdCommand({ IdentityPoolId: pool })),
    early,
    /The logins that were sent give no access to this identity or pool/,
  ],
  [
    'an identity that is not there',
    () =>
      ann.cognito.send(
        new GetCredentialsForIdentityCommand({ IdentityId: 'us-east-1:00000000-0000-4000-8000-000000000000' }),
      ),
    early,
    /The request itself is at fault, as the message to the caller says/,
  ],
  [
    'an input that breaks a rule',
    () => ann.sts.send(assuming({ RoleSessionName: '!' })),
    early,
    /The request itself is at fault/,
  ],
]
const withToken = async (arn: string, issuer: string, more: object = {}) =>
  assumeWith(server, arn, await token(issuer, more))

describe('hallpass why names the cause of the refusal, and what to do:', () => {
  for (const [situation, call, ...says] of cases) {
    test(situation, async () => {
      const text = await whyOf(call())
      for (const one of says) {
        if (typeof one === 'string') assert.ok(text.includes(one), text)
        else assert.match(text, one)
      }
    })
  }

  test('a refusal by a policy is explained by the policies alone', async () => {
    const lone = server.as((await person(admin, 'lone')).keys)
    const text = await whyOf(lone.iam.send(new ListUsersCommand({})))
    assert.doesNotMatch(text, /before any policy was evaluated|refused afterwards|itself is at fault/)
    assert.match(text, /> No identity-based policy allows iam:ListUsers/)
  })

  test('a request that was allowed has no cause of refusal', async () => {
    const { $metadata } = await ann.sts.send(new GetCallerIdentityCommand({}))
    const entry = await why(server.engine.store, $metadata.requestId ?? '')
    assert.doesNotMatch(
      entry === undefined ? 'nothing' : explainForOperator(entry),
      /any policy was evaluated|refused afterwards|nothing/,
    )
  })
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
