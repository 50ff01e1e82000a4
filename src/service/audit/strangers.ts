// Strangers: callers that proved nothing, or only what anybody can prove. They get a bounded part of the journals.
import type { Identity, Voucher } from '../../core/identity.ts'
import { proofBy } from '../session/lineage.ts'
import type { CallOutcome } from './record.ts'

/** The parts of a call that say who made it. */
export type CallMaker = Pick<CallOutcome, 'call' | 'operation' | 'input' | 'target'>

/** Who vouches for the maker of a call: for the bearer of the proof in it, or for its signer. */
export function voucherOfCall({ call, operation, target }: CallMaker): Voucher {
  if (operation !== undefined && target !== undefined) {
    const { asker, vouched } = operation.audit
    const bearer = asker?.(target)
    if (bearer !== undefined) return voucherOfIdentity(bearer)
    if (vouched?.(target) === true) return 'account'
  }
  return voucherOfIdentity(call.identity)
}

/** Who is behind a call, whichever of their sessions signed it: the unique id, or provider and subject, that began the chain. */
export function callerOf({ call, operation, target }: CallMaker): string {
  const bearer = operation === undefined || target === undefined ? undefined : operation.audit.asker?.(target)
  const identity: Identity = bearer ?? call.identity
  switch (identity.kind) {
    case 'root':
    case 'user':
      return identity.onBehalf?.by ?? identity.principal
    case 'session':
      return identity.pass.by
    case 'proof':
      return proofBy(identity)
    case 'service':
      return identity.name
    case 'anonymous':
      return ''
  }
}

function voucherOfIdentity(identity: Identity): Voucher {
  switch (identity.kind) {
    case 'root':
    case 'user':
    case 'service':
      return 'account'
    case 'session':
      return identity.pass.vouched ? 'account' : 'nobody'
    case 'proof':
      return identity.voucher
    case 'anonymous':
      return 'nobody'
  }
}
