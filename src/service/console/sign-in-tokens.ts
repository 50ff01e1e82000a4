// Sign-in tokens of the federation endpoint: temporary credentials, sealed for one sign-in within fifteen minutes. Nothing of
// one is kept until it is used, so that asking for them fills no store.
import { isSameSecret } from '../../core/digest.ts'
import type { Pass } from '../../core/identity.ts'
import { VaultRefused } from '../../keys/vault.ts'
import { type Store, type Transaction, Unavailable } from '../../store/store.ts'
import type { Audit } from '../audit/journal.ts'
import type { Subject, Subjects } from '../contracts/subject.ts'
import type { Passes, PassRejection, Vault } from '../parts.ts'
import { onces } from '../records.ts'
import { once } from '../session/once.ts'
import { consolePass, consoleProblem } from './console-pass.ts'
import type { PassCredentials } from './session.ts'
import { signInEntry, type Visit } from './sign-in-events.ts'

/** What a program shows: the `Session` parameter. */
export interface ShownCredentials extends PassCredentials {
  readonly secret: string
}

/** A sign-in token that was opened: good, and not used when it was looked at. */
export interface SignInGrant {
  readonly pass: Pass
  readonly subject: Subject | undefined
  /** Seals a pass for the console alone. Undefined: it does not fit. */
  readonly console: () => (PassCredentials & { readonly endsAt: number }) | undefined
  /** Uses the token, in the transaction of what it is used for: false when it was used before. */
  readonly use: (tx: Transaction) => Promise<boolean>
}

export type Refused = { readonly refused: string }

export interface SignInTokens {
  /** Why a set of credentials gets none, or the token. `proven` hears of the access key once its secret was shown. */
  issue(
    shown: ShownCredentials,
    duration: number | undefined,
    visit: Visit,
    proven: () => boolean,
  ): Promise<{ readonly token: string } | Refused | 'throttled'>
  open(token: string, now: Date): Promise<SignInGrant | Refused>
}

export interface SignInTokensOptions {
  readonly store: Store
  readonly vault: Vault
  readonly passes: Pick<Passes, 'open' | 'seal'>
  readonly subjects: Pick<Subjects, 'byId'>
  readonly fresh: (now: Date) => boolean
  readonly audit: Pick<Audit, 'write'>
  readonly random: (bytes: number) => Buffer
  /** Tokens are for the sign-in pages of this URL. */
  readonly publicUrl: string
}

/** Seconds. */
const lifetime = 900
/** Longer than any of ours. */
const longestToken = 12_000
const scope = 'signin-token'

interface Contents extends PassCredentials {
  readonly id: string
  /** Seconds since 1970. */
  readonly at: number
  readonly duration?: number
}

const deadBecause: Readonly<Record<PassRejection, string>> = {
  malformed: 'they are not credentials of this installation',
  expired: 'the credentials have expired',
  revoked: 'the credentials were revoked',
  held: 'the directory or provider that vouches for the person cannot be asked now',
  'attestation-ended': 'what vouched for the workload of the credentials does so no longer',
  'principal-gone': 'the role or user of the credentials no longer exists',
  'account-suspended': 'the account of the credentials is closed',
}

const notOurs: Refused = { refused: 'it is no sign-in token of this server' }
const used: Refused = { refused: 'it was used before: a sign-in token is for one sign-in' }
const tooLarge = 'the credentials are too large for a console of their own'

/**
 * INVARIANT: no session of a role is longer than the role's sessions may be, and none longer than its proof says: the console
 * shows its credentials. DIVERGES: AWS's console, which shows none, lasts up to twelve hours whatever the role's maximum is. The
 * console is cut short, not refused: tools ask for twelve hours always.
 */
function longestOf({ bounded, issuedAt, expiresAt }: Pass, subject: Subject | undefined): number {
  if (bounded === true || subject?.kind !== 'role') return expiresAt
  return Math.max(expiresAt, issuedAt + subject.record.maxSessionDuration)
}

export function createSignInTokens(options: SignInTokensOptions): SignInTokens {
  const { store, vault, passes, subjects, fresh, audit, random, publicUrl } = options

  function consoleOf(pass: Pass, subject: Subject | undefined, duration: number | undefined, now: Date) {
    const asked = Math.floor(now.getTime() / 1000) + (duration ?? 0)
    const endsAt = duration === undefined ? pass.expiresAt : Math.min(asked, longestOf(pass, subject))
    const own = consolePass(pass, endsAt, random)
    const token = passes.seal(own)
    return token === undefined ? undefined : { accessKeyId: own.accessKeyId, token, endsAt: endsAt * 1000 }
  }

  /** INVARIANT: a node that does not hear of changes issues nothing. */
  function requireFresh(now: Date): void {
    if (!fresh(now)) throw new Unavailable('the change feed is behind: no sign-in token is issued or used')
  }

  function contentsOf(token: string): Contents | undefined {
    if (token.length > longestToken) return undefined
    try {
      return JSON.parse(vault.open('system', scope, publicUrl, token)) as Contents
    } catch (error) {
      if (error instanceof VaultRefused) return undefined
      throw error
    }
  }

  return {
    async issue({ accessKeyId, secret, token }, duration, visit, proven) {
      const { now } = visit
      requireFresh(now)
      if (accessKeyId.startsWith('AKIA')) return { refused: 'long-term access keys open no console' }
      const opened = await passes.open(token, accessKeyId, now)
      if ('rejected' in opened) return { refused: deadBecause[opened.rejected] }
      const { pass } = opened
      if (!isSameSecret(pass.secret.reveal(), secret)) return { refused: 'the secret is not that of the credentials' }
      if (!proven()) return 'throttled'
      const problem = consoleProblem(pass, duration, now)
      if (problem !== undefined) return { refused: problem }
      const subject = await subjects.byId(pass.account, pass.principal)
      if (consoleOf(pass, subject, duration, now) === undefined) return { refused: tooLarge }
      const contents: Contents = {
        ...{ id: random(16).toString('hex'), at: Math.floor(now.getTime() / 1000), accessKeyId, token },
        ...(duration === undefined ? {} : { duration }),
      }
      const sealed = vault.seal('system', scope, publicUrl, JSON.stringify(contents))
      // INVARIANT: on disk before the token leaves.
      await audit.write([signInEntry(visit, { name: 'GetSigninToken', pass, subject })])
      return { token: sealed }
    },

    async open(token, now) {
      requireFresh(now)
      const contents = contentsOf(token)
      if (contents === undefined) return notOurs
      const { id, at, accessKeyId, duration } = contents
      if (now.getTime() > (at + lifetime) * 1000) return { refused: 'it is older than fifteen minutes' }
      const opened = await passes.open(contents.token, accessKeyId, now)
      if ('rejected' in opened) return { refused: deadBecause[opened.rejected] }
      const { pass } = opened
      // Said before a person is asked anything; what decides is `use`.
      if ((await store.get(onces, [pass.account, scope, id])) !== undefined) return used
      const subject = await subjects.byId(pass.account, pass.principal)
      return {
        pass,
        subject,
        console: () => consoleOf(pass, subject, duration, now),
        use: (tx) => once(tx, pass.account, scope, id, (at + lifetime) * 1000 + 1000),
      }
    },
  }
}
