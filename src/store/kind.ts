// Where a store comes from. The scheme of the setting `store` chooses a kind; only main.ts names the kinds. What only some
// stores have (a file, a size, backups) is stated here, so that a command can tell the operator what to do without it.
import type { AnyCollection, Store } from './store.ts'

export interface StoreKind {
  /** The scheme of its URLs, without the colon: `sqlite`. */
  readonly scheme: string
  /** How its URL is written. The operator reads this and `description` when the setting names an unknown kind. */
  readonly form: string
  /** Where it stores records. */
  readonly description: string
  /** Names of settings that it needs in addition to the URL, such as a password, which no URL should contain. */
  readonly needs: readonly string[]
  /** Names of settings that it uses if they are given. */
  readonly takes?: readonly string[]
  /** Reads the URL; opens nothing. */
  readonly locate: (setup: StoreSetup) => StoreSource | { readonly refused: string }
}

export interface StoreSetup {
  /** The URL after the scheme and its colon. */
  readonly address: string
  /** The data folder. */
  readonly data: string
  /** Values of the settings that the kind needs, and of those given that it takes. */
  readonly settings: Readonly<Record<string, string>>
}

export interface StoreOptions {
  readonly clock: () => Date
}

/** The store that the settings name, whether or not it exists yet. */
export interface StoreSource {
  /** Its name for the operator, without secrets: `/srv/hallpass/hallpass.sqlite`. */
  readonly name: string
  /** Whether its records are on the disk of the data folder, so that the free space there is its free space. */
  readonly inDataFolder: boolean
  readonly backups: Backups | NoBackups
  /** Whether the store exists; never creates it. Rejects when it cannot tell. */
  isThere(): Promise<boolean>
  /** Opens the store, and creates it if it does not exist. Rejects Unavailable, with a sentence for the operator. */
  open(collections: readonly AnyCollection[], options: StoreOptions): Promise<Store>
  /** Its size in bytes. Absent for a kind that cannot tell. */
  bytes?(): Promise<number>
}

/** Of a store that writes backups (`Store.backup`) and can be restored from one. */
export interface Backups {
  /**
   * Makes the store from a backup; resolves to what `prepare` resolves to. Rejects Unavailable when the store exists, and
   * when the file is not a backup of this kind.
   * INVARIANT: nobody can open the store before `prepare` has resolved, or ever when it rejects.
   */
  restore<T>(restoring: Restoring, prepare: (store: Store) => Promise<T>): Promise<T>
}

export interface Restoring extends StoreOptions {
  /** The backup's file. */
  readonly file: string
  readonly collections: readonly AnyCollection[]
}

export interface NoBackups {
  /** What the operator should do instead, as an imperative: `dump the database with pg_dump`. */
  readonly instead: string
}

/** The sentence for the operator about a store that hallpass cannot back up or restore. */
export const noBackups = ({ name, backups }: Pick<StoreSource, 'name' | 'backups'>): string =>
  `hallpass cannot back up or restore ${name}${'instead' in backups ? `: ${backups.instead}` : ''}`
