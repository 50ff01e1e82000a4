// The sign-ins of a browser: what its random cookie stands for. INVARIANT: record and sign-in are read from the store at every
// request, so that a sign-out anywhere is one everywhere.
import { digest } from '../../../core/digest.ts'
import { removePast } from '../../../store/batches.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import type { SignIn, SignIns } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import { type PeopleBrowserRecord, peopleBrowsers } from './browser-records.ts'
import { SYSTEM } from './sign-in-content.ts'

export interface BrowserSignIns {
  /** The live sign-in of a cookie's id. */
  find(cookie: string, now: Date): Promise<SignIn | undefined>
  /**
   * The sign-in is the browser's from now on, under a new cookie. What it had under the old one is remembered, for the sign-out.
   * INVARIANT: the new id is never one that a browser sent: nobody's sign-in has an id that somebody else chose.
   */
  begin(cookies: { readonly made: string; readonly sent: string | undefined }, signIn: SignIn, now: Date): Promise<void>
  /** Ends the sign-ins of a cookie's id: this one, and those that the browser had before. */
  end(cookie: string, why: string, now: Date): Promise<void>
}

interface Content {
  readonly signIn: string
  /** Of the same browser, the last first. */
  readonly earlier: readonly string[]
}

/** Sign-ins that a browser remembers to end. One more, and the oldest ends. */
const mostEarlier = 20

export interface BrowserSignInsOptions {
  readonly store: Store
  readonly vault: Vault
  readonly signIns: Pick<SignIns, 'byId' | 'end'>
}

export function createBrowserSignIns({ store, vault, signIns }: BrowserSignInsOptions): BrowserSignIns {
  const contentOf = ({ account, cookie, sealed }: PeopleBrowserRecord): Content =>
    JSON.parse(vault.open(account, cookie, 'browser', sealed)) as Content

  const recordOf = (cookie: string) => store.get(peopleBrowsers, [SYSTEM, digest(cookie)])
  const remove = (tx: Transaction, cookie: string) => tx.delete(peopleBrowsers, [SYSTEM, digest(cookie)])

  return {
    async find(id, now) {
      const record = await recordOf(id)
      return record === undefined ? undefined : signIns.byId(contentOf(record).signIn, now)
    },

    async begin({ made, sent }, { id, endsAt }, now) {
      const old = sent === undefined ? undefined : await recordOf(sent)
      const before = old === undefined ? undefined : contentOf(old)
      const known = before === undefined ? [] : [before.signIn, ...before.earlier]
      const content: Content = { signIn: id, earlier: known.slice(0, mostEarlier) }
      const cookie = digest(made)
      const sealed = vault.seal(SYSTEM, cookie, 'browser', JSON.stringify(content))
      // What it had may end after this one: it is remembered as long as there is something to end.
      const until = Math.max(endsAt.getTime(), old?.until ?? 0)
      await store.transact(async (tx) => {
        if (sent !== undefined) await remove(tx, sent)
        await tx.create(peopleBrowsers, { account: SYSTEM, cookie, until, sealed })
      })
      for (const one of known.slice(mostEarlier)) await signIns.end(one, 'the browser has too many sign-ins', now)
    },

    async end(id, why, now) {
      const record = await recordOf(id)
      if (record === undefined) return
      const { signIn, earlier } = contentOf(record)
      // INVARIANT: the sign-ins end before what finds them goes: a sign-out that fails can be done again.
      for (const one of [signIn, ...earlier]) await signIns.end(one, why, now)
      await store.transact((tx) => remove(tx, id))
    },
  }
}

/** Forgets browsers whose sign-ins are over. Answers how many. */
export const sweepBrowsers = (store: Store, now: Date): Promise<number> => removePast(store, peopleBrowsers, now)
