// `hallpass/guard`: an API of your own, authorized by IAM: who signed the request, and whether their policies let them.
import { createAsk } from './ask-hallpass.ts'
import { createListeners } from './guard-listeners.ts'
import type { Guard, GuardOptions } from './guard-types.ts'
import { createGuarding } from './guarding.ts'
import { createProvingVerifier } from './verifier.ts'

export { admittedOf } from './admitted.ts'
export { arn, UnsafeResource } from './guard-resource.ts'
export type {
  Admission,
  Admitted,
  DecisionRecord,
  ExpressRequest,
  FastifyReply,
  FastifyRequest,
  From,
  Guard,
  GuardOptions,
  HonoContext,
  NodeRequest,
  NodeResponse,
  Wish,
  WishOf,
} from './guard-types.ts'
export type { Context, ContextValue, Decision, Policy, PolicyKind, Reason, Vote } from './policy-types.ts'
export type { Caller, Refusal, ServiceProof, SignedRequest, VerifierOptions } from './verify-types.ts'

/**
 * A guard for a declared service.
 * @throws TypeError for a URL that is neither https nor this machine's; the system's error for a private key that cannot be read
 */
export function createGuard(options: GuardOptions): Guard {
  const verifier = createProvingVerifier(options, createAsk(options))
  const guarding = createGuarding(options, verifier, options.clock ?? (() => new Date()))
  return { authorize: guarding.authorize, ...createListeners(options, guarding) }
}
