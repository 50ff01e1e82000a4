// EKS Auth's AssumeRoleForPodIdentity: a node, with credentials of its own, gets those of a pod on it, by the pod's token (Amazon EKS API
// Reference, EKS Auth; Amazon EKS User Guide, "Understand how EKS Pod Identity works").
import type { ServiceIdentity } from '../../core/identity.ts'
import { modelled, Refusal } from '../../wire/errors.ts'
import type { ErrorName, Input, Output, Sdk } from '../../wire/operations.ts'
import { resourceTagKeys } from '../access/tag-keys.ts'
import { type Call, operation } from '../operation.ts'
import type { Assume, Parts } from '../parts.ts'
import { podsPrincipal } from './association-roles.ts'
import { externalIdOf } from './associations.ts'
import { associationArn, clusterArn, clusterTarget, type Target } from './define.ts'
import { associationAttestation } from './pod-associations.ts'
import { podTags } from './pod-tags.ts'
import { type Pod, type RejectedPod, verifyPodToken } from './pod-token.ts'
import { type Cluster, type PodIdentityAssociation, podIdentityAssociations } from './records.ts'

type EksAuth = Sdk['eks-auth']
type Given = Input<EksAuth, 'AssumeRoleForPodIdentity'>
type Answer = Output<EksAuth, 'AssumeRoleForPodIdentity'>

/** What is found once the node is allowed to ask. */
interface PodTarget extends Target<Cluster> {
  pod?: Pod
  association?: string
}

const refused = (name: ErrorName<EksAuth>, message: string, detail?: string): Refusal =>
  modelled('eks-auth', name, message, detail === undefined ? {} : { detail })

export const assumeRoleForPodIdentity = (parts: Parts) =>
  operation<Given, Answer, PodTarget>({
    signature: 'required',
    load: ({ clusterName }, call) => clusterTarget(parts.store, call, clusterName),
    checks: (_, { arn, account, record }) => [
      {
        ...{ action: 'eks-auth:AssumeRoleForPodIdentity', resource: arn, owner: account },
        keys: new Map(resourceTagKeys(record?.tags ?? [])),
      },
    ],
    // INVARIANT: of the token nothing is looked at before the node may ask: verifying one may fetch from its issuer.
    async handle({ token }, target, call) {
      const { record: cluster, name } = target
      if (cluster === undefined) throw refused('ResourceNotFoundException', `No cluster found for name: ${name}.`)
      const pod = await verifyPodToken(parts.tokenTrust, cluster, token, call.now)
      if ('rejected' in pod) throw notProven(pod)
      target.pod = pod
      const association = await associationOf(parts, cluster, pod)
      target.association = association.id
      const assumed = await assumeFor(parts, call, cluster, association, pod)
      const { Credentials, AssumedRoleUser } = assumed
      return {
        subject: { namespace: pod.namespace, serviceAccount: pod.serviceAccount },
        audience: cluster.audience,
        podIdentityAssociation: { associationArn: associationArn(association), associationId: association.id },
        assumedRoleUser: { arn: AssumedRoleUser?.Arn, assumeRoleId: AssumedRoleUser?.AssumedRoleId },
        credentials: {
          accessKeyId: Credentials?.AccessKeyId,
          secretAccessKey: Credentials?.SecretAccessKey,
          sessionToken: Credentials?.SessionToken,
          expiration: Credentials?.Expiration,
        },
      }
    },
    audit: {
      readOnly: true,
      resources: (_, { account, arn }) => [{ accountId: account, type: 'AWS::EKS::Cluster', ARN: arn }],
      additional: (_, { pod, association }) => (pod === undefined ? undefined : { pod, association }),
    },
  })

async function associationOf({ store }: Parts, cluster: Cluster, pod: Pod): Promise<PodIdentityAssociation> {
  const pods = [cluster.account, cluster.id, pod.namespace, pod.serviceAccount]
  const found = await store.find(podIdentityAssociations, 'pods', pods)
  if (found !== undefined) return found.record
  const whose = `service account ${pod.serviceAccount} of namespace ${pod.namespace}`
  throw refused('ResourceNotFoundException', `No association found for ${whose} in cluster ${cluster.name}.`)
}

/** Seconds: what AWS gives pods (Amazon EKS User Guide, "Access AWS Resources using EKS Pod Identity Target IAM Roles"). */
const SIX_HOURS = 21_600
const ONE_HOUR = 3_600

/** The role's credentials, or with them those of the target role. */
async function assumeFor(
  parts: Parts,
  call: Call,
  cluster: Cluster,
  association: PodIdentityAssociation,
  pod: Pod,
): Promise<Assume['output']> {
  const { account, role: passed, targetRole, disableSessionTags, policy: Policy } = association
  const role = await parts.subjects.byId(account, passed.id)
  if (role?.kind !== 'role' || role.arn !== passed.arn) throw mayNotAssume('the role does not exist any more')
  const identity: ServiceIdentity = {
    ...{ kind: 'service', name: podsPrincipal, keys: new Map() },
    subject: `${cluster.name}/${pod.namespace}/${pod.serviceAccount}/${pod.uid}`,
    attestation: associationAttestation(association),
    source: { account, arn: clusterArn(cluster) },
  }
  const tags = disableSessionTags ? [] : [...podTags(cluster, pod)]
  const RoleSessionName = sessionName(cluster.name, pod.name, parts.random(16))
  const longest = targetRole === undefined ? SIX_HOURS : ONE_HOUR
  const first = await parts.assumeRoles.forWorkload(call, identity, {
    ...{ RoleArn: passed.arn, RoleSessionName },
    DurationSeconds: Math.min(longest, role.record.maxSessionDuration),
    ...(tags.length === 0 ? {} : { Tags: tags, TransitiveTagKeys: tags.map(({ Key }) => Key) }),
    // With a target role the policy limits that one alone.
    ...(targetRole === undefined && Policy !== undefined ? { Policy } : {}),
  })
  if ('refused' in first) throw notAssumed(first.refused)
  if (targetRole === undefined) return first.output
  const { AccessKeyId: accessKeyId = '', SessionToken: token = '' } = first.output.Credentials ?? {}
  const second = await parts.assumeRoles.asSession(
    call,
    { accessKeyId, token },
    {
      ...{ RoleArn: targetRole, RoleSessionName, DurationSeconds: ONE_HOUR, ExternalId: externalIdOf(association) },
      ...(Policy === undefined ? {} : { Policy }),
    },
  )
  if ('refused' in second) throw notAssumed(second.refused)
  return second.output
}

/** `eks-CLUSTER-POD-UUID`, in the 64 characters that a session name may have. */
function sessionName(cluster: string, pod: string, random: Buffer): string {
  const hex = random.toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  const kept = 64 - 'eks---'.length - uuid.length
  const name = cluster.slice(0, Math.max(Math.floor(kept / 2), kept - pod.length))
  return `eks-${name}-${pod.slice(0, kept - name.length)}-${uuid}`
}

/** Why a token proves no pod. Where the issuer cannot be asked now, its pods keep what they have: that is no failure of this server. */
function notProven({ rejected, detail }: RejectedPod): Refusal {
  const more = `${rejected}: ${detail}`
  if (rejected === 'expired') return refused('ExpiredTokenException', 'The token has expired.', more)
  if (unreachable.has(rejected)) {
    const message = "The cluster's issuer cannot be asked for its keys."
    return new Refusal({ code: 'ServiceUnavailableException', status: 503, fault: 'Sender', message, detail: more })
  }
  if (rejected === 'audience') return refused('InvalidTokenException', 'The token is for another audience.', more)
  return refused('InvalidTokenException', 'The token is not valid for this cluster.', more)
}

const unreachable: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'failing', 'busy'])

const mayNotAssume = (detail: string): Refusal =>
  refused(
    'AccessDeniedException',
    'Unauthorized Exception! EKS does not have permissions to assume the associated role.',
    detail,
  )

/** Why a role was not assumed, in EKS Auth's words. */
function notAssumed({ code, message, fault, detail = '' }: Refusal): Refusal {
  if (fault === 'Receiver') return refused('ServiceUnavailableException', message, detail)
  if (code === 'Throttling') return refused('ThrottlingException', message, detail)
  if (code === 'AccessDenied') return mayNotAssume(message)
  return refused('InvalidRequestException', message, detail)
}
