// hallpass pod-webhook: the admission webhook of a Kubernetes cluster, which gives labelled pods what SDKs need to find their role.
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import { pooledRandom } from '../keys/random.ts'
import { admit, type PodSettings } from '../server/kubernetes/admission.ts'
import type { Command, CommandInput, World } from './command.ts'

export const podWebhook: Command = {
  name: 'pod-webhook',
  says: 'Serve the admission webhook of a Kubernetes cluster, which gives labelled pods a role (deploy/kubernetes).',
  options: {
    'endpoint-url': {
      kind: 'text',
      value: 'URL',
      says: 'The URL of the APIs, as pods reach it: what they ask instead of AWS.',
    },
    region: { kind: 'text', value: 'REGION', says: 'The region of the pods; us-east-1 by default.' },
    review: {
      kind: 'text',
      value: 'FILE',
      says: 'Instead of serving, print the answer to the AdmissionReview in this file.',
    },
  },
  settings: ['listen', 'tls-cert', 'tls-key'],
  async run(input, world) {
    const settings = podSettings(input)
    const { review } = input.texts
    if (review === undefined) return serveWebhook(input, settings, world)
    const answer = admit(jsonIn(review), settings)
    if ('problem' in answer) throw new Failure(`${review}: ${answer.problem}`)
    world.out(JSON.stringify(answer, undefined, 2))
    return 0
  },
}

function podSettings({ texts }: CommandInput): PodSettings {
  const endpoint = texts['endpoint-url']
  const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (endpoint === undefined || url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure('give --endpoint-url: the http or https URL of the APIs, as pods reach it', 2)
  }
  return { endpoint, region: texts.region ?? 'us-east-1' }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(textFile(file))
  } catch (error) {
    throw error instanceof SyntaxError ? new Failure(`${file} is not JSON`) : error
  }
}

async function serveWebhook({ settings }: CommandInput, pods: PodSettings, world: World): Promise<number> {
  const { 'tls-cert': certificate, 'tls-key': key, listen: on } = settings
  if (certificate === undefined || key === undefined) {
    throw new Failure('give --tls-cert and --tls-key: a cluster calls webhooks by HTTPS alone', 2)
  }
  // Whatever serves is loaded by this command alone.
  const { listen } = await import('../server/node.ts')
  const { noProxies } = await import('../server/proxies.ts')
  const { tlsFromFiles } = await import('../server/tls.ts')
  const { webhook } = await import('../server/kubernetes/webhook.ts')
  const { clock } = world
  const reloaded = ({ problem }: { readonly problem?: string }) =>
    world.err(problem === undefined ? 'hallpass has read the certificate again' : `hallpass: ${problem}`)
  const tls = await tlsFromFiles({ certificate, key }, clock, reloaded)
  if ('problem' in tls) throw new Failure(tls.problem)
  const handler = webhook(pods)
  const listener = await listen({ on, tls, handler, proxies: noProxies, clock, random: pooledRandom() })
  world.err(`hallpass answers reviews of pods at https://${on.host}:${listener.port}/mutate`)
  world.settled()
  await world.ended(() => void tls.reload().then(reloaded))
  world.err('hallpass is stopping')
  await listener.close(5000)
  tls.close()
  return 0
}
