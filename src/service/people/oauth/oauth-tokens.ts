// What a command line holds of its sign-in: an access token for minutes, and a refresh token that gives the next (RFC 6749 6,
// RFC 9700 4.14). Every refresh token is for one use. Programs share the file that it lies in without a lock, so two of them may
// use the same one at once: for seconds it gives both the same next one.
import { digest } from '../../../core/digest.ts'
import { VaultRefused } from '../../../keys/vault.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import type { SignIn, SignInEnd, SignIns } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { type RefreshToken, refreshTokens } from './oauth-records.ts'

/** What a program is given. */
export interface CommandLineTokens {
  readonly signIn: SignIn
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds. */
  readonly expiresIn: number
}

/** Why it is given nothing: OAuth's code, and a sentence for a person. */
export interface OauthRefused {
  readonly error:
    | 'invalid_grant'
    | 'authorization_pending'
    | 'slow_down'
    | 'expired_token'
    | 'access_denied'
    | 'temporarily_unavailable'
  readonly description: string
}

export const invalidGrant = (description: string): OauthRefused => ({ error: 'invalid_grant', description })

/** Why the command line's sign-in is over. */
const overBecause: Readonly<Record<Exclude<SignInEnd, 'unavailable'>, string>> = {
  over: 'The sign-in has reached its end.',
  ended: 'The sign-in was ended: by a sign-out, or by the people who run this server.',
  refused: 'The company’s directory or provider no longer lets this person in.',
}
const again = 'Sign in again with: hallpass login'

export interface OauthTokens {
  /** The first ones of a sign-in. They count once `keep` is in a transaction that committed. */
  first(signIn: SignIn, now: Date): CommandLineTokens & { readonly keep: (tx: Transaction) => Promise<void> }
  refresh(token: string, now: Date): Promise<CommandLineTokens | OauthRefused>
  /** The sign-in that an access token is of. Undefined: it is none of ours, or too old. */
  signInOf(accessToken: string, now: Date): string | undefined
  /** Ends the sign-in of either kind of token. */
  revoke(token: string, now: Date): Promise<void>
}

export interface OauthTokensOptions {
  readonly store: Store
  readonly vault: Vault
  readonly signIns: Pick<SignIns, 'renew' | 'end'>
  readonly random: (bytes: number) => Buffer
}

const accessMs = 600_000
const reuseMs = 30_000
/** So often is one replaced within the time in which it may be used again. */
const mostSteps = 20
/** For so long after the end of a sign-in, whoever comes back is told that it has ended. */
const rememberedMs = 86_400_000
const longestToken = 1024
const tokenShape = /^[A-Za-z0-9_-]{43}$/

interface AccessToken {
  readonly signIn: string
  readonly endsAt: number
}

export function createOauthTokens({ store, vault, signIns, random }: OauthTokensOptions): OauthTokens {
  const newToken = () => random(32).toString('base64url')

  const recordOf = (token: string, { id, endsAt }: SignIn): RefreshToken => ({
    ...{ account: SYSTEM, id: digest(token), signIn: id },
    ...{ endsAt: endsAt.getTime(), until: endsAt.getTime() + rememberedMs },
  })

  function tokensOf(signIn: SignIn, refreshToken: string, now: Date): CommandLineTokens {
    const endsAt = Math.min(now.getTime() + accessMs, signIn.endsAt.getTime())
    const contents: AccessToken = { signIn: signIn.id, endsAt }
    const accessToken = vault.seal(SYSTEM, 'oauth', 'access', JSON.stringify(contents))
    return { signIn, accessToken, refreshToken, expiresIn: Math.floor((endsAt - now.getTime()) / 1000) }
  }

  function contentsOf(accessToken: string): AccessToken | undefined {
    if (accessToken.length > longestToken) return undefined
    try {
      return JSON.parse(vault.open(SYSTEM, 'oauth', 'access', accessToken)) as AccessToken
    } catch (error) {
      if (error instanceof VaultRefused) return undefined
      throw error
    }
  }

  const isLate = ({ usedAt }: RefreshToken, now: Date) => usedAt !== undefined && now.getTime() > usedAt + reuseMs

  /** INVARIANT: a token that was used before is somebody else's copy, or ours of somebody else: neither goes on. */
  async function endReused({ signIn }: RefreshToken, now: Date): Promise<OauthRefused> {
    await signIns.end(signIn, 'a refresh token was used again', now)
    return invalidGrant(
      `The refresh token was used before, so another program has a copy of it: the sign-in was ended. ${again}`,
    )
  }

  /**
   * The record of a token that nobody has used; else of the last one after it that was used, whose next one nobody has. A program
   * that is given an older one writes it over the file that all share.
   */
  async function lastUsed(tx: Transaction, id: string, now: Date): Promise<RefreshToken | 'late' | undefined> {
    let last = await tx.get(refreshTokens, [SYSTEM, id])
    for (let steps = 0; last?.next !== undefined; steps++) {
      if (steps === mostSteps || isLate(last, now)) return 'late'
      const after = await tx.get(refreshTokens, [SYSTEM, last.next.id])
      if (after?.usedAt === undefined) return after && last
      last = after
    }
    return last
  }

  return {
    first(signIn, now) {
      const token = newToken()
      return {
        ...tokensOf(signIn, token, now),
        keep: (tx) => tx.create(refreshTokens, recordOf(token, signIn)),
      }
    },

    async refresh(token, now) {
      const id = digest(token)
      const found = tokenShape.test(token) ? await store.get(refreshTokens, [SYSTEM, id]) : undefined
      if (found === undefined) {
        return invalidGrant(`The refresh token is not one of this server, or its sign-in was over long ago. ${again}`)
      }
      if (now.getTime() >= found.endsAt) return invalidGrant(`${overBecause.over} ${again}`)
      if (isLate(found, now)) return endReused(found, now)
      // Asked before the token is used up: who cannot be asked about now may come again with it.
      const renewed = await signIns.renew(found.signIn, now)
      if ('ended' in renewed) {
        if (renewed.ended !== 'unavailable') return invalidGrant(`${overBecause[renewed.ended]} ${again}`)
        return {
          error: 'temporarily_unavailable',
          description: 'The company’s directory or provider cannot be asked now. Try again in a moment.',
        }
      }
      const { signIn } = renewed
      const next = newToken()
      const sealed = vault.seal(SYSTEM, id, 'next', next)
      const used = await store.transact(async (tx) => {
        const last = await lastUsed(tx, id, now)
        if (last === undefined || last === 'late' || last.usedAt !== undefined) return last
        const taken: RefreshToken = { ...last, usedAt: now.getTime(), next: { id: digest(next), sealed } }
        await tx.replace(refreshTokens, taken)
        await tx.create(refreshTokens, recordOf(next, signIn))
        return taken
      })
      if (used === 'late') return endReused(found, now)
      if (used?.next === undefined) return invalidGrant(`The sign-in is over. ${again}`)
      return tokensOf(signIn, vault.open(SYSTEM, used.id, 'next', used.next.sealed), now)
    },

    signInOf(accessToken, now) {
      const contents = contentsOf(accessToken)
      return contents === undefined || now.getTime() >= contents.endsAt ? undefined : contents.signIn
    },

    async revoke(token, now) {
      const refresh = tokenShape.test(token) ? await store.get(refreshTokens, [SYSTEM, digest(token)]) : undefined
      const signIn = refresh?.signIn ?? contentsOf(token)?.signIn
      if (signIn !== undefined) await signIns.end(signIn, 'its program signed out', now)
    },
  }
}
