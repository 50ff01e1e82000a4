// Web identities over the whole server, with the AWS SDK: providers registered in IAM, tokens of a real provider on
// loopback, the credential provider and the sequence that CI jobs use, and what outlives the proof.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CreateOpenIDConnectProviderCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts'
import {
  authority,
  type Idp,
  newKey,
  type SigningKey,
  signToken,
  startIdp,
  type Told,
} from '../../src/federation/testing/idp.ts'
import { folder } from './folder.ts'
import { allow, keysOf, policy, role } from './people.ts'
import { type Refused, refused } from './refused.ts'
import { type Clients, firstAccount, startServer, type TestServer } from './server.ts'

const data = folder()
let server: TestServer
let idp: Idp
let key: SigningKey
let admin: Clients
let provider: string
let arn: string

const token = (told?: Told) => signToken(idp.issuer, key, server.now(), told)

const trusting = (
  principal: string,
  Condition: object = {},
  Action: string | string[] = 'sts:AssumeRoleWithWebIdentity',
) => policy({ Principal: { Federated: principal }, Action, Condition })

/** AssumeRoleWithWebIdentity, unsigned as the SDK sends it. */
async function assume(
  RoleArn: string,
  WebIdentityToken: string,
  more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
) {
  const anyone = server.as({ accessKeyId: 'AKIAANYONE', secretAccessKey: 'unused' })
  return anyone.sts.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'session', WebIdentityToken, ...more }),
  )
}

const notAuthorized = (action = 'sts:AssumeRoleWithWebIdentity'): Refused => [
  'AccessDenied',
  403,
  `Not authorized to perform ${action}`,
]

before(async () => {
  key = await newKey()
  idp = await startIdp({ keys: [key] })
  writeFileSync(join(data, 'ca.pem'), authority)
  const providers = [
    { issuer: idp.issuer, account: firstAccount, ca: 'ca.pem', allow: ['127.0.0.0/8'], claims: ['team'] },
  ]
  writeFileSync(join(data, 'providers.yaml'), JSON.stringify({ providers }))
  server = await startServer({ data, settings: { 'providers-file': join(data, 'providers.yaml') } })
  admin = server.as(server.root)
  const made = await admin.iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: idp.issuer, ClientIDList: ['client', 'other'] }),
  )
  arn = made.OpenIDConnectProviderArn ?? ''
  provider = idp.issuer.slice('https://'.length)
})
after(async () => {
  await server.close()
  await idp.close()
})

describe('web identities', () => {
  test('a token of a registered provider is traded for a session of a role that trusts it', async () => {
    assert.equal(arn, `arn:aws:iam::${firstAccount}:oidc-provider/${provider}`)
    const own = { StringEquals: { [`${provider}:aud`]: 'client', [`${provider}:sub`]: 'ann' } }
    const reader = await role(admin, 'reader', trusting(arn, own), { permissions: allow('iam:ListUsers') })
    const answer = await assume(reader, await token())
    assert.equal(answer.SubjectFromWebIdentityToken, 'ann')
    assert.equal(answer.Audience, 'client')
    assert.equal(answer.Provider, arn)
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${firstAccount}:assumed-role/reader/session`)
    // What configure-aws-credentials does next.
    const session = server.as(keysOf(answer.Credentials))
    const who = await session.sts.send(new GetCallerIdentityCommand({}))
    assert.equal(who.Account, firstAccount)
    assert.equal(who.Arn, answer.AssumedRoleUser?.Arn)
    assert.ok((await session.iam.send(new ListUsersCommand({}))).Users)
  })

  test('a subject that the trust policy does not name is refused, as a role that is not there', async () => {
    const told: Told = { claims: { sub: 'bob' } }
    const there = `arn:aws:iam::${firstAccount}:role/reader`
    await refused(assume(there, await token(told)), notAuthorized())
    await refused(assume(`${there}-not`, await token(told)), notAuthorized())
  })
})
