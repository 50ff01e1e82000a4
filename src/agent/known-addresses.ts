// The addresses at which SDKs look for each of the services, by default and without configuration.
import type { Serves } from '../config/agent-file.ts'

export const knownAddresses: Readonly<Record<Serves, readonly string[]>> = {
  'instance-metadata': ['169.254.169.254', 'fd00:ec2::254'],
  'container-credentials': ['169.254.170.2'],
  'pod-identity': ['169.254.170.23', 'fd00:ec2::23'],
}
