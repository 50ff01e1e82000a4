// Where a store comes from. A kind is chosen by the scheme of the setting `store`; main.ts alone names the kinds. What only
// some stores have (a file, a size, backups) is said here, so that the caller can say what to do without it.
import type { AnyCollection, Store } from './store.ts'

export interface StoreKind {
  /** The scheme of its URLs, without the colon: `sqlite`. */
  readonly scheme: string
  /** Its URL as it is written, and where the records are: what the operator reads when the setting names another kind. */
  readonly form: string
  readonly says: string
  /** Names of settings that must be given beside the URL, as a password that no URL should hold. */
  readonly needs: readonly string[]
  /** Reads the URL; opens nothing. */
  readonly at: (setup: StoreSetup) => StoreSource | { readonly refused: string }
}

export interface StoreSetup {
  /** The URL after the scheme and its colon. */
  readonly address: string
  /** The data folder. */
  readonly data: string
  /** Values of the settings that the kind needs. */
  readonly settings: Readonly<Record<string, string>>
}

export interface StoreOptions {
  readonly now: () => Date
}

/** The store that the settings name, whether or not it is there yet. */
export interface StoreSource {
  /** Its name for the operator, without a secret in it: `/srv/hallpass/hallpass.sqlite`. */
  readonly name: string
  /** Its records are on the disk of the data folder: the room left there is the room it has. */
  readonly inDataFolder: boolean
  readonly backups: Backups | NoBackups
  /** Whether the store exists; never creates it. Rejects when that cannot be known. */
  isThere(): Promise<boolean>
  /** Opens the store, and creates it when it does not exist. Rejects Unavailable, in words for the operator. */
  open(collections: readonly AnyCollection[], options: StoreOptions): Promise<Store>
  /** How many bytes it takes. Absent where that is not known. */
  bytes?(): Promise<number>
}

/** The store writes backups (`Store.backup`), and can be made from one. */
export interface Backups {
  /**
   * Makes the store from a backup, and answers what `prepare` answers. Rejects Unavailable when the store is there, and
   * when the file is no backup of this kind.
   * INVARIANT: nobody can open the store before `prepare` has resolved, or ever when it rejects.
   */
  restore<T>(restoring: Restoring, prepare: (store: Store) => Promise<T>): Promise<T>
}

export interface Restoring extends StoreOptions {
  /** The backup. */
  readonly file: string
  readonly collections: readonly AnyCollection[]
}

export interface NoBackups {
  /** What the operator does instead, as an order: `dump the database with pg_dump`. */
  readonly instead: string
}

/** Why a store cannot be backed up or restored, in words for the operator. */
export const noBackups = ({ name, backups }: Pick<StoreSource, 'name' | 'backups'>): string =>
  `hallpass has no backups of ${name}${'instead' in backups ? `: ${backups.instead}` : ''}`
