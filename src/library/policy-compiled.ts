// Policies beside what they compile to.
import { compile } from '../core/policy/compile.ts'
import type { Compiled } from '../core/policy/model.ts'
import type { Policy, PolicyKind } from './policy-types.ts'

const compiledOf = new WeakMap<Policy, Compiled>()

/** What a policy compiles to. Anything that `parse` did not make is misuse. */
export function compiled(policy: Policy): Compiled {
  const made = compiledOf.get(policy)
  if (made === undefined) throw new TypeError('This policy was not made by parse.')
  return made
}

/** A policy that is believed as it stands: what could not be evaluated denies. `text` is what it was compiled from. */
export function adopt(text: string, kind: PolicyKind, source: string): Policy {
  const policy: Policy = Object.freeze({ kind, source, text })
  compiledOf.set(policy, compile(text, { kind, source }))
  return policy
}
