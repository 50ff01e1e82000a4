// SAML responses between the POST that brought them and the browser that uses them. `POST /saml` comes from another site and has no
// cookie, so what it brought is kept under a random handle, and becomes the browser's that asks for it first.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { digest } from '../../core/digest.ts'
import { removePast } from '../../store/batches.ts'
import type { Store, Transaction } from '../../store/store.ts'
import type { Vault } from '../parts.ts'
import { type KeptResponse, keptResponses } from './records.ts'

/** What came, and what has been tried with it. */
export interface PostedResponse {
  /** base64, as it was posted. */
  readonly response: string
  /** The connector of people whose address it was posted to; absent where it was posted for roles. */
  readonly connector?: string
  /** SAMLProviderUUID of the address that it was posted to; absent for `/saml`. */
  readonly uuid?: string
  /** Where the browser goes in the end: a path of the console; of a connector's, what its pages sealed. */
  readonly destination: string
  /** The role that the sender chose already. */
  readonly role?: string
  /** Roles that refused the person, with the request's id. */
  readonly refused: Readonly<Record<string, string>>
}

export interface OpenResponse {
  readonly posted: PostedResponse
  readonly record: KeptResponse
}

export interface KeptResponses {
  /** Keeps a response that was verified; answers its handle. */
  keep(account: string, person: string, posted: PostedResponse, now: Date): Promise<string>
  /** For `browser`, a cookie's id. Undefined: no such handle, or it is over. */
  open(handle: string, browser: string, now: Date): Promise<OpenResponse | 'of-another-browser' | undefined>
  /** Makes it the browser's, and longer-lived: no other browser opens it from then on. False: another has it. */
  claim(kept: OpenResponse, browser: string, now: Date): Promise<boolean>
  /** Remembers that a role refused the person. */
  noteRefused(kept: OpenResponse, role: string, requestId: string): Promise<PostedResponse>
  /** Uses it up, in the transaction of what it is used for: false when it was used before. */
  use(tx: Transaction, kept: OpenResponse): Promise<boolean>
}

/** Until a browser asks for it. */
const handleMs = 60_000
/** From then on: as long as AWS takes an assertion after it was issued. */
const claimedMs = 300_000
/** Of one person at once: one more, and the oldest goes. */
const mostOfOne = 8
const longestInflated = 1 << 20

export function createKeptResponses(store: Store, vault: Vault, random: (bytes: number) => Buffer): KeptResponses {
  const seal = (account: string, id: string, posted: PostedResponse) =>
    vault.seal(account, id, 'response', deflateRawSync(JSON.stringify(posted)).toString('base64'))

  return {
    async keep(account, person, posted, now) {
      const handle = random(32).toString('base64url')
      const id = digest(handle)
      const at = now.getTime()
      const record = { account, person, id, at, until: at + handleMs, sealed: seal(account, id, posted) }
      await store.transact(async (tx) => {
        const { items } = await tx.list(keptResponses, 'key', { prefix: [account, person], limit: mostOfOne + 1 })
        const oldest = items.toSorted((a, b) => a.at - b.at).slice(0, Math.max(0, items.length - mostOfOne + 1))
        for (const one of oldest) await tx.delete(keptResponses, keptResponses.key(one))
        await tx.create(keptResponses, record)
      })
      return handle
    },

    async open(handle, browser, now) {
      const record = (await store.find(keptResponses, 'id', [digest(handle)]))?.record
      if (record === undefined || now.getTime() > record.until) return undefined
      if (record.browser !== undefined && record.browser !== digest(browser)) return 'of-another-browser'
      const { account, id, sealed } = record
      const bytes = Buffer.from(vault.open(account, id, 'response', sealed), 'base64')
      const text = inflateRawSync(bytes, { maxOutputLength: longestInflated }).toString()
      return { record, posted: JSON.parse(text) as PostedResponse }
    },

    async claim({ record }, browser, now) {
      const owner = digest(browser)
      if (record.browser === owner) return true
      return store.transact(async (tx) => {
        const current = await tx.get(keptResponses, keptResponses.key(record))
        if (current === undefined || current.browser !== undefined) return false
        await tx.replace(keptResponses, { ...current, browser: owner, until: now.getTime() + claimedMs })
        return true
      })
    },

    async noteRefused({ record, posted }, role, requestId) {
      const noted: PostedResponse = { ...posted, refused: { ...posted.refused, [role]: requestId } }
      const sealed = seal(record.account, record.id, noted)
      await store.transact(async (tx) => {
        const current = await tx.get(keptResponses, keptResponses.key(record))
        if (current !== undefined) await tx.replace(keptResponses, { ...current, sealed })
      })
      return noted
    },

    use: (tx, { record }) => tx.delete(keptResponses, keptResponses.key(record)),
  }
}

/** Removes responses that are over. Answers how many. */
export const sweepKeptResponses = (store: Store, now: Date): Promise<number> => removePast(store, keptResponses, now)
