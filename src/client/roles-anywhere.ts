// CreateSession of IAM Roles Anywhere, as AWS's own helper sends it: a request that the key of a certificate signs.
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { parseArn } from '../core/arn.ts'
import { encode } from '../core/sigv4/encoding.ts'
import { algorithmOf, signWithCertificate } from '../core/sigv4/sign-with-certificate.ts'
import { certificatesIn } from './certificates.ts'
import { isPassing, NoAnswer, type SourceCredentials, SourceRefused } from './credential-source.ts'
import { bodyObject, errorCode } from './rest-json.ts'
import { type Answered, send } from './send.ts'

export interface SessionRequest {
  /** `https://aws.example`; a path before `/sessions` is kept, and not signed. */
  readonly endpoint: URL
  readonly trustAnchorArn: string
  readonly profileArn: string
  readonly roleArn: string
  /** Only where the profile accepts one. */
  readonly roleSessionName?: string
  readonly durationSeconds?: number
  /** By default the trust anchor's. */
  readonly region?: string
}

/** What proves the machine. */
export interface CertificateKey {
  readonly certificate: X509Certificate
  readonly chain: readonly X509Certificate[]
  readonly key: KeyObject
}

/**
 * Reads PEM: a certificate, with those of its issuers after it or in `intermediates`, and its private key (PKCS #8, PKCS #1 or SEC 1).
 * @throws NoAnswer, since what renews the files may not be done; never with anything of the key
 */
export function readCertificateKey(certificates: string, privateKey: string, intermediates = ''): CertificateKey {
  const [certificate, ...issuers] = certificatesIn(certificates)
  const chain = [...issuers, ...certificatesIn(intermediates)]
  if (certificate === undefined)
    throw new NoAnswer('the certificate is not PEM: it should begin with -----BEGIN CERTIFICATE-----')
  const key = keyOf(privateKey)
  if (algorithmOf(key) === undefined)
    throw new NoAnswer(
      `the private key is of type ${key.asymmetricKeyType}: Roles Anywhere takes RSA and elliptic curves`,
    )
  if (!certificate.checkPrivateKey(key)) throw new NoAnswer('the private key is not that of the certificate')
  return { certificate, chain, key }
}

function keyOf(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw new NoAnswer('the private key is encrypted: give one without a passphrase, in a file of mode 0600')
  try {
    return createPrivateKey(pem)
  } catch {
    throw new NoAnswer('the private key cannot be read: give PEM, as PKCS #8, PKCS #1 or SEC 1')
  }
}

/** @throws SourceRefused, NoAnswer */
export async function createSession(
  request: SessionRequest,
  proof: CertificateKey,
  how: { readonly now: Date; readonly ca?: string; readonly signal: AbortSignal },
): Promise<SourceCredentials> {
  const { endpoint } = request
  const { url, headers, body } = sessionPost(request, proof, how.now)
  const answer = await send({
    ...{ url, headers, body, signal: how.signal },
    ...(how.ca === undefined || url.protocol !== 'https:' ? {} : { ca: how.ca }),
  })
  if ('failed' in answer) throw new NoAnswer(`${endpoint.origin} did not answer: ${answer.failed}`)
  if (answer.status >= 300) throw refusalOf(answer, endpoint)
  return credentialsIn(answer.text, request)
}

/** The signed request. */
export function sessionPost(request: SessionRequest, proof: CertificateKey, now: Date) {
  const { endpoint, trustAnchorArn, profileArn, roleArn, roleSessionName, durationSeconds } = request
  const region = request.region ?? parseArn(trustAnchorArn)?.region
  if (!region) throw new NoAnswer(`${trustAnchorArn} is not the ARN of a trust anchor, which has a region`)
  const query = Object.entries({ profileArn, roleArn, trustAnchorArn }).map(([name, arn]) => {
    const text = parseArn(arn) === undefined ? undefined : encode(arn)
    if (text === undefined) throw new NoAnswer(`${name}: ${arn} is not an ARN`)
    return `${name}=${text}`
  })
  const target = `/sessions?${query.join('&')}`
  const body = JSON.stringify({ durationSeconds, roleSessionName })
  const headers = new Map([
    ['content-type', 'application/json'],
    ['host', endpoint.host],
  ])
  const signed = signWithCertificate({ method: 'POST', target, headers }, { ...proof, region, now }, body)
  const url = new URL(endpoint.pathname.replace(/\/$/, '') + target, endpoint)
  return { url, headers: Object.fromEntries(signed.headers), body }
}

interface SessionAnswer {
  readonly credentialSet?: readonly {
    readonly roleArn?: string
    readonly credentials?: Partial<Record<'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'expiration', string>>
  }[]
}

function credentialsIn(text: string, { roleArn, endpoint }: SessionRequest): SourceCredentials {
  const answer = bodyObject(text) as SessionAnswer
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = answer.credentialSet?.[0]?.credentials ?? {}
  if (!accessKeyId || !secretAccessKey || !sessionToken || !expiration)
    throw new NoAnswer(`${endpoint.origin} answered without credentials`)
  const accountId = parseArn(roleArn)?.account
  return {
    ...{ accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration), roleArn },
    ...(accountId === undefined ? {} : { accountId }),
  }
}

/** A refusal names its kind in a header (restJson1); what has none is no answer of this API. */
function refusalOf(answer: Exclude<Answered, { failed: string }>, { origin }: URL): Error {
  const { status, text, errorType, requestId } = answer
  if (!errorType) return new NoAnswer(`${origin} answered with status ${status}, as no Roles Anywhere does`)
  const code = errorCode(errorType)
  const { message } = bodyObject(text) as { readonly message?: string }
  const id = requestId === undefined ? '' : ` (request ${requestId})`
  const says = `CreateSession: ${code}: ${message ?? ''}${id}`
  return isPassing(status, code) ? new NoAnswer(says) : new SourceRefused(code, says)
}
