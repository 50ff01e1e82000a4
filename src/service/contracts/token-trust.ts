// How tokens of issuers are verified that a record of ours names.
import type { VerifyOptions } from '../../federation/oidc/verify.ts'
import type { Reach } from '../../federation/reach.ts'

export interface TokenTrust extends VerifyOptions {
  /** Which addresses are fetched from. */
  readonly reach: Reach
  /** Whether an issuer is this server's own: what it signs proves nothing here. */
  readonly isOwn: (issuer: string) => boolean
}
