// Sets up what the routes of web identity and identity pools need, over the API as an administrator would: a provider whose
// keys are uploaded, its tokens, roles that trust them, a pool with a guest.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  GetIdCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { SignJWT } from 'jose'

const issuer = 'https://idp.bench.example'
const audience = 'bench'

export interface Provider {
  readonly providersFile: string
  readonly keys: Readonly<Record<'RS256' | 'ES256', KeyObject>>
}

/** Writes the providers file with one provider whose keys are uploaded, so that the bench fetches nothing. */
export function makeProvider(folder: string, account: string): Provider {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = (key: KeyObject, alg: string) => ({ ...key.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' })
  const keys = { keys: [jwk(rsa.publicKey, 'RS256'), jwk(ec.publicKey, 'ES256')] }
  writeFileSync(join(folder, 'bench.jwks.json'), JSON.stringify(keys))
  const providersFile = join(folder, 'providers.yaml')
  writeFileSync(providersFile, JSON.stringify({ providers: [{ issuer, account, keys: 'bench.jwks.json' }] }))
  return { providersFile, keys: { RS256: rsa.privateKey, ES256: ec.privateKey } }
}

export interface Administrator {
  readonly url: string
  readonly account: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Bodies of requests, by route. */
export interface Federation {
  readonly webIdentity: (algorithm: 'RS256' | 'ES256') => Promise<string>
  readonly getId: string
  readonly getCredentials: string
}

/** Makes roles, provider and pool. */
export async function makeFederation(admin: Administrator, provider: Provider): Promise<Federation> {
  const { url: endpoint, accessKeyId, secretAccessKey, account } = admin
  const config = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } }
  const iam = new IAMClient(config)
  const cognito = new CognitoIdentityClient(config)
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: [audience] }))
  const trust = (Federated: string, condition: object) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition },
      ],
    })
  const roleOf = async (RoleName: string, AssumeRolePolicyDocument: string) =>
    (await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))).Role?.Arn ?? ''
  const web = await roleOf(
    'Web',
    trust(`arn:aws:iam::${account}:oidc-provider/idp.bench.example`, {
      StringEquals: { 'idp.bench.example:aud': audience },
    }),
  )
  const pool = await cognito.send(
    new CreateIdentityPoolCommand({ IdentityPoolName: 'bench', AllowUnauthenticatedIdentities: true }),
  )
  const IdentityPoolId = pool.IdentityPoolId ?? ''
  const guest = await roleOf(
    'Guest',
    trust('cognito-identity.amazonaws.com', {
      StringEquals: { 'cognito-identity.amazonaws.com:aud': IdentityPoolId },
      'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': 'unauthenticated' },
    }),
  )
  await cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles: { unauthenticated: guest } }))
  const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId }))
  return {
    async webIdentity(algorithm) {
      const token = await new SignJWT({ email: 'someone@bench.example' })
        .setProtectedHeader({ alg: algorithm, kid: algorithm })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject('someone')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(provider.keys[algorithm])
      return new URLSearchParams({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: web,
        RoleSessionName: 'bench-session',
        WebIdentityToken: token,
      }).toString()
    },
    getId: JSON.stringify({ IdentityPoolId }),
    getCredentials: JSON.stringify({ IdentityId }),
  }
}
