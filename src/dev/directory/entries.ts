// Entries of the development directory: plain data.

/** Why an account does not let its person in. */
export type AccountState =
  | 'disabled'
  | 'locked'
  | 'account-expired'
  | 'password-expired'
  | 'password-must-change'
  | 'not-now'

export interface DirectoryEntry {
  readonly dn: string
  /** Values by the attribute's name as it is shown. Case of the name does not matter. */
  readonly attributes: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>
  /** Readable: this directory is for development and tests alone. */
  readonly password?: string
  readonly state?: AccountState
}
