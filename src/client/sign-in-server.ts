// A server that signs people in, as the command line calls it: OAuth's endpoints (RFC 6749, 7009, 8628) and the broker's API.
import { randomBytes } from 'node:crypto'
import { challengeMethod, challengeOf } from '../core/pkce.ts'
import type { ApiError } from '../wire/api-answers.ts'
import {
  type AuthorizeQuery,
  commandLineClient,
  type DeviceAnswer,
  type OauthError,
  oauthPaths,
  type RevokeForm,
  type TokenAnswer,
  type TokenForm,
} from '../wire/sign-in-oauth.ts'
import { type Answered, type Post, send } from './send.ts'

/** Where it is, and whom to trust on the way. */
export interface SignInServer {
  /** The public URL, without a slash at its end. */
  readonly url: string
  /** PEM. */
  readonly ca?: string
}

type Refusal<Code extends string = string> = {
  readonly refused: Code
  /** For a person. */
  readonly message: string
  readonly status: number
  /** The server's clock when it refused. */
  readonly date?: Date | undefined
}
/** What a server's answer is: its contents, its refusal, or nothing that came. */
export type ServerAnswer<T, Code extends string = string> = T | Refusal<Code> | { readonly failed: string }

export const isAnswer = <T extends object>(answer: ServerAnswer<T, string>): answer is T =>
  !('refused' in answer) && !('failed' in answer)

/** What a code is asked for with, and later exchanged with (RFC 7636). */
export interface CodeRequest {
  readonly state: string
  readonly verifier: string
  readonly redirectUri: string
}

export const newCodeRequest = (redirectUri: string): CodeRequest => ({
  state: randomBytes(32).toString('base64url'),
  verifier: randomBytes(32).toString('base64url'),
  redirectUri,
})

/** The page at which a person allows it. */
export function authorizeUrl({ url }: SignInServer, { state, verifier, redirectUri }: CodeRequest): string {
  const query: AuthorizeQuery = {
    ...{ response_type: 'code', client_id: commandLineClient.id, redirect_uri: redirectUri, state },
    code_challenge: challengeOf(verifier),
    code_challenge_method: challengeMethod,
  }
  return `${url}${oauthPaths.authorize}?${new URLSearchParams({ ...query })}`
}

type TokenCode = OauthError['error']

export const exchangeCode = (
  server: SignInServer,
  code: string,
  { redirectUri, verifier }: CodeRequest,
): Promise<ServerAnswer<TokenAnswer, TokenCode>> =>
  token(server, {
    ...{ grant_type: 'authorization_code', client_id: commandLineClient.id, code },
    ...{ redirect_uri: redirectUri, code_verifier: verifier },
  })

/** Asks for tokens. */
export const token = (server: SignInServer, form: TokenForm): Promise<ServerAnswer<TokenAnswer, TokenCode>> =>
  postForm(server, oauthPaths.token, { ...form })

export const askForDevice = (server: SignInServer): Promise<ServerAnswer<DeviceAnswer, TokenCode>> =>
  postForm(server, oauthPaths.device, { client_id: commandLineClient.id })

/** Ends the sign-in of a token. */
export function revoke(server: SignInServer, secret: string): Promise<ServerAnswer<object, TokenCode>> {
  const form: RevokeForm = { client_id: commandLineClient.id, token: secret }
  return postForm(server, oauthPaths.revoke, { ...form })
}

async function postForm<T extends object>(
  server: SignInServer,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<ServerAnswer<T, TokenCode>> {
  const answer = await post(server, path, 'application/x-www-form-urlencoded', new URLSearchParams(form).toString())
  return read<T, TokenCode>(server, answer, (body: Partial<OauthError>) =>
    body.error === undefined ? undefined : { refused: body.error, message: body.error_description ?? body.error },
  )
}

/** Asks the broker, with the sign-in's access token. */
export const askBroker = <T extends object>(server: SignInServer, path: string, body: object, accessToken: string) =>
  askJson<T>(server, path, body, { headers: { authorization: `Bearer ${accessToken}` } })

/** Asks an API of ours for programs. */
export async function askJson<T extends object>(
  server: SignInServer,
  path: string,
  body: object,
  { headers = {}, signal }: { readonly headers?: Post['headers']; readonly signal?: AbortSignal } = {},
): Promise<ServerAnswer<T>> {
  const answer = await post(server, path, 'application/json', JSON.stringify(body), headers, signal)
  return read<T, string>(server, answer, ({ code, message = '', requestId }: Partial<ApiError>) =>
    code === undefined
      ? undefined
      : {
          refused: code,
          message: requestId ? `${message} (request ${requestId})` : message,
          date: 'failed' in answer ? undefined : answer.date,
        },
  )
}

const post = (
  { url, ca }: SignInServer,
  path: string,
  type: string,
  body: string,
  more: Post['headers'] = {},
  signal?: AbortSignal,
) =>
  send({
    url: new URL(url + path),
    headers: { 'content-type': type, accept: 'application/json', ...more },
    body,
    ...(ca === undefined || !url.startsWith('https:') ? {} : { ca }),
    ...(signal === undefined ? {} : { signal }),
  })

function read<T extends object, Code extends string>(
  { url }: SignInServer,
  answer: Answered,
  refusalIn: (body: object) => Omit<Refusal<Code>, 'status'> | undefined,
): ServerAnswer<T, Code> {
  if ('failed' in answer) return { failed: `${url} did not answer: ${answer.failed}` }
  const foreign = {
    failed: `${url} answered with status ${answer.status}, as no Hallpass does: is that its public URL?`,
  }
  let body: unknown
  try {
    body = JSON.parse(answer.text)
  } catch {
    return foreign
  }
  if (typeof body !== 'object' || body === null) return foreign
  if (answer.status === 200) return body as T
  const refusal = refusalIn(body)
  return refusal === undefined ? foreign : { ...refusal, status: answer.status }
}
