// AssumeRoleForPodIdentity of EKS Auth (restJson1), signed with the credentials of the node's role.
import { hash } from 'node:crypto'
import { type SourceCredentials, SourceRefused } from '../client/credential-source.ts'
import type { RenewedCredentials } from '../client/renewing.ts'
import { bodyObject, errorCode } from '../client/rest-json.ts'
import { send } from '../client/send.ts'
import { Secret } from '../core/secret.ts'
import { signRequest } from '../core/sigv4/sign.ts'

/** What EKS Auth said instead of credentials. */
export interface EksAuthAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string
}

/** It said no, to this token or to the node. */
export class EksAuthRefused extends SourceRefused {
  readonly answer: EksAuthAnswer
  constructor(answer: EksAuthAnswer) {
    super(answer.code, answer.message)
    this.answer = answer
  }
}

/** It could not answer now. */
export class EksAuthFailed extends Error {
  override readonly name = 'EksAuthFailed'
  readonly answer: EksAuthAnswer
  constructor(answer: EksAuthAnswer) {
    super(`${answer.code}: ${answer.message}`)
    this.answer = answer
  }
}

export interface EksAuthParts {
  /** The URL of Hallpass. */
  readonly server: URL
  readonly cluster: string
  readonly region: string
  /** Of the node's role. */
  readonly node: Pick<RenewedCredentials, 'current'>
  readonly clock: () => Date
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** Time for one answer: pods wait for it. */
const timeoutMs = 10_000
/** Asking again with the same token brings nothing: the token, the association or the node's right are gone. */
const final: ReadonlySet<string> = new Set([
  ...['AccessDeniedException', 'ExpiredTokenException', 'InvalidTokenException', 'InvalidParameterException'],
  ...['InvalidRequestException', 'ResourceNotFoundException'],
])

/**
 * Credentials for the pod that holds a service account's token.
 * @throws EksAuthRefused, EksAuthFailed, or an error in a sentence where there was no answer
 */
export async function assumeRoleForPodIdentity(parts: EksAuthParts, token: string): Promise<SourceCredentials> {
  const { server, cluster, region, node, clock, ca } = parts
  const { accessKeyId, secretAccessKey, sessionToken } = await node.current()
  const body = JSON.stringify({ token })
  const target = `/clusters/${encodeURIComponent(cluster)}/assume-role-for-pod-identity`
  const message = signRequest(
    {
      method: 'POST',
      target,
      headers: new Map([
        ['host', server.host],
        ['content-type', 'application/json'],
      ]),
    },
    {
      ...{ accessKeyId, secret: new Secret(secretAccessKey), token: sessionToken },
      ...{ region, service: 'eks-auth', now: clock() },
    },
    hash('sha256', body, 'hex'),
  )
  const answer = await send({
    ...{ url: new URL(target, server), headers: Object.fromEntries(message.headers), body, timeoutMs },
    ...(ca === undefined ? {} : { ca }),
  })
  if ('failed' in answer) throw new Error(`${server.origin} did not answer: ${answer.failed}`)
  const { status, text, requestId = '', errorType } = answer
  if (status === 200) return credentialsIn(text, server)
  const { code, message: says } = errorIn(text, errorType)
  const refusal = { status, code, message: says, requestId }
  throw final.has(code) ? new EksAuthRefused(refusal) : new EksAuthFailed(refusal)
}

function credentialsIn(text: string, server: URL): SourceCredentials {
  const { credentials, assumedRoleUser } = bodyObject(text) as {
    readonly credentials?: Readonly<Record<string, unknown>>
    readonly assumedRoleUser?: { readonly arn?: unknown }
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {}
  const end = new Date(typeof expiration === 'number' ? expiration * 1000 : String(expiration))
  const texts = [accessKeyId, secretAccessKey, sessionToken]
  if (!texts.every((member) => typeof member === 'string' && member !== '') || Number.isNaN(end.getTime()))
    throw new Error(`${server.origin} answered without credentials`)
  const [account] = /^\d{12}$/.exec(String(assumedRoleUser?.arn).split(':')[4] ?? '') ?? []
  return {
    accessKeyId: String(accessKeyId),
    secretAccessKey: String(secretAccessKey),
    sessionToken: String(sessionToken),
    expiration: end,
    ...(account === undefined ? {} : { accountId: account }),
  }
}

/** restJson1: the code stands in a header, before a colon, or in the body. */
function errorIn(text: string, errorType: string | undefined): { readonly code: string; readonly message: string } {
  const { __type, code, message, Message } = bodyObject(text)
  const given = [errorType, __type, code].find((name) => typeof name === 'string' && name !== '')
  const says = [message, Message].find((name) => typeof name === 'string')
  return {
    code: errorCode(String(given ?? 'UnknownError')),
    message: String(says ?? 'an answer that is no error of EKS Auth'),
  }
}
