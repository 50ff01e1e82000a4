// The engine against the oracle (naive.ts) on generated cases: both must allow the same requests and call the same
// refusals explicit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowanceFor } from '../../src/core/policy/allowance.ts'
import { compile } from '../../src/core/policy/compile.ts'
import { decide } from '../../src/core/policy/decide.ts'
import type { Applicable } from '../../src/core/policy/model.ts'
import { caseOf, randomOf } from './generator.ts'
import { naive, type Policies, type Policy } from './naive.ts'

const compiled = (policy: Policy) =>
  compile(policy.text, { kind: policy.kind, source: policy.kind, principals: policy.principals })

function applicable({ identity, boundary, session, resource, scps, rcps }: Policies): Applicable {
  return {
    identity: identity.map(compiled),
    ...(boundary && { boundary: compiled(boundary) }),
    ...(session && { session: session.map(compiled) }),
    ...(resource && { resource: compiled(resource) }),
    scps: scps.map((level) => level.map(compiled)),
    rcps: rcps.map((level) => level.map(compiled)),
  }
}

const seed = Number(process.env.POLICY_SEED ?? 20261123)
const cases = Number(process.env.POLICY_CASES ?? 100_000)

test(`${cases} generated cases (seed ${seed}) are decided as the oracle decides them`, () => {
  const random = randomOf(seed)
  const seen = { allow: 0, explicit: 0, implicit: 0 }
  for (let index = 0; index < cases; ) {
    const { requests, policies } = caseOf(random)
    const attached = applicable(policies)
    for (const request of requests) {
      const { allow, explicit } = decide(request, attached, allowanceFor(1))
      const expected = naive(request, policies)
      if (allow !== expected.allow || explicit !== expected.explicit) {
        const shown = JSON.stringify({ request, keys: [...request.keys], policies }, undefined, 1)
        assert.deepEqual({ allow, explicit }, expected, `case ${index}: ${shown}`)
      }
      seen[allow ? 'allow' : explicit ? 'explicit' : 'implicit']++
      index++
    }
  }
  // A generator that only ever meets one outcome would prove nothing.
  for (const count of Object.values(seen)) assert.ok(count > cases / 10, JSON.stringify(seen))
})
