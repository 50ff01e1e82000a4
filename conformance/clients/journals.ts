// Reads the journals as an operator would: the store's own texts.
import type { Store } from '../../src/store/store.ts'

export interface AuditEntry {
  /** The request's id. */
  readonly id: string
  readonly issued?: { readonly sessionId: string; readonly accessKeyId: string }
  readonly records: readonly {
    readonly eventName: string
    readonly errorCode?: string
    readonly recipientAccountId?: string
    readonly sharedEventID?: string
    readonly eventID: string
    readonly requestID: string
  }[]
}

export async function textsOf(store: Store, journal: 'audit' | 'refusals'): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const { text } of store.scan(journal, new Date(0))) texts.push(text)
  return texts
}

export async function entriesOf(store: Store, requestId?: string): Promise<readonly AuditEntry[]> {
  const entries = (await textsOf(store, 'audit')).map((text) => JSON.parse(text) as AuditEntry)
  return requestId === undefined ? entries : entries.filter(({ id }) => id === requestId)
}
