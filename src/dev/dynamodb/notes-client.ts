// What the demonstration's application does for a visitor: it gets credentials for them, from their token or from the identity pool, and
// asks DynamoDB with these; as any application would, by the APIs.
import { createHash } from 'node:crypto'
import { readQuery, textOf } from '../../client/aws-query.ts'
import { type Answered, send } from '../../client/send.ts'
import { Secret } from '../../core/secret.ts'
import { type Signer, signRequest } from '../../core/sigv4/sign.ts'

export interface SessionKeys {
  readonly accessKeyId: string
  readonly secret: Secret
  readonly token: string
}

/** What an operation answered, or how it was refused. */
export type Told<T = object> =
  | { readonly answer: T }
  | { readonly refused: string; readonly message: string; readonly requestId?: string }
  | { readonly failed: string }

export interface Api {
  /** URL of the APIs. */
  readonly url: string
  readonly now: Date
}

const region = 'us-east-1'

/** AssumeRoleWithWebIdentity, which no key signs. */
export async function keysForToken(
  { url }: Api,
  role: string,
  name: string,
  token: string,
): Promise<Told<SessionKeys>> {
  const parameters = {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: name,
  }
  const answered = await send({
    url: new URL('/', url),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({ ...parameters, WebIdentityToken: token }).toString(),
  })
  if ('failed' in answered) return answered
  const read = readQuery(answered.status, answered.text)
  if (!('xml' in read)) return read
  const of = (member: string) => textOf(read.xml, member) ?? ''
  const secret = new Secret(of('SecretAccessKey'))
  return { answer: { accessKeyId: of('AccessKeyId'), secret, token: of('SessionToken') } }
}

/** GetId: a new guest of a pool. */
export async function newGuest(api: Api, pool: string): Promise<Told<string>> {
  const told = await cognito<{ IdentityId: string }>(api, 'GetId', { IdentityPoolId: pool })
  return 'answer' in told ? { answer: told.answer.IdentityId } : told
}

/** GetCredentialsForIdentity, for a guest. */
export async function keysForGuest(api: Api, IdentityId: string): Promise<Told<SessionKeys>> {
  const told = await cognito<{
    Credentials: { AccessKeyId: string; SecretKey: string; SessionToken: string }
  }>(api, 'GetCredentialsForIdentity', { IdentityId })
  if (!('answer' in told)) return told
  const { AccessKeyId, SecretKey, SessionToken } = told.answer.Credentials
  return { answer: { accessKeyId: AccessKeyId, secret: new Secret(SecretKey), token: SessionToken } }
}

const cognito = <T>(api: Api, operation: string, input: object) =>
  call<T>(api, { target: `AWSCognitoIdentityService.${operation}`, version: '1.1', input })

/** An operation of DynamoDB, signed. */
export const dynamodb = (api: Api, keys: SessionKeys, operation: string, input: object): Promise<Told> =>
  call(api, {
    ...{ target: `DynamoDB_20120810.${operation}`, version: '1.0', input },
    signer: { ...keys, region, service: 'dynamodb', now: api.now },
  })

interface JsonCall {
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly input: object
  readonly signer?: Signer
}

/** Never rejects. */
async function call<T>({ url }: Api, { target, version, input, signer }: JsonCall): Promise<Told<T>> {
  const body = JSON.stringify(input)
  const at = new URL('/', url)
  const headers = new Map([
    ['host', at.host],
    ['content-type', `application/x-amz-json-${version}`],
    ['x-amz-target', target],
  ])
  const message = { method: 'POST', target: '/', headers }
  const sent = signer === undefined ? message : signRequest(message, signer, hashOf(body))
  return read<T>(await send({ url: at, headers: Object.fromEntries(sent.headers), body }))
}

const hashOf = (body: string) => createHash('sha256').update(body).digest('hex')

function read<T>(answered: Answered): Told<T> {
  if ('failed' in answered) return answered
  const { status, text, requestId } = answered
  const said = parsed(text)
  if (said === undefined) return { failed: `an answer with status ${status} that is not JSON` }
  if (status === 200) return { answer: said as T }
  const { __type = '', message, Message } = said as Readonly<Record<string, string | undefined>>
  const refused = __type.slice(__type.indexOf('#') + 1)
  return { refused, message: message ?? Message ?? '', ...(requestId === undefined ? {} : { requestId }) }
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}
