// What tests of web identities run on: the whole server, a provider on loopback with a private authority, and the calls
// that those who hold tokens make.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type AssumeRoleWithWebIdentityCommandOutput,
} from '@aws-sdk/client-sts'
import { authority } from '../../src/federation/testing/idp.ts'
import { policy } from './people.ts'
import type { Refused } from './refused.ts'
import { type Clients, startServer, type TestServer } from './server.ts'

/** What stands in the providers file; certificates are `ca.pem` beside it. */
export interface ProvidersFile {
  readonly providers: readonly object[]
  readonly [builtIn: string]: unknown
}

export const privately = { ca: 'ca.pem', allow: ['127.0.0.0/8'] }

/** A server that knows of private providers. `files` stand beside the providers file. */
export async function startFederated(
  data: string,
  file: ProvidersFile,
  settings: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  for (const [name, text] of Object.entries({ 'ca.pem': authority, ...files })) writeFileSync(join(data, name), text)
  const path = join(data, 'providers.yaml')
  // YAML holds JSON.
  writeFileSync(path, JSON.stringify(file))
  return startServer({ data, settings: { 'providers-file': path, ...settings } })
}

/** Registers a provider; answers its ARN. */
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
    .as({ accessKeyId: 'AKIAANYONE', secretAccessKey: 'unused' })
    .sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'session', WebIdentityToken, ...more }))

export const notAuthorized = (action = 'sts:AssumeRoleWithWebIdentity'): Refused => [
  'AccessDenied',
  403,
  `Not authorized to perform ${action}`,
]

export const invalidToken = (message: string): Refused => ['InvalidIdentityTokenException', 400, message]
