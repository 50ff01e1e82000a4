// What tests of web identities run on beside the server: a provider on loopback with a private authority, and the calls that
// those who hold tokens make.
import { after } from 'node:test'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type AssumeRoleWithWebIdentityCommandOutput,
} from '@aws-sdk/client-sts'
import { type Idp, type IdpOptions, newKey, startIdp } from '../../src/federation/testing/idp.ts'
import { policy } from './people.ts'
import type { Refused } from './refused.ts'
import { type Clients, firstAccount, nobody, type TestServer, testServer } from './server.ts'

/** The settings of a provider on this machine in the providers file. */
export const privately = { ca: 'ca.pem', allow: ['127.0.0.0/8'] }

/** Starts a provider, and closes it after the file, the suite or the test that calls this. Not for hooks. */
export async function testIdp(options: IdpOptions = {}): Promise<Idp> {
  const idp = await startIdp(options)
  after(() => idp.close())
  return idp
}

/** A server, and a provider on this machine with one key that its root has registered. */
export async function serverWithIdp() {
  const key = await newKey()
  const idp = await testIdp({ keys: [key] })
  const providers = [{ issuer: idp.issuer, account: firstAccount, ...privately }]
  const server = await testServer({ providers: { providers } })
  const admin = server.as(server.root)
  const providerArn = await register(admin, idp.issuer)
  return {
    key,
    idp,
    server,
    admin,
    anyone: server.as(nobody),
    providerArn,
    provider: idp.issuer.slice('https://'.length),
  }
}

/** Registers a provider and returns its ARN. */
export async function register(
  admin: Clients,
  Url: string,
  ClientIDList = ['client'],
  more: object = {},
): Promise<string> {
  const command = new CreateOpenIDConnectProviderCommand({ Url, ClientIDList, ...more })
  return (await admin.iam.send(command)).OpenIDConnectProviderArn ?? ''
}

/** A trust policy for the bearers of a provider's tokens. */
export const trusting = (
  Federated: string,
  Condition: object = {},
  Action: string | readonly string[] = 'sts:AssumeRoleWithWebIdentity',
) => policy({ Principal: { Federated }, Action, Condition })

/** AssumeRoleWithWebIdentity, unsigned as the SDK sends it. */
export const assumeWith = (
  server: TestServer,
  RoleArn: string,
  WebIdentityToken: string,
  more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
): Promise<AssumeRoleWithWebIdentityCommandOutput> =>
  server
    .as(nobody)
    .sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'session', WebIdentityToken, ...more }))

export const notAuthorized = (action = 'sts:AssumeRoleWithWebIdentity'): Refused => [
  'AccessDenied',
  403,
  `Not authorized to perform ${action}`,
]

export const invalidToken = (message: string): Refused => ['InvalidIdentityTokenException', 400, message]
