// What the commands of a signed-in person share: which sign-in they mean, its tokens, renewed when they must be, and the broker asked
// with them.
import { Failure } from '../app/failure.ts'
import { textFile } from '../app/text-file.ts'
import { type KeptSignIn, type KeptTokens, type SignInFolder, signInFolder } from '../client/kept-sign-in.ts'
import { systemKeyring } from '../client/keyring.ts'
import { askBroker, isAnswer, type ServerAnswer, type SignInServer, token } from '../client/sign-in-server.ts'
import { commandLineClient, type TokenAnswer } from '../wire/sign-in-oauth.ts'
import type { CommandInput, Option, World } from './command.ts'

/** Nobody is signed in, or not any more. */
export class SignedOut extends Failure {}

/** The server gave no answer. */
export class NoAnswer extends Failure {}

export const urlOption: Option = {
  kind: 'text',
  value: 'URL',
  says: 'The public URL of Hallpass; by default HALLPASS_URL, or the only one at which there is a sign-in.',
}

export const folderOf = ({ environment }: World): SignInFolder =>
  signInFolder(environment, systemKeyring(environment, process.platform))

/** A server's public URL as sign-ins are named by it. @throws Failure for what is none */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // It stands in profiles, and names an entry of the keyring.
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search ||
    url.hash ||
    url.username ||
    /['\\]/.test(url.href)
  )
    throw new Failure(`--url: ${text} is not the URL of a server`, 2)
  // INVARIANT: tokens cross no network in clear text.
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new Failure(`--url: ${text} is not encrypted: a sign-in needs https, except on this machine`, 2)
  return url.href.replace(/\/$/, '')
}

/** The server that a command names; undefined where it names none. */
export function namedUrl({ texts }: CommandInput, { environment }: World): string | undefined {
  const text = texts.url ?? environment.HALLPASS_URL
  return text ? serverUrl(text) : undefined
}

/** `hallpass login`, as it is called here and for this server. */
const loginCommand = ({ invocation }: Pick<World, 'invocation'>, url?: string) =>
  `${invocation} login${url === undefined ? '' : ` --url ${url}`}`

/** The sign-in that a command means. @throws Failure where there is none, or several and none is named */
export function chosenSignIn(input: CommandInput, world: World): KeptSignIn {
  const folder = folderOf(world)
  const url = namedUrl(input, world)
  if (url !== undefined) return signInAt(url, world)
  const all = folder.list()
  const [only] = all
  if (only === undefined) throw new Failure(`nobody is signed in here: ${loginCommand(world)} --url URL`)
  if (all.length === 1) return only
  throw new Failure(`which sign-in? give --url with one of ${all.map((one) => one.url).join(', ')}`, 2)
}

export function signInAt(url: string, world: World): KeptSignIn {
  const kept = folderOf(world).find(url)
  if (kept === undefined) throw new Failure(`nobody is signed in at ${url} here: ${loginCommand(world, url)}`)
  return kept
}

export const serverOf = ({ url, caBundle }: Pick<KeptSignIn, 'url' | 'caBundle'>): SignInServer => ({
  url,
  ...(caBundle === undefined ? {} : { ca: textFile(caBundle, 'ca-bundle') }),
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
 * @throws Failure that says which limit ended the sign-in, or what keeps the server from being asked
 */
async function accessToken(signIn: KeptSignIn, world: World, isNew: (accessToken: string) => boolean): Promise<string> {
  const folder = folderOf(world)
  const isGood = (tokens: KeptTokens) =>
    tokens.accessEndsAt - world.clock().getTime() >= leastLeftMs && isNew(tokens.accessToken)
  const warn = (problem: string) => world.err(`hallpass: ${problem}`)
  const before = await tokensOf(signIn, folder, world)
  if (isGood(before)) return before.accessToken
  const release = await folder.lock(signIn.url, warn)
  try {
    const held = await tokensOf(signIn, folder, world)
    if (isGood(held)) return held.accessToken
    const form = {
      grant_type: 'refresh_token',
      client_id: commandLineClient.id,
      refresh_token: held.refreshToken,
    } as const
    const answer = await token(serverOf(signIn), form)
    if (isAnswer(answer)) {
      const tokens = tokensIn(answer, world.clock())
      await folder.replaceTokens(signIn, tokens)
      return tokens.accessToken
    }
    if ('failed' in answer) throw new NoAnswer(answer.failed)
    if (answer.refused !== 'invalid_grant') throw new Failure(`${signIn.url}: ${answer.message}`)
    throw new SignedOut(ended(signIn, world, answer.message))
  } finally {
    release()
  }
}

/** The server's own words say which limit it was. */
function ended({ url, login }: KeptSignIn, world: World, why: string): string {
  const advice = why.includes('hallpass login') ? '' : ` Sign in again with: ${loginCommand(world, url)}`
  return `${login} is not signed in any more at ${url}. ${why}${advice}`
}

async function tokensOf(signIn: KeptSignIn, folder: SignInFolder, world: World): Promise<KeptTokens> {
  const tokens = await folder.tokensOf(signIn)
  if (tokens !== undefined) return tokens
  const where =
    signIn.tokensAre === 'in the keyring'
      ? 'they are in the keyring, which is locked or not of this session; HALLPASS_KEYRING=none keeps them in a file. '
      : ''
  throw new SignedOut(
    `the tokens of the sign-in at ${signIn.url} cannot be read: ${where}${loginCommand(world, signIn.url)}`,
  )
}

/** Asks the broker. @throws Failure with its message, or with why nobody is signed in any more */
export async function askAsPerson<T extends object>(
  signIn: KeptSignIn,
  world: World,
  path: string,
  body: object,
): Promise<T> {
  const first = await accessToken(signIn, world, () => true)
  let answer: ServerAnswer<T> = await askBroker<T>(serverOf(signIn), path, body, first)
  // A token may end on its way, or the sign-in have ended: the token endpoint knows which.
  if ('refused' in answer && answer.refused === 'UnauthorizedException') {
    const next = await accessToken(signIn, world, (one) => one !== first)
    answer = await askBroker<T>(serverOf(signIn), path, body, next)
  }
  if (isAnswer(answer)) return answer
  if ('failed' in answer) throw new NoAnswer(answer.failed)
  if (answer.refused === 'UnauthorizedException') throw new SignedOut(ended(signIn, world, answer.message))
  throw new Failure(`${signIn.url}: ${answer.message} (${answer.refused})`)
}
