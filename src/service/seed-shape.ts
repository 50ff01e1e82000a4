// What a seed file describes, in the terms of records, and the result of applying it.
import type { Secret } from '../core/secret.ts'
import type { Tag } from './records.ts'

export interface Seed {
  readonly accounts: readonly SeedAccount[]
}

export interface SeedAccount {
  readonly id: string
  readonly name: string
  readonly policies: readonly SeedPolicy[]
  readonly users: readonly SeedUser[]
  readonly roles: readonly SeedRole[]
}

export interface SeedPolicy {
  readonly name: string
  readonly text: string
}

export interface SeedHolder {
  readonly name: string
  readonly path: string
  readonly tags: readonly Tag[]
  readonly inline: readonly SeedPolicy[]
  /** ARNs, or names of policies of the same account. */
  readonly attach: readonly string[]
  readonly boundary?: string
}

export interface SeedUser extends SeedHolder {
  /** How many access keys it has at least. */
  readonly accessKeys: number
}

export interface SeedRole extends SeedHolder {
  readonly trust: string
  readonly description?: string
  readonly maxSessionDuration?: number
}

/** A key that applying made: shown this once. */
export interface SeededKey {
  readonly account: string
  readonly user: string
  readonly accessKeyId: string
  readonly secret: Secret
}

/** What applying did, in order: `account 111122223333`, `role 111122223333/Auditor`. */
export interface Done {
  readonly created: readonly string[]
  /** What was there before and is another now. */
  readonly changed: readonly string[]
  /** What was there before, of people alone: everything else stays that the file does not name. */
  readonly removed: readonly string[]
}

export interface Applied extends Done {
  readonly keys: readonly SeededKey[]
}

/** What IAM's rules refuse of a seed: which thing of it, and by which of its fields. */
export class SeedRefused extends Error {
  override readonly name = 'SeedRefused'
  readonly item: object
  readonly field: string | undefined
  constructor(item: object, field: string | undefined, message: string) {
    super(message)
    this.item = item
    this.field = field
  }
}
