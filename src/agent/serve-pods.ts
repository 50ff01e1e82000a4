// The listener of EKS Pod Identity: what its handler is made of.
import type { RenewalParts, RenewedCredentials } from '../client/renewing.ts'
import type { ListenerEntry } from '../config/agent-file.ts'
import { assumeRoleForPodIdentity } from './eks-auth.ts'
import { knownAddresses } from './known-addresses.ts'
import type { HandlerOf } from './listeners.ts'
import { podCredentials } from './pod-credentials.ts'
import { podIdentityHandler } from './pod-identity.ts'

export interface PodParts extends Pick<RenewalParts, 'after' | 'clock'> {
  /** Of the node's role. */
  readonly node: Pick<RenewedCredentials, 'current'>
  /** Of the node, once it is known. */
  readonly region: () => string | undefined
  /** Where EKS Auth is. */
  readonly server: () => URL
  readonly report: (says: string) => void
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

export function servePods(
  { cluster, names }: Extract<ListenerEntry, { serves: 'pod-identity' }>,
  { node, region, server, clock, after, report, ca }: PodParts,
): { readonly handlerOf: HandlerOf; readonly close: () => void } {
  const pods = podCredentials({
    ...{ clock, ...(after === undefined ? {} : { after }) },
    report: (says) => report(`cluster ${cluster}: ${says}`),
    ask: (token) =>
      assumeRoleForPodIdentity({ server: server(), cluster, node, clock, ca, region: region() ?? 'us-east-1' }, token),
  })
  const own = [...knownAddresses['pod-identity'], ...names]
  return {
    handlerOf: (callerOf) => podIdentityHandler({ pods, callerOf, names: own, clock }),
    close: () => pods.close(),
  }
}
