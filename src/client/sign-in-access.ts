// A person's sign-in, used: its access token, renewed when it must be, and the broker asked with it.

import { commandLineClient, type TokenAnswer } from '../wire/sign-in-oauth.ts'
import { isPassing, NoAnswer, NotNow, SourceRefused } from './credential-source.ts'
import { type KeptSignIn, type KeptTokens, type SignInFolder, signInFolder } from './kept-sign-in.ts'
import { systemKeyring } from './keyring.ts'
import { askBroker, isAnswer, type ServerAnswer, type SignInServer, token } from './sign-in-server.ts'
import { fileText } from './text-file.ts'

/** Where the process keeps sign-ins, and what it says. */
export interface SignInUse {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly clock: () => Date
  /** Gets a sentence for people. */
  readonly warn: (says: string) => void
  /** The command that signs in, as it is called here: `hallpass`. */
  readonly invocation: string
}

export const folderOf = ({ environment, platform }: Pick<SignInUse, 'environment' | 'platform'>): SignInFolder =>
  signInFolder(environment, systemKeyring(environment, platform))

/** `hallpass login`, as it is called here and for this server. */
export const loginCommand = ({ invocation }: Pick<SignInUse, 'invocation'>, url?: string) =>
  `${invocation} login${url === undefined ? '' : ` --url ${url}`}`

/** The code of SourceRefused for whoever is not signed in, or not any more. */
export const signedOut = 'UnauthorizedException'

/** @throws SourceRefused where there is none */
export function keptSignInAt(url: string, use: SignInUse): KeptSignIn {
  const kept = folderOf(use).find(url)
  if (kept === undefined)
    throw new SourceRefused(signedOut, `nobody is signed in at ${url} here: ${loginCommand(use, url)}`)
  return kept
}

/** @throws FileUnread where its file of authorities cannot be read */
export const serverOf = ({ url, caBundle }: Pick<KeptSignIn, 'url' | 'caBundle'>): SignInServer => ({
  url,
  ...(caBundle === undefined ? {} : { ca: fileText(caBundle, 'ca-bundle') }),
})

export const tokensIn = (answer: TokenAnswer, now: Date): KeptTokens => ({
  refreshToken: answer.refresh_token,
  accessToken: answer.access_token,
  accessEndsAt: now.getTime() + answer.expires_in * 1000,
})

/** An access token with less left is replaced first. */
const leastLeftMs = 60_000

/**
 * An access token of the sign-in. One process at a time renews: the others use what it got.
 * @throws SourceRefused that says which limit ended the sign-in; NoAnswer with what keeps the server from being asked
 */
async function accessToken(
  signIn: KeptSignIn,
  use: SignInUse,
  isNew: (accessToken: string) => boolean,
): Promise<string> {
  const folder = folderOf(use)
  const isGood = (tokens: KeptTokens) =>
    tokens.accessEndsAt - use.clock().getTime() >= leastLeftMs && isNew(tokens.accessToken)
  const before = await tokensOf(signIn, folder, use)
  if (isGood(before)) return before.accessToken
  const release = await folder.lock(signIn.url, use.warn)
  try {
    const held = await tokensOf(signIn, folder, use)
    if (isGood(held)) return held.accessToken
    const form = {
      grant_type: 'refresh_token',
      client_id: commandLineClient.id,
      refresh_token: held.refreshToken,
    } as const
    const answer = await token(serverOf(signIn), form)
    if (isAnswer(answer)) {
      const tokens = tokensIn(answer, use.clock())
      await folder.replaceTokens(signIn, tokens)
      return tokens.accessToken
    }
    if ('failed' in answer) throw new NoAnswer(answer.failed)
    if (answer.refused !== 'invalid_grant') throw failureOf(answer, `${signIn.url}: ${answer.message}`)
    throw new SourceRefused(signedOut, ended(signIn, use, answer.message))
  } finally {
    release()
  }
}

/** The server's own words say which limit it was. */
function ended({ url, login }: KeptSignIn, use: SignInUse, why: string): string {
  const advice = why.includes('hallpass login') ? '' : ` Sign in again with: ${loginCommand(use, url)}`
  return `${login} is not signed in any more at ${url}. ${why}${advice}`
}

async function tokensOf(signIn: KeptSignIn, folder: SignInFolder, use: SignInUse): Promise<KeptTokens> {
  const tokens = await folder.tokensOf(signIn)
  if (tokens !== undefined) return tokens
  const where =
    signIn.tokensAre === 'in the keyring'
      ? 'they are in the keyring, which is locked or not of this session; HALLPASS_KEYRING=none keeps them in a file. '
      : ''
  throw new SourceRefused(
    signedOut,
    `the tokens of the sign-in at ${signIn.url} cannot be read: ${where}${loginCommand(use, signIn.url)}`,
  )
}

/**
 * Asks the broker.
 * @throws SourceRefused with its message, or with why nobody is signed in any more; NoAnswer
 */
export async function askAsPerson<T extends object>(
  signIn: KeptSignIn,
  use: SignInUse,
  path: string,
  body: object,
): Promise<T> {
  const first = await accessToken(signIn, use, () => true)
  let answer: ServerAnswer<T> = await askBroker<T>(serverOf(signIn), path, body, first)
  // A token may end on its way, or the sign-in have ended: the token endpoint knows which.
  if ('refused' in answer && answer.refused === signedOut) {
    const next = await accessToken(signIn, use, (one) => one !== first)
    answer = await askBroker<T>(serverOf(signIn), path, body, next)
  }
  if (isAnswer(answer)) return answer
  if ('failed' in answer) throw new NoAnswer(answer.failed)
  if (answer.refused === signedOut) throw new SourceRefused(signedOut, ended(signIn, use, answer.message))
  throw failureOf(answer, `${signIn.url}: ${answer.message} (${answer.refused})`)
}

function failureOf({ refused, status }: { readonly refused: string; readonly status: number }, says: string): Error {
  if (status === 503) return new NotNow(says)
  return isPassing(status, refused) ? new NoAnswer(says) : new SourceRefused(refused, says)
}
