// An identity provider on loopback for tests: real TLS, a discovery document and keys that a test may change, tokens that it
// signs and ones that no honest provider would; and a list of the paths that were requested.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importPKCS8,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose'

const vectors = fileURLToPath(new URL('../../../conformance/vectors/oidc-tls/', import.meta.url))

export const certificate = (name: string) => readFileSync(`${vectors}${name}.cert.pem`, 'utf8')
export const authority = certificate('ca')
export const keyText = (name: string) => readFileSync(`${vectors}${name}.key.pem`, 'utf8')

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function newKey(alg = 'RS256', kid = `key-${alg}`, options = {}): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** A key that has the fingerprint of CVE-2017-15361. */
export async function weakKey(kid = 'weak'): Promise<SigningKey> {
  const pair = createPrivateKey(keyText('weak'))
  const jwk = { ...(await exportJWK(createPublicKey(pair))), kid, alg: 'RS256', use: 'sig' }
  return { kid, alg: 'RS256', privateKey: (await importPKCS8(pkcs8(pair), 'RS256')) as CryptoKey, jwk }
}

const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Idp {
  readonly issuer: string
  readonly port: number
  /** Paths that were requested, in order. */
  readonly requests: string[]
  /** The keys that are published. */
  keys: JWK[]
  /** Members that replace those of the discovery document. */
  discovery: Readonly<Record<string, unknown>>
  /** Answers a path in its own way, once it is set. */
  answers: Map<string, Answer>
  /** While set, every connection is dropped. */
  down: boolean
  close(): Promise<void>
}

export interface IdpOptions {
  /** Name of the certificate; `none` for plain HTTP. */
  readonly tls?: 'server' | 'misnamed' | 'expired' | 'selfsigned' | 'forged' | 'weak' | 'none'
  /** Certificates that are sent behind its own. */
  readonly chain?: readonly string[]
  readonly path?: string
  readonly keys?: readonly SigningKey[]
  readonly host?: string
}

export const discoveryPath = '/.well-known/openid-configuration'

export async function startIdp({
  tls = 'server',
  path = '',
  chain = [],
  keys = [],
  host = 'localhost',
}: IdpOptions = {}): Promise<Idp> {
  const answer: Answer = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x')
    idp.requests.push(pathname)
    if (idp.down) return void request.socket.destroy()
    const own = idp.answers.get(pathname)
    if (own !== undefined) return own(request, response)
    const json = (body: unknown) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (pathname === path + discoveryPath) {
      return json({ issuer: idp.issuer, jwks_uri: `${idp.issuer}/keys`, ...idp.discovery })
    }
    if (pathname === `${path}/keys`) return json({ keys: idp.keys })
    response.statusCode = 404
    response.end('<html>')
  }
  const server =
    tls === 'none'
      ? createPlain(answer)
      : createTls({ cert: [tls, ...chain].map(certificate).join(''), key: keyText(tls) }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const idp: Idp = {
    issuer: `${tls === 'none' ? 'http' : 'https'}://${host}:${port}${path}`,
    port,
    requests: [],
    keys: keys.map(({ jwk }) => jwk),
    discovery: {},
    answers: new Map(),
    down: false,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return idp
}

export interface TokenChanges {
  readonly header?: Partial<JWTHeaderParameters>
  /** Claims that are set, or with undefined left out. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A token as the provider issues it: for `client`, subject `ann`, good for ten minutes. */
export function signToken(
  issuer: string,
  key: SigningKey,
  now: Date,
  { header, claims }: TokenChanges = {},
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000)
  const all = { iss: issuer, sub: 'ann', aud: 'client', iat: seconds, exp: seconds + 600, ...claims }
  const claimsSet = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(claimsSet).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
}

/** Any header and claims as they are written, with any signature. */
export const rawToken = (header: string, claims: string, signature = 'AAAA') =>
  `${[header, claims].map((text) => Buffer.from(text).toString('base64url')).join('.')}.${signature}`
