// The account that a signed operation acts in.
import type { Call } from '../operation.ts'

/** The account of the caller, who signed: root, a user, or a session of either or of a role. */
export function accountOf(call: Call): string {
  const { identity } = call
  if (identity.kind === 'root' || identity.kind === 'user') return identity.account
  if (identity.kind === 'session') return identity.pass.account
  throw new TypeError(`${call.operation} was reached by a ${identity.kind} caller`)
}
