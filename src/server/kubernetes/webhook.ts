// The HTTP face of the admission webhook: the API server posts a review and gets its answer (Kubernetes, "Dynamic Admission Control").
import { BodyRefused, type Exchange, isRepeated, type Reply } from '../exchange.ts'
import { admit, type PodSettings } from './admission.ts'

/** A pod has 1.5 MB at most (etcd's bound), and a review holds it twice. */
const REVIEW_BYTES = 4 << 20

export const webhook =
  (settings: PodSettings) =>
  async ({ message, body }: Exchange): Promise<Reply> => {
    if (isRepeated(message)) return text(400, `${message.repeated} stands twice`)
    const path = message.target.split('?', 1)[0]
    if (path === '/livez') return text(200, 'ok')
    if (path !== '/mutate') return text(404, 'reviews are posted to /mutate')
    if (message.method !== 'POST') return { ...text(405, 'reviews are posted'), headers: [...plain, 'Allow', 'POST'] }
    try {
      const review: unknown = JSON.parse((await body.bytes(REVIEW_BYTES)).toString('utf8'))
      const answer = admit(review, settings)
      if ('problem' in answer) return text(400, String(answer.problem))
      return { status: 200, headers: ['Content-Type', 'application/json'], body: JSON.stringify(answer) }
    } catch (error) {
      if (error instanceof BodyRefused) return text(error.status, error.message)
      if (error instanceof SyntaxError) return text(400, 'the body is not JSON')
      throw error
    }
  }

const plain = ['Content-Type', 'text/plain; charset=utf-8']
const text = (status: number, body: string): Reply => ({ status, headers: plain, body })
