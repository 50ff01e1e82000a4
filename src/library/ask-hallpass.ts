// Asks Hallpass who signed a request, and reads the answer: what is not as the contract says is no answer.
import { createPrivateKey } from 'node:crypto'
import { SourceRefused } from '../client/credential-source.ts'
import { askJson, type SignInServer } from '../client/sign-in-server.ts'
import { answered, provingByKey } from '../client/workload.ts'
import { isLoopbackHost } from '../core/host-name.ts'
import { readAs } from '../wire/json-schema.ts'
import { readJson } from '../wire/json-text.ts'
import { workloadOperations } from '../wire/workload-api.ts'
import { type CallersAnswer, type CallersQuestion, callersAnswer } from '../wire/workload-callers.ts'
import type { ReadRequest } from './signed-request.ts'
import type { Refusal, VerifierOptions } from './verify-types.ts'

export type HallpassAnswer =
  | { readonly known: CallersAnswer }
  | { readonly refused: Refusal }
  /** No answer, or none that can be believed. */
  | { readonly failed: string }

/** How long an answer is waited for, in ms: somebody waits for the one to whom it matters. */
const WAIT_MS = 5_000

const { path } = workloadOperations.callers

/** Headers beside the signed ones that say how a request was signed. */
const saying: ReadonlySet<string> = new Set(['authorization', 'x-amz-date', 'date', 'x-amz-security-token'])

/** INVARIANT: of the request nothing is handed on but what its signature needs: no body, and no header that it does not cover. */
export function questionOf({ message, presented, payloadHash }: ReadRequest): CallersQuestion {
  const { method, target, headers } = message
  const needed = [...headers].filter(([name]) => saying.has(name) || presented.signedHeaders.includes(name))
  return { method, target, headers: needed.map(([name, value]) => ({ name, value })), payloadHash }
}

/** @throws TypeError for a URL that is neither https nor this machine's; the system's error for a private key that cannot be read */
export function createAsk({ url, ca, service, proof, clock }: VerifierOptions) {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname)))
    throw new TypeError(`${url} is not https: who signed what would be anybody's to say.`)
  const server: SignInServer = { url: url.replace(/\/+$/, ''), ...(ca === undefined ? {} : { ca }) }
  const ask = askWith(server, service, proof, clock)
  return async (request: ReadRequest): Promise<HallpassAnswer> => {
    try {
      const answer = await ask(questionOf(request), request.presented.signature, AbortSignal.timeout(WAIT_MS))
      return believed(answer)
    } catch (error) {
      if (error instanceof SourceRefused) return refusedOf(error)
      return { failed: error instanceof Error ? error.message : String(error) }
    }
  }
}

type Ask = (question: CallersQuestion, about: string, signal: AbortSignal) => Promise<object>

function askWith(
  server: SignInServer,
  service: string,
  proof: VerifierOptions['proof'],
  clock: VerifierOptions['clock'],
): Ask {
  if ('token' in proof)
    return async (question, _about, signal) => {
      const body = { ...question, service, assertion: await proof.token() }
      return answered(await askJson<object>(server, path, body, { signal }))
    }
  const signer = { who: service, audience: server.url + path, key: createPrivateKey(proof.privateKey) }
  const byKey = provingByKey(signer, clock === undefined ? {} : { clock })
  return (question, about, signal) => byKey(server, path, question, signal, about)
}

function believed(answer: object): HallpassAnswer {
  const json = readJson(Buffer.from(JSON.stringify(answer)))
  const read = 'wrong' in json ? json : readAs(callersAnswer, json.value)
  if ('wrong' in read) return { failed: `an answer in which ${read.wrong}` }
  const { Expiration } = read.value
  const isTime = Expiration === undefined || !Number.isNaN(Date.parse(Expiration))
  return isTime ? { known: read.value } : { failed: 'an answer whose Expiration is no time' }
}

/** Refusals of the caller. Others are of this service: its proof, its record, its rate: they are not the caller's fault. */
const ofCaller: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
])

function refusedOf({ code, message }: SourceRefused): HallpassAnswer {
  if (!ofCaller.has(code)) return { failed: `${code}: ${message}` }
  // The request id is for whoever reads the service's log.
  return {
    refused: {
      code,
      status: code === 'IncompleteSignatureException' ? 400 : 403,
      message: message.replace(/ \(request [0-9a-f-]+\)$/, ''),
    },
  }
}
