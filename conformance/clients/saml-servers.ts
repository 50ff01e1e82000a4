// What tests of SAML run on beside the server: a provider for tests, registered in an account, and the calls that tools make with
// its responses.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  CreateSAMLProviderCommand,
  type CreateSAMLProviderCommandInput,
  GetSAMLProviderCommand,
} from '@aws-sdk/client-iam'
import {
  AssumeRoleWithSAMLCommand,
  type AssumeRoleWithSAMLCommandInput,
  type AssumeRoleWithSAMLCommandOutput,
} from '@aws-sdk/client-sts'
import type { ResponseChoice, SamlProviderForTests } from '../../src/federation/saml/testing/idp.ts'
import { policy, type Statement } from './people.ts'
import type { Refused } from './refused.ts'
import { type Clients, nobody, type TestServer } from './server.ts'

export const attributeName = (name: string) => `https://aws.amazon.com/SAML/Attributes/${name}`

/** Registers the provider with its metadata; answers its ARN and SAMLProviderUUID. */
export async function registerSaml(
  admin: Clients,
  Name: string,
  metadata: string,
  more: Partial<CreateSAMLProviderCommandInput> = {},
): Promise<{ readonly arn: string; readonly uuid: string }> {
  const command = new CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: metadata, ...more })
  const { SAMLProviderArn = '' } = await admin.iam.send(command)
  const { SAMLProviderUUID = '' } = await admin.iam.send(new GetSAMLProviderCommand({ SAMLProviderArn }))
  return { arn: SAMLProviderArn, uuid: SAMLProviderUUID }
}

/** A key that assertions are encrypted for, with the private one as IAM takes it. */
export function decryptionKey(): { readonly publicKey: KeyObject; readonly pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** A trust policy for whom a SAML provider vouches. */
export const trustingSaml = (
  Federated: string,
  Condition: object = {},
  Action: string | readonly string[] = ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'],
) => policy({ Principal: { Federated }, Action, Condition } as Statement)

/** An attribute as a provider sends it. */
export type Stated = readonly [name: string, values: readonly string[]]

export const pairOf = (role: string, provider: string) => `${role},${provider}`

/** What an honest provider states for AWS: the pairs, a session name, and more. */
export const stating = (pairs: readonly string[], ...more: readonly Stated[]): readonly Stated[] => [
  [attributeName('Role'), pairs],
  [attributeName('RoleSessionName'), ['jane']],
  ...more,
]

/** AssumeRoleWithSAML, unsigned as the SDK sends it. */
export const assumeWithSaml = (
  server: TestServer,
  RoleArn: string,
  PrincipalArn: string,
  SAMLAssertion: string,
  more: Partial<AssumeRoleWithSAMLCommandInput> = {},
): Promise<AssumeRoleWithSAMLCommandOutput> =>
  server.as(nobody).sts.send(new AssumeRoleWithSAMLCommand({ RoleArn, PrincipalArn, SAMLAssertion, ...more }))

/** A response of the provider at the server's time. */
export const responding =
  (server: TestServer, idp: SamlProviderForTests) =>
  (choice: ResponseChoice = {}): string =>
    idp.respond({ now: server.now(), ...choice })

export const notAuthorizedForSaml: Refused = ['AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithSAML']
