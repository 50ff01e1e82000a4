// The mutating admission webhook of a Kubernetes cluster (admission.k8s.io/v1, AdmissionReview): gives a pod what stock AWS SDKs need
// to find their role, as EKS's own webhook does. By EKS Pod Identity a pod asks the agent of its node; by web identity it asks STS
// itself. Pure: a review in, its answer out.

/** What pods are given. */
export interface PodSettings {
  /** AWS_REGION, where the container does not say it. */
  readonly region: string
  /** AWS_ENDPOINT_URL_STS, for the SDKs to ask this server instead of AWS. */
  readonly endpoint: string
}

/** Of EKS: where its agent answers on each node, and the audience of the tokens that it takes. */
const AGENT = 'http://169.254.170.23/v1/credentials'
const AGENT_AUDIENCE = 'pods.eks.amazonaws.com'
/** The audience of tokens for AssumeRoleWithWebIdentity, unless the pod names another. */
const STS_AUDIENCE = 'sts.amazonaws.com'

/** The label that asks for it, which the webhook's configuration selects by; and of web identity, what the token is for. */
export const LABEL = 'hallpass/identity'
const ROLE = 'eks.amazonaws.com/role-arn'
const AUDIENCE = 'eks.amazonaws.com/audience'
const EXPIRATION = 'eks.amazonaws.com/token-expiration'

interface Named {
  readonly name: string
}
interface Container extends Named {
  readonly env?: readonly Named[]
  readonly volumeMounts?: readonly Named[]
}
interface Pod {
  readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }
  readonly spec: {
    readonly containers: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly volumes?: readonly Named[]
  }
}

interface Patch {
  readonly op: 'add'
  readonly path: string
  readonly value: unknown
}

interface Injected {
  readonly volume: string
  readonly mountPath: string
  readonly file: string
  readonly audience: string
  readonly seconds: number
  readonly env: readonly { readonly name: string; readonly value: string }[]
}

/** What is wrong with a review that cannot be answered. */
export interface BadReview {
  readonly problem: string
}

/** The answer to a review, or why it is none. A pod that does not ask is let in as it is; so is everything that is no pod. */
export function admit(review: unknown, settings: PodSettings): object | BadReview {
  if (!isRecord(review) || review.kind !== 'AdmissionReview' || review.apiVersion !== 'admission.k8s.io/v1') {
    return { problem: 'it is no AdmissionReview of admission.k8s.io/v1' }
  }
  const { request } = review
  if (!isRecord(request) || typeof request.uid !== 'string') return { problem: 'it has no request with a uid' }
  const answer = (more: object) => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, ...more },
  })
  const refuse = (message: string) => answer({ allowed: false, status: { code: 400, message: `hallpass: ${message}` } })
  const pod = request.object
  if (request.operation !== 'CREATE' || !isRecord(pod) || pod.kind !== 'Pod') return answer({ allowed: true })
  if (!isPod(pod)) return refuse('the pod has no containers that can be read')
  const injected = wanted(pod, settings)
  if (injected === undefined) return answer({ allowed: true })
  if ('problem' in injected) return refuse(injected.problem)
  const patch = patchesOf(pod, injected)
  if (patch.length === 0) return answer({ allowed: true })
  const base64 = Buffer.from(JSON.stringify(patch)).toString('base64')
  return answer({ allowed: true, patchType: 'JSONPatch', patch: base64 })
}

function wanted({ metadata }: Pod, settings: PodSettings): Injected | BadReview | undefined {
  const kind = metadata?.labels?.[LABEL]
  if (kind === undefined) return undefined
  if (kind === 'pod-identity') return podIdentity(settings)
  if (kind !== 'web-identity') return { problem: `the label ${LABEL} is pod-identity or web-identity` }
  const annotations = metadata?.annotations ?? {}
  const role = annotations[ROLE]
  if (role === undefined || !/^arn:aws[a-z-]*:iam::\d{12}:role\/[!-~]+$/.test(role)) {
    return { problem: `web-identity needs the annotation ${ROLE}: the ARN of a role` }
  }
  const seconds = Number(annotations[EXPIRATION] ?? 86_400)
  // Kubernetes refuses less than ten minutes.
  if (!Number.isInteger(seconds) || seconds < 600 || seconds > 86_400) {
    return { problem: `the annotation ${EXPIRATION} is a number of seconds from 600 to 86400` }
  }
  return webIdentity(settings, role, annotations[AUDIENCE] ?? STS_AUDIENCE, seconds)
}

function podIdentity({ region }: PodSettings): Injected {
  const mountPath = `/var/run/secrets/${AGENT_AUDIENCE}/serviceaccount`
  const file = 'eks-pod-identity-token'
  return {
    ...{ volume: file, mountPath, file, audience: AGENT_AUDIENCE, seconds: 86_400 },
    env: [
      { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: AGENT },
      { name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', value: `${mountPath}/${file}` },
      ...regionOf(region),
    ],
  }
}

function webIdentity({ region, endpoint }: PodSettings, role: string, audience: string, seconds: number): Injected {
  const mountPath = '/var/run/secrets/eks.amazonaws.com/serviceaccount'
  return {
    ...{ volume: 'aws-iam-token', mountPath, file: 'token', audience, seconds },
    env: [
      { name: 'AWS_ROLE_ARN', value: role },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: `${mountPath}/token` },
      { name: 'AWS_ENDPOINT_URL_STS', value: endpoint },
      ...regionOf(region),
    ],
  }
}

const regionOf = (region: string) => [
  { name: 'AWS_REGION', value: region },
  { name: 'AWS_DEFAULT_REGION', value: region },
]

/** What a container says itself stays as it is: a variable, or a volume, of that name. */
function patchesOf({ spec }: Pod, injected: Injected): Patch[] {
  const { volume, mountPath, file, audience, seconds, env } = injected
  const token = { serviceAccountToken: { audience, expirationSeconds: seconds, path: file } }
  const patches = [...adding('/spec/volumes', spec.volumes, [{ name: volume, projected: { sources: [token] } }])]
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [at, container] of (spec[list] ?? []).entries()) {
      const path = `/spec/${list}/${at}`
      patches.push(...adding(`${path}/env`, container.env, env))
      patches.push(
        ...adding(`${path}/volumeMounts`, container.volumeMounts, [{ name: volume, mountPath, readOnly: true }]),
      )
    }
  }
  return patches
}

/** Adds to a list what is not in it by name; makes the list where there is none (RFC 6902). */
function adding<E extends Named>(path: string, list: readonly Named[] | undefined, entries: readonly E[]): Patch[] {
  if (list === undefined) return [{ op: 'add', path, value: entries }]
  const names = new Set(list.map(({ name }) => name))
  return entries.filter(({ name }) => !names.has(name)).map((value) => ({ op: 'add', path: `${path}/-`, value }))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNamedList = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((entry) => isRecord(entry)))

const isContainerList = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every((entry) => isRecord(entry) && isNamedList(entry.env) && isNamedList(entry.volumeMounts)))

const isTexts = (value: unknown): boolean =>
  value === undefined || (isRecord(value) && Object.values(value).every((text) => typeof text === 'string'))

function isPod(value: unknown): value is Pod {
  if (!isRecord(value) || !isRecord(value.spec)) return false
  const { metadata, spec } = value
  if (metadata !== undefined && !(isRecord(metadata) && isTexts(metadata.labels) && isTexts(metadata.annotations))) {
    return false
  }
  return (
    Array.isArray(spec.containers) &&
    isContainerList(spec.containers) &&
    isContainerList(spec.initContainers) &&
    isNamedList(spec.volumes)
  )
}
