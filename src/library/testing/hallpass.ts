// Stands in for Hallpass in tests: every credential has the same secret, and questions are counted.
import { Secret } from '../../core/secret.ts'
import { deriveSigningKey } from '../../core/sigv4/keys.ts'
import { presign, signRequest } from '../../core/sigv4/sign.ts'
import { verify } from '../../core/sigv4/verify.ts'
import type { CallersAnswer } from '../../wire/workload-callers.ts'
import type { HallpassAnswer } from '../ask-hallpass.ts'
import type { ReadRequest } from '../signed-request.ts'
import type { SignedRequest } from '../verify-types.ts'

export const account = '111122223333'
export const note = `arn:aws:notes:eu-west-1:${account}:note/1`
export const secret = new Secret('a secret of everybody')
const signing = { region: 'eu-west-1', service: 'notes', secret }

export const allowAll = '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

export const answer = (more: Partial<CallersAnswer> = {}): CallersAnswer => ({
  ...{ Arn: `arn:aws:sts::${account}:assumed-role/Reader/s1`, Account: account, UserId: 'AROAREADER:s1' },
  ...{ kind: 'role-session', principalArn: `arn:aws:iam::${account}:role/Reader`, principalId: 'AROAREADER' },
  ...{
    tags: [{ Key: 'Team', Value: 'red' }],
    keys: [{ name: 'aws:principaltag/team', values: ['red'], isList: false }],
  },
  policies: { identity: [{ source: 'notes', text: allowAll }], scps: [], rcps: [] },
  ...{ signingKey: '', maxAge: 10, requestId: 'id' },
  ...more,
})

export interface Shown {
  readonly keyId?: string
  readonly token?: string
  readonly target?: string
  readonly method?: string
  readonly body?: string
  readonly by?: Secret
  readonly address?: string
  readonly at?: Date
  readonly service?: string
  readonly region?: string
}

/** A request as a client sends it. */
export function shown(now: Date, more: Shown = {}): SignedRequest {
  const { keyId = 'ASIAREADER', token = 'token', target = '/notes/1', method = 'GET', body = '' } = more
  const { by = secret, address = '10.0.0.1', at = now, service = 'notes', region = 'eu-west-1' } = more
  const message = { method, target, headers: new Map([['host', 'notes.example.com']]) }
  const hash = body === '' ? [] : [bodyHash(body)]
  const signed = signRequest(
    message,
    { ...signing, service, region, secret: by, accessKeyId: keyId, token, now: at },
    ...hash,
  )
  return { method, target, headers: signed.headers, body: Buffer.from(body), address }
}

/** The same in the query. */
export function presigned(now: Date, seconds: number): SignedRequest {
  const message = { method: 'GET', target: '/notes/1', headers: new Map([['host', 'notes.example.com']]) }
  const made = presign(message, { ...signing, accessKeyId: 'ASIAREADER', token: 'token', now }, seconds)
  return { method: 'GET', target: made.target, headers: made.headers }
}

const { hash: digest } = process.getBuiltinModule('node:crypto')
const bodyHash = (body: string) => digest('sha256', body, 'hex')

const mismatch: HallpassAnswer = {
  refused: { code: 'InvalidSignatureException', status: 403, message: 'The request signature …' },
}
export const unknown: HallpassAnswer = {
  refused: { code: 'UnrecognizedClientException', status: 403, message: 'The security token …' },
}

export interface TestHallpass {
  readonly ask: (request: ReadRequest) => Promise<HallpassAnswer>
  /** What was asked. */
  readonly asked: ReadRequest[]
  /** What it answers of a caller, once its signature is good; `down` is no answer. */
  says: CallersAnswer | HallpassAnswer | 'down'
  /** Answers wait until it is called. */
  hold(): () => void
}

export function testHallpass(clock: { readonly now: Date }): TestHallpass {
  let held: Promise<void> = Promise.resolve()
  const hallpass: TestHallpass = {
    asked: [],
    says: answer(),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    async ask(request) {
      hallpass.asked.push(request)
      const { says } = hallpass
      await held
      if (says === 'down') return { failed: 'ECONNREFUSED' }
      const { message, presented, payloadHash } = request
      const verdict = verify(message, presented, { secret, services: ['notes'], payloadHash, now: clock.now })
      if ('rejected' in verdict) return mismatch
      if (!('Arn' in says)) return says
      return { known: { ...says, signingKey: deriveSigningKey(secret, presented).reveal().toString('base64') } }
    },
  }
  return hallpass
}
