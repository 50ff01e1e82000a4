// How a command line comes to a sign-in of its own: a code that a person allowed in the browser (RFC 6749 4.1, RFC 7636), or that
// they typed in for a device (device-grants.ts). The new sign-in is the same person's, and ends with the browser's at the latest.
import { digest } from '../../../core/digest.ts'
import { challengeOf } from '../../../core/pkce.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import type { SignIn, SignInOrigin, SignIns } from '../../contracts/sign-ins.ts'
import { once } from '../../session/once.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { type OauthCode, oauthCodes } from './oauth-records.ts'
import { type CommandLineTokens, invalidGrant, type OauthRefused, type OauthTokens } from './oauth-tokens.ts'

/** Where a code goes, and who may use it. */
export interface CodeUse {
  /** To the letter. */
  readonly redirectUri: string
  /** PKCE's, S256. */
  readonly challenge: string
}

/** What a program shows for a code. */
export interface ShownCode {
  readonly code: string
  readonly redirectUri: string
  readonly verifier: string
}

export interface OauthGrants {
  /** A code, for what a person in the browser allowed. */
  allow(browser: SignIn, use: CodeUse, now: Date): Promise<string>
  exchange(shown: ShownCode, origin: SignInOrigin, now: Date): Promise<CommandLineTokens | OauthRefused>
}

export interface GrantOptions {
  readonly store: Store
  readonly signIns: Pick<SignIns, 'begin' | 'byId' | 'end'>
  readonly tokens: Pick<OauthTokens, 'first'>
  readonly random: (bytes: number) => Buffer
}

const codeMs = 60_000
const codeShape = /^[A-Za-z0-9_-]{43}$/
/** RFC 7636 4.1. */
const verifierShape = /^[A-Za-z0-9._~-]{43,128}$/
const scope = 'oauth-code'

const again = 'Begin again with: hallpass login'
const usedTwice = invalidGrant(
  `The code was used before. What it gave was ended, in case somebody else has it. ${again}`,
)
const browserOver = invalidGrant(`The sign-in in the browser is over. ${again}`)

/**
 * The tokens of a new sign-in of the person whose browser's sign-in it is. `use` runs in the transaction that makes them good;
 * false: what is used for them was used before.
 */
export async function giveTokens(
  { store, signIns, tokens }: Omit<GrantOptions, 'random'>,
  from: { readonly browserSignIn: string; readonly origin: SignInOrigin },
  use: (tx: Transaction, given: SignIn) => Promise<boolean>,
  now: Date,
): Promise<CommandLineTokens | 'used' | 'browser-over'> {
  const browser = await signIns.byId(from.browserSignIn, now)
  if (browser === undefined) return 'browser-over'
  const { connector, personId: id, login, groups, attributes, multiFactorAt, confirmedAt, renewal } = browser
  const signIn = await signIns.begin(
    {
      // The factor is the browser's: it is as old as it was there.
      person: { connector, id, login, groups, attributes, multiFactor: false },
      ...{ client: 'command-line', origin: from.origin, endsAt: browser.endsAt.getTime(), confirmedAt },
      ...(multiFactorAt === undefined ? {} : { multiFactorAt }),
      ...(renewal === undefined ? {} : { renewal }),
    },
    now,
  )
  const { keep, ...given } = tokens.first(signIn, now)
  const isUsed = await store.transact(async (tx) => {
    if (!(await use(tx, signIn))) return true
    await keep(tx)
    return false
  })
  if (!isUsed) return given
  await signIns.end(signIn.id, 'what it began with was used before', now)
  return 'used'
}

export function createOauthGrants(options: GrantOptions): OauthGrants {
  const { store, signIns, random } = options

  const spend = (tx: Transaction, { id, until }: OauthCode) => once(tx, SYSTEM, scope, id, until)

  /** INVARIANT: of a code that comes twice one is a thief's: what the first got ends as well. */
  async function endGiven(id: string, now: Date): Promise<OauthRefused> {
    const gave = (await store.get(oauthCodes, [SYSTEM, id]))?.gave
    if (gave !== undefined) await signIns.end(gave, 'its code was used twice', now)
    return usedTwice
  }

  return {
    async allow(browser, { redirectUri, challenge }, now) {
      const code = random(32).toString('base64url')
      const endsAt = now.getTime() + codeMs
      // Kept for as long as what it gives may live.
      const until = Math.max(endsAt, browser.endsAt.getTime())
      const record: OauthCode = {
        ...{ account: SYSTEM, id: digest(code), signIn: browser.id, redirectUri, challenge, endsAt, until },
      }
      await store.transact((tx) => tx.create(oauthCodes, record))
      return code
    },

    async exchange({ code, redirectUri, verifier }, origin, now) {
      const id = digest(code)
      const record = codeShape.test(code) ? await store.get(oauthCodes, [SYSTEM, id]) : undefined
      if (record === undefined) return invalidGrant(`The code is not one of this server. ${again}`)
      if (record.gave !== undefined) return endGiven(id, now)
      if (now.getTime() >= record.endsAt) return invalidGrant(`The code is good for a minute, which is over. ${again}`)
      const isTheirs =
        redirectUri === record.redirectUri && verifierShape.test(verifier) && challengeOf(verifier) === record.challenge
      if (!isTheirs) {
        // Whoever shows it without what belongs to it took it from somebody: nobody uses it any more.
        await store.transact((tx) => spend(tx, record))
        return invalidGrant(`The code was given to another program, or for another address. ${again}`)
      }
      const use = async (tx: Transaction, given: SignIn) => {
        if (!(await spend(tx, record))) return false
        await tx.replace(oauthCodes, { ...record, gave: given.id })
        return true
      }
      const given = await giveTokens(options, { browserSignIn: record.signIn, origin }, use, now)
      if (given === 'browser-over') return browserOver
      return given === 'used' ? endGiven(id, now) : given
    },
  }
}
