// CreateSession of IAM Roles Anywhere, signed by a certificate's key as AWS's helper does it, and as an attacker would.
import { createHash, type KeyObject, sign } from 'node:crypto'
import { canonicalRequest, withoutNone } from '../../src/core/sigv4/canonical.ts'
import { formatAmzDate } from '../../src/core/sigv4/date.ts'
import { textToSign } from '../../src/core/sigv4/verify.ts'
import type { Issued } from '../../src/federation/x509/testing/authority.ts'
import type { Sent } from './raw.ts'

export const region = 'us-east-1'

/** Where it is sent, when, and what is asked for unless a request says otherwise. */
export interface SessionTarget {
  readonly port: number
  readonly now: Date
  readonly anchorArn: string
  readonly profileArn: string
  readonly roleArn: string
}

export interface SessionHow {
  readonly by: Issued
  readonly chain?: readonly Issued[]
  readonly anchorArn?: string
  readonly profileArn?: string
  readonly roleArn?: string
  readonly body?: object
  readonly region?: string
  /** Signs in place of the certificate's own key. */
  readonly key?: KeyObject
  readonly serial?: bigint
  readonly at?: Date
  readonly headers?: Readonly<Record<string, string>>
  /** Header that is sent and not signed. */
  readonly unsigned?: string
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** CreateSession as the stock helper signs it. */
export function sessionRequest(to: SessionTarget, how: SessionHow): Sent {
  const { by, chain = [], key = by.keys.privateKey, serial = by.serial, at = to.now } = how
  const { anchorArn, profileArn, roleArn } = { ...to, ...how }
  const body = JSON.stringify(how.body ?? { durationSeconds: 3600 })
  const query = new URLSearchParams({ profileArn, roleArn, trustAnchorArn: anchorArn })
  const date = formatAmzDate(at.getTime())
  const headers = new Map([
    ['content-type', 'application/json'],
    ['host', `127.0.0.1:${to.port}`],
    ['x-amz-date', date],
    ['x-amz-x509', by.der.toString('base64')],
    ...(chain.length === 0
      ? []
      : [['x-amz-x509-chain', chain.map(({ der }) => der.toString('base64')).join(',')] as const]),
    ...Object.entries(how.headers ?? {}),
  ])
  const message = { method: 'POST', target: `/sessions?${query}`, headers }
  const signedHeaders = [...headers.keys()].filter((name) => name !== how.unsigned).sort()
  const canonical = canonicalRequest(message, {
    ...{ path: 'normalised', signedHeaders, payload: sha256(body), without: withoutNone },
  })
  if (typeof canonical !== 'string') throw new TypeError(canonical.rejected)
  const algorithm = `AWS4-X509-${key.asymmetricKeyType === 'rsa' ? 'RSA' : 'ECDSA'}-SHA256`
  const scope = `${date.slice(0, 8)}/${how.region ?? region}/rolesanywhere/aws4_request`
  const signature = sign('sha256', Buffer.from(textToSign(date, scope, canonical, algorithm)), key).toString('hex')
  headers.set(
    'authorization',
    `${algorithm} Credential=${serial}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  )
  return { method: 'POST', target: message.target, headers: [...headers].flat(), body }
}
