// Whether a backend answers as it should, in words for its operator: one small signed request that changes nothing.
import { BackendFailure } from '../../service/backend-failure.ts'
import type { BackedService, BackendAnswer, BackendTrouble } from '../../service/contracts/backends.ts'
import type { GatewayBackend } from './create-backend.ts'

/** `problem`: what is wrong; `remedy`: what the operator should do. */
export interface Probed {
  readonly name: string
  readonly endpoint: string
  /** Whether it may answer other requests all the same. */
  readonly serves: boolean
  readonly problem?: string
  readonly remedy?: string
}

const questions: Readonly<Record<BackedService, { readonly target: string; readonly body: string }>> = {
  dynamodb: { target: 'DynamoDB_20120810.ListTables', body: '{"Limit":1}' },
}

const patienceMs = 10_000
/** An answer of which more is read is not that of such a request. */
const maxBytes = 65_536

export async function probe(backend: GatewayBackend): Promise<Probed> {
  const { name, settings } = backend
  const where = { name, endpoint: settings.endpoint.origin, serves: false }
  try {
    const answer = await backend.send({
      ...questions[settings.service],
      signal: AbortSignal.timeout(patienceMs),
      reads: true,
    })
    const found = problemOf(answer, await textOf(answer))
    return found === undefined ? { ...where, serves: true } : { ...where, ...found }
  } catch (error) {
    if (!(error instanceof BackendFailure)) throw error
    const { why, message } = error
    // Nobody but this function ends it.
    const says = why === 'aborted' ? `no answer in ${patienceMs / 1000} s` : message
    return { ...where, problem: says, remedy: remedies[why] }
  }
}

const remedies: Readonly<Record<BackendTrouble, string>> = {
  away: 'start it, or correct its endpoint; look at firewalls between here and there',
  untrusted: 'correct its endpoint’s scheme and name, or `ca`, or `certificate` and `key`',
  slow: 'look at its load and its log',
  garbled: 'correct its endpoint: something else answers there',
  full: 'raise `connections`, or look why its requests take so long',
  aborted: 'look at its load and its log',
}

async function textOf({ body }: BackendAnswer): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The codes by which services refuse credentials (AWS, "Common Error Types"; what Alternator and DynamoDB Local answer). */
const unknownKey = new Set([
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'MissingAuthenticationTokenException',
])
const wrongSignature = new Set(['InvalidSignatureException', 'SignatureDoesNotMatch', 'IncompleteSignatureException'])
const oldToken = new Set(['ExpiredTokenException', 'ExpiredToken'])

function problemOf(
  { status, type }: BackendAnswer,
  text: string,
): (Pick<Probed, 'problem' | 'remedy'> & { readonly serves?: true }) | undefined {
  const read = objectOf(text)
  if (read === undefined) {
    return {
      problem: `status ${status}, and ${type === '' ? 'no' : `a body of type ${printable(type)}, which is no`} JSON`,
      remedy: remedies.garbled,
    }
  }
  if (status === 200) {
    return 'TableNames' in read
      ? undefined
      : { problem: 'its answer to ListTables names no tables', remedy: remedies.garbled }
  }
  const code = printable(String(read.__type ?? read.code ?? '').replace(/^.*#/, ''))
  const problem = `status ${status}${code === '' ? '' : `, ${code}`}`
  if (unknownKey.has(code))
    return { problem, remedy: 'it does not know the access key: correct `credentials`, or give it some' }
  if (wrongSignature.has(code))
    return { problem, remedy: 'correct the secret in `credentials`, `region`, and the clocks' }
  if (oldToken.has(code))
    return { problem, remedy: 'its temporary credentials have ended: write new ones into their file' }
  if (code === 'AccessDeniedException')
    return { problem, remedy: 'let its user list tables there, or leave it: this alone needs that', serves: true }
  return { problem, remedy: 'look at its log' }
}

function objectOf(text: string): { readonly __type?: unknown; readonly code?: unknown } | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : undefined
  } catch {
    return undefined
  }
}

/** A word of the backend's, as a terminal may have it. */
const printable = (text: string) => text.replace(/[^\w./+ -]/g, '').slice(0, 100)
