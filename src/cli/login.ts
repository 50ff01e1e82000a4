// hallpass login: signs a person in with a browser (RFC 8252), and writes an AWS profile whose `credential_process` renews until the
// sign-in ends. One sign-in serves several profiles.
import { resolve } from 'node:path'
import { Failure } from '../app/failure.ts'
import type { KeptSignIn } from '../client/kept-sign-in.ts'
import { tokensIn } from '../client/sign-in-access.ts'
import type { SignInServer } from '../client/sign-in-server.ts'
import { printable } from '../core/printable.ts'
import type { RolesAnswer } from '../wire/broker-api.ts'
import type { TokenAnswer } from '../wire/sign-in-oauth.ts'
import type { Command, CommandInput, World } from './command.ts'
import { checkProfile, profileOf, writeProfile } from './login-profile.ts'
import { signInByBrowser, signInByCode, signInByDevice } from './login-ways.ts'
import { askForOffers, chosenOffer, offerOptions } from './offers.ts'
import { folderOf, namedUrl, SignedOut, serverOf, urlOption } from './signed-in.ts'

export const login: Command = {
  name: 'login',
  says: 'Sign in with a browser, and write an AWS profile that renews its credentials until the sign-in ends.',
  options: {
    url: urlOption,
    profile: { kind: 'text', value: 'NAME', says: 'The profile in ~/.aws/config; `hallpass` by default.' },
    ...offerOptions,
    'no-browser': { kind: 'switch', says: 'Open no browser: print the page to open.' },
    device: {
      kind: 'switch',
      says: 'Sign in with a code that you type in a browser elsewhere, where the server permits it.',
    },
    'ca-bundle': {
      kind: 'text',
      value: 'FILE',
      says: 'Certificate authorities to trust, also by the profile; by default AWS_CA_BUNDLE.',
    },
  },
  settings: [],
  async run(input, world) {
    const profile = profileOf(input, world)
    // Before anybody signs in for nothing.
    checkProfile(profile)
    const url = namedUrl(input, world) ?? profile.url ?? onlyUrl(world)
    if (url === undefined) throw new Failure('where is Hallpass? give --url, or set HALLPASS_URL', 2)
    const { signIn, answer } = (await existing(url, world)) ?? (await newSignIn(url, input, world))
    world.err(
      `Signed in at ${url} as ${printable(answer.login)} (${answer.connector}) until ${answer.signInEndsAt ?? signIn.endsAt}.`,
    )
    const { role, account } = input.texts
    const isAsked = role !== undefined || account !== undefined
    const wanted =
      isAsked || profile.wanted === undefined ? input : { ...input, texts: { ...input.texts, ...profile.wanted } }
    try {
      await writeProfile(profile, signIn, answer, await chosenOffer(answer, wanted, world), world)
    } catch (error) {
      if (!(error instanceof Failure) || isAsked || input.texts.profile !== undefined) throw error
      world.err(`No profile was written: ${printable(error.message)}`)
    }
    return 0
  },
}

const onlyUrl = (world: World) => {
  const [only, other] = folderOf(world).list()
  return other === undefined ? only?.url : undefined
}

interface SignedIn {
  readonly signIn: KeptSignIn
  readonly answer: RolesAnswer
}

/** The sign-in that there is already. */
async function existing(url: string, world: World): Promise<SignedIn | undefined> {
  const signIn = folderOf(world).find(url)
  if (signIn === undefined) return undefined
  try {
    return { signIn, answer: await askForOffers(signIn, world) }
  } catch (error) {
    if (error instanceof SignedOut) return undefined
    throw error
  }
}

async function newSignIn(url: string, { texts, switches }: CommandInput, world: World): Promise<SignedIn> {
  const file = texts['ca-bundle'] ?? world.environment.AWS_CA_BUNDLE
  const ca = file && url.startsWith('https:') ? { caBundle: resolve(file) } : {}
  const server = serverOf({ url, ...ca })
  const tokens = await tokensOf(server, switches, world)
  const now = world.clock()
  const { connector, login: name, sign_in_expires_in: seconds } = tokens
  const signIn = await folderOf(world).keep(
    { url, ...ca, connector, login: name, endsAt: new Date(now.getTime() + seconds * 1000).toISOString() },
    tokensIn(tokens, now),
  )
  if (signIn.tokensAre === 'in a file')
    world.err('This session has no keyring: the tokens are in a file that you alone may read.')
  return { signIn, answer: await askForOffers(signIn, world) }
}

function tokensOf(server: SignInServer, switches: CommandInput['switches'], world: World): Promise<TokenAnswer> {
  if (switches.device === true) return signInByDevice(server, world)
  const { openPage } = world
  if (openPage === undefined) return signInByCode(server, world)
  return signInByBrowser(server, world, switches['no-browser'] === true ? undefined : openPage)
}
