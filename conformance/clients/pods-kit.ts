// Clusters and their pods: tokens as a kubelet mounts them, and EKS Auth as the Pod Identity agent calls it.
import { randomUUID } from 'node:crypto'
import { CreatePodIdentityAssociationCommand, type CreatePodIdentityAssociationCommandInput } from '@aws-sdk/client-eks'
import { type AddClusterInput, newCluster } from '../../src/app/operator/clusters.ts'
import { newKey, type SigningKey, signToken, type TokenChanges } from '../../src/federation/testing/idp.ts'
import { policy } from './people.ts'
import { type Answer, send, signed } from './raw.ts'
import type { Clients, Keys, TestServer } from './server.ts'

export const podsPrincipal = 'pods.eks.amazonaws.com'
export const podsTrust = (Condition = {}, Action: readonly string[] = ['sts:AssumeRole', 'sts:TagSession']) =>
  policy({ Principal: { Service: podsPrincipal }, Action, Condition })

export interface PodName {
  readonly namespace: string
  readonly serviceAccount: string
  readonly name: string
  readonly uid: string
}

export const web: PodName = {
  namespace: 'shop',
  serviceAccount: 'web',
  name: 'web-6d5f8c7b9-x2x7q',
  uid: '3c0f9a4e-59a7-4d6e-9d6e-0f0c5c1f2a11',
}

/** The claims of a bound service account token, as Kubernetes 1.33 writes them. */
export const podClaims = (pod: PodName, audience: string) => ({
  aud: [audience],
  sub: `system:serviceaccount:${pod.namespace}:${pod.serviceAccount}`,
  jti: randomUUID(),
  'kubernetes.io': {
    namespace: pod.namespace,
    node: { name: 'node-1', uid: 'a5b2c3d4-0000-4000-8000-000000000001' },
    pod: { name: pod.name, uid: pod.uid },
    serviceaccount: { name: pod.serviceAccount, uid: '9e8d7c6b-0000-4000-8000-000000000002' },
    warnafter: 1_790_000_000,
  },
})

export interface TestCluster {
  readonly name: string
  readonly arn: string
  readonly issuer: string
  readonly key: SigningKey
  /** A token of one of its pods, good for a day. */
  token(pod?: PodName, changes?: TokenChanges): Promise<string>
}

/** Registers a cluster in the first account, by its keys. */
export async function testCluster(
  server: TestServer,
  name: string,
  more: Partial<AddClusterInput> = {},
): Promise<TestCluster> {
  const key = await newKey('RS256', `key-of-${name}`)
  const issuer = more.issuer ?? `https://${name}.clusters.example`
  const region = more.region ?? 'us-east-1'
  const account = more.account ?? server.account
  const keys = JSON.stringify({ keys: [key.jwk] })
  await newCluster(server.engine, { name, account, region, issuer, keys, ...more })
  const audience = more.audience ?? podsPrincipal
  return {
    ...{ name, arn: `arn:aws:eks:${region}:${account}:cluster/${name}`, issuer, key },
    token: (pod = web, { header, claims } = {}) => {
      const seconds = Math.floor(server.now().getTime() / 1000)
      const day = { nbf: seconds, exp: seconds + 86_400 }
      return signToken(issuer, key, server.now(), {
        ...(header === undefined ? {} : { header }),
        claims: { ...podClaims(pod, audience), ...day, ...claims },
      })
    },
  }
}

export async function associate(
  admin: Clients,
  clusterName: string,
  roleArn: string,
  more: Partial<CreatePodIdentityAssociationCommandInput> = {},
): Promise<string> {
  const { namespace, serviceAccount } = web
  const { association } = await admin.eks.send(
    new CreatePodIdentityAssociationCommand({ clusterName, roleArn, namespace, serviceAccount, ...more }),
  )
  return association?.associationId ?? ''
}

/** As the agent sends it (aws/eks-pod-identity-agent: the SDK for Go's request). */
export function assumeForPod(
  server: TestServer,
  keys: Keys,
  cluster: string,
  token: string,
  signer: { readonly region?: string; readonly service?: string } = {},
): Promise<Answer> {
  return send(
    server.port,
    signed(server.port, {
      ...{ keys, now: server.now(), method: 'POST' },
      target: `/clusters/${cluster}/assume-role-for-pod-identity`,
      body: JSON.stringify({ token }),
      headers: {
        'content-type': 'application/json',
        'amz-sdk-invocation-id': randomUUID(),
        'amz-sdk-request': 'attempt=1; max=3',
        'user-agent': 'aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.1 md/GOOS#linux api/eksauth#1.9.4',
      },
      signer: { service: 'eks-auth', ...signer },
    }),
  )
}

export interface PodCredentials {
  readonly subject: { readonly namespace: string; readonly serviceAccount: string }
  readonly audience: string
  readonly podIdentityAssociation: { readonly associationArn: string; readonly associationId: string }
  readonly assumedRoleUser: { readonly arn: string; readonly assumeRoleId: string }
  /** As the SDKs take them. */
  readonly keys: Required<Keys>
  /** Seconds since 1970. */
  readonly expiration: number
}

/** What a pod got. Throws what it was refused with. */
export async function podCredentials(...asked: Parameters<typeof assumeForPod>): Promise<PodCredentials> {
  const { status, code, text } = await assumeForPod(...asked)
  if (status !== 200) throw new Error(`${status} ${code}: ${text}`)
  const { credentials, ...rest } = JSON.parse(text) as Omit<PodCredentials, 'keys' | 'expiration'> & {
    readonly credentials: Required<Keys> & { readonly expiration: number }
  }
  const { expiration, ...keys } = credentials
  return { ...rest, keys, expiration }
}
