// A developer's OpenID token begins new sessions for up to a day, without a signature. Revoking the credentials that requested
// it also revokes the token, and every session that was begun with it, in both flows.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  GetCredentialsForIdentityCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import {
  type AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts'
import { type RevocationScope, revoke } from '../../src/service/session/revoke.ts'
import { allow, assume, keysOf, person, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { invalidToken, refused } from './refused.ts'
import { nobody, testServer } from './server.ts'

const provider = 'login.my.app'

const server = await testServer()
const root = server.as(server.root)
const anyone = server.as(nobody)
const pool = await makePool(root, { DeveloperProviderName: provider, AllowClassicFlow: true })

let made = 0
/** A backend as a role's session, made by a user of its own, and a token that it had for a user of its app. */
async function backend(more: Partial<AssumeRoleCommandInput> = {}) {
  const name = `backend${++made}`
  const user = await person(root, name, allow('sts:*'))
  const trust = trusts(user.arn, ['sts:AssumeRole', 'sts:SetSourceIdentity'])
  const arn = await role(root, `Of-${name}`, trust, { permissions: allow('cognito-identity:*') })
  const session = await assume(server, server.as(user.keys), arn, more)
  const { IdentityId = '', Token = '' } = await server.as(session.keys).cognito.send(
    new GetOpenIdTokenForDeveloperIdentityCommand({
      IdentityPoolId: pool.IdentityPoolId,
      Logins: { [provider]: name },
      TokenDuration: 86_400,
    }),
  )
  return { user, roleName: `Of-${name}`, session, IdentityId, Token }
}
type Backend = Awaited<ReturnType<typeof backend>>

const people = () => `arn:aws:iam::${server.account}:role/${pool.people}`
const basic = async ({ Token }: Pick<Backend, 'Token'>) => {
  const asked = { RoleArn: people(), RoleSessionName: 'someone', WebIdentityToken: Token }
  return keysOf((await anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked))).Credentials)
}
const enhanced = async ({ IdentityId, Token }: Pick<Backend, 'IdentityId' | 'Token'>) => {
  const Logins = { 'cognito-identity.amazonaws.com': Token }
  const { Credentials } = await anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  const { AccessKeyId, SecretKey, SessionToken, Expiration } = Credentials ?? {}
  return keysOf({ AccessKeyId, SecretAccessKey: SecretKey, SessionToken, Expiration })
}
/** A token of the basic flow, obtained with the developer's. */
async function traded({ IdentityId, Token }: Backend) {
  const Logins = { 'cognito-identity.amazonaws.com': Token }
  const answer = await anyone.cognito.send(new GetOpenIdTokenCommand({ IdentityId, Logins }))
  return { IdentityId, Token: answer.Token ?? '' }
}

const idOfRole = async (name: string) => {
  const record = await server.engine.parts.subjects.roleByName(server.account, name)
  return record?.id ?? ''
}
async function takeBack(means: RevocationScope) {
  const { store, revocations } = server.engine
  revocations.learn(await store.transact((tx) => revoke(tx, server.account, means, server.now())))
}

const rows: readonly (readonly [string, (of: Backend) => Promise<RevocationScope>])[] = [
  ['the access key it began with', async ({ user }) => ({ kind: 'session', id: user.keys.accessKeyId })],
  ['the user', async ({ user }) => ({ kind: 'principal', id: user.id })],
  ['the role', async ({ roleName }) => ({ kind: 'principal', id: await idOfRole(roleName) })],
  ['the account', async () => ({ kind: 'account' })],
]

test('taken back with its developer’s source identity, or with who began the chain, it is good for no new session', async () => {
  for (const means of [
    (by: string): RevocationScope => ({ kind: 'subject', by }),
    (): RevocationScope => ({ kind: 'source-identity', value: 'dev' }),
  ]) {
    const of = await backend({ SourceIdentity: 'dev' })
    await basic(of)
    await takeBack(means(of.user.id))
    await assert.rejects(basic(of), { name: 'InvalidIdentityTokenException' })
    await assert.rejects(enhanced(of), { name: 'NotAuthorizedException' })
    await server.move(20_000)
  }
})

describe('a developer token, taken back with', () => {
  for (const [what, means] of rows)
    test(what, async () => {
      const of = await backend()
      const short = await traded(of)
      const sessions = [await basic(of), await enhanced(of), await basic(short)].map((keys) => server.as(keys))
      for (const { sts } of sessions) await sts.send(new GetCallerIdentityCommand({}))

      await takeBack(await means(of))
      for (const { sts } of sessions) await refused(sts.send(new GetCallerIdentityCommand({})), invalidToken)
      for (const token of [of, short]) {
        await assert.rejects(basic(token), { name: 'InvalidIdentityTokenException' })
        await assert.rejects(enhanced(token), { name: 'NotAuthorizedException' })
      }
      await assert.rejects(traded(of), { name: 'NotAuthorizedException' })
      // The margin of what goes by time.
      await server.move(20_000)
      await basic(await backend())
    })
})

test('the token does not reveal whose credentials requested it', async () => {
  const { Token, user, session } = await backend()
  const claims = Buffer.from(Token.split('.')[1] ?? '', 'base64url').toString()
  for (const secret of [user.id, user.keys.accessKeyId, session.keys.accessKeyId]) assert(!claims.includes(secret))
})
