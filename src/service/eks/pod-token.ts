// The token that a kubelet gives a pod, bound to it (Kubernetes, "Managing Service Accounts", "Bound service account tokens"): who signed
// it, for whom, until when, and of which pod it is. That the pod was deleted since, the token cannot say: it is believed until it
// expires, which a kubelet sees to by renewing it.
import { readToken } from '../../federation/oidc/token.ts'
import { type TokenRejection, type VerifiedToken, verifyToken } from '../../federation/oidc/verify.ts'
import type { Json } from '../../wire/json-text.ts'
import type { TokenTrust } from '../contracts/token-trust.ts'
import type { Cluster } from './records.ts'

/** A pod that a token proved. */
export interface Pod {
  readonly namespace: string
  readonly serviceAccount: string
  readonly name: string
  readonly uid: string
}

export interface RejectedPod {
  readonly rejected: TokenRejection
  /** For the operator. */
  readonly detail: string
}

/** Names of Kubernetes (RFC 1123): of namespaces a label, of others a subdomain. */
export const isNamespace = (text: string) => /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
export const isSubdomain = (text: string) =>
  text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text)
const isUid = (text: string) => /^[A-Za-z0-9-]{1,64}$/.test(text)

/**
 * Verifies a token of a cluster's pods.
 * INVARIANT: the issuer, the keys and the audience are the cluster's own record's, never what the token says.
 */
export async function verifyPodToken(
  { keys, skewSeconds, reach, isOwn }: TokenTrust,
  cluster: Pick<Cluster, 'id' | 'account' | 'issuer' | 'audience' | 'keys' | 'ca'>,
  text: string,
  now: Date,
): Promise<Pod | RejectedPod> {
  const token = readToken(text)
  if ('problem' in token) return { rejected: token.problem, detail: token.detail }
  if (isOwn(cluster.issuer)) return { rejected: 'issuer', detail: `${cluster.issuer} is this server's own` }
  const issuer = {
    id: `cluster ${cluster.id}`,
    issuer: cluster.issuer,
    trust: { reach, ...(cluster.ca === undefined ? {} : { ca: [cluster.ca] }), owner: `cluster ${cluster.account}` },
    uploaded: cluster.keys,
    clientIds: [cluster.audience],
    isForItAlone: true,
  } as const
  const verified = await verifyToken(token, issuer, now, { keys, skewSeconds })
  return 'rejected' in verified ? verified : podOf(verified)
}

/** The pod that a verified token is of. */
export function podOf({ subject, claims }: Pick<VerifiedToken, 'subject' | 'claims'>): Pod | RejectedPod {
  const pod = podIn(claims.get('kubernetes.io'))
  if (typeof pod === 'string') return { rejected: 'bad-claim', detail: pod }
  return subject === `system:serviceaccount:${pod.namespace}:${pod.serviceAccount}`
    ? pod
    : { rejected: 'bad-claim', detail: 'sub is of another service account than kubernetes.io' }
}

/** The pod that the claim names; or what is wrong with it. */
function podIn(claim: Json | undefined): Pod | string {
  const namespace = textIn(claim, 'namespace')
  const serviceAccount = textIn(memberOf(claim, 'serviceaccount'), 'name')
  const name = textIn(memberOf(claim, 'pod'), 'name')
  const uid = textIn(memberOf(claim, 'pod'), 'uid')
  if (!isNamespace(namespace)) return 'kubernetes.io has no namespace'
  if (!isSubdomain(serviceAccount)) return 'kubernetes.io has no service account'
  if (!isSubdomain(name) || !isUid(uid)) return 'the token is not bound to a pod'
  return { namespace, serviceAccount, name, uid }
}

const memberOf = (json: Json | undefined, name: string): Json | undefined =>
  json instanceof Map ? (json as ReadonlyMap<string, Json>).get(name) : undefined

function textIn(json: Json | undefined, name: string): string {
  const text = memberOf(json, name)
  return typeof text === 'string' ? text : ''
}
