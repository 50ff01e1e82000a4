// What must hold of any text, any keys and any request (fast-check).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowanceFor } from './allowance.ts'
import { compile } from './compile.ts'
import { placeOf, readDocument, readJson } from './document.ts'
import { checkIdentityPolicy, checkResourcePolicy, checkTrustPolicy, policySize } from './grammar.ts'
import type { AccessRequest, Applicable, Compiled, PolicyKind } from './model.ts'
import { refusalReason } from './reason.ts'
import {
  applicable,
  decide,
  explain,
  federated,
  federatedUser,
  other,
  own,
  policy,
  role,
  root,
  service,
  user,
} from './testing/policies.ts'
import { globOf, matchGlob, wildcardPieces, yes } from './wildcard.ts'

const kinds: readonly PolicyKind[] = ['identity', 'boundary', 'session', 'resource', 'trust', 'scp', 'rcp']

/** Texts near the language: its words, its signs, anything else. */
const word = fc.oneof(
  fc.constantFrom('*', '?', 'arn:aws:s3:::b/*', 's3:Get*', '$' + '{aws:username}', '$' + "{x, 'y'}", '5', 'true', ''),
  fc.constantFrom('2026-11-23', '10.0.0.0/8', '::1', 'arn:aws:iam::111111111111:role/R', own, 'QUJD'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const oneOrMany = fc.oneof(word, fc.array(word, { maxLength: 3 }))
const operator = fc.oneof(
  fc.constantFrom(
    'StringLike',
    'NumericEquals',
    'DateLessThan',
    'IpAddress',
    'ArnNotLike',
    'Null',
    'Bool',
    'BinaryEquals',
  ),
  fc.constantFrom('ForAllValues:StringNotEquals', 'ForAnyValue:IpAddressIfExists', 'Nonsense'),
)
const condition = fc.dictionary(operator, fc.dictionary(fc.constantFrom('aws:username', 'x:K', 'x:L'), oneOrMany))
const statement = fc.record(
  {
    Sid: word,
    Effect: fc.constantFrom('Allow', 'Deny', 'allow'),
    Action: oneOrMany,
    NotAction: oneOrMany,
    Resource: oneOrMany,
    NotResource: oneOrMany,
    Principal: fc.oneof(word, fc.dictionary(fc.constantFrom('AWS', 'Service', 'Federated', 'Other'), oneOrMany)),
    NotPrincipal: fc.dictionary(fc.constantFrom('AWS', 'Service'), oneOrMany),
    Condition: condition,
  },
  { requiredKeys: ['Effect'] },
)
const shaped = fc.record({ Version: fc.constantFrom('2012-10-17', '2008-10-17', 'x'), Statement: fc.array(statement) })
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  shaped.map((document) => JSON.stringify(document)),
)

/** Statements that are well-formed for a policy attached to an identity. */
const sound = fc.record(
  { Effect: fc.constantFrom('Allow', 'Deny'), Action: oneOrMany, Resource: oneOrMany, Condition: condition },
  { requiredKeys: ['Effect'] },
)

const value = fc.oneof(word, fc.array(word, { maxLength: 3 }))
const keys = fc
  .dictionary(fc.oneof(fc.constantFrom('aws:username', 'x:k', 'x:l'), fc.string()), value)
  .map((entries) => new Map(Object.entries(entries)))
const request: fc.Arbitrary<AccessRequest> = fc.record({
  action: fc.oneof(fc.constantFrom('s3:GetObject', 'sts:AssumeRole'), word),
  resource: fc.oneof(fc.constantFrom('arn:aws:s3:::b/x', '*'), word),
  owner: fc.constantFrom(own, other),
  requester: fc.constantFrom(user, role, root, federatedUser, service, federated),
  keys,
})

const compiled = (kind: PolicyKind) => text.map((source): Compiled => compile(source, { kind, source: kind }))
const attached: fc.Arbitrary<Applicable> = fc.tuple(...kinds.map(compiled), fc.boolean(), fc.boolean()).map((all) => {
  const [identity, boundary, session, resource, trust, scp, rcp, bounded, trusting] = all as [
    ...[Compiled, Compiled, Compiled, Compiled, Compiled, Compiled, Compiled],
    boolean,
    boolean,
  ]
  const more = bounded ? { boundary, session: [session] } : {}
  return { identity: [identity], ...more, resource: trusting ? trust : resource, scps: [[scp]], rcps: [[rcp]] }
})

test('any text is read, compiled and checked without an exception', () => {
  fc.assert(
    fc.property(text, (source) => {
      readJson(source)
      readDocument(source)
      policySize(source)
      placeOf(source, source.length)
      for (const kind of kinds) compile(source, { kind, source: kind })
      for (const managed of [true, false]) checkIdentityPolicy(source, { managed })
      checkTrustPolicy(source)
      checkResourcePolicy(source)
    }),
    { numRuns: 500 },
  )
})

test('what the reader takes is what JSON.parse takes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (source) => {
      const read = readJson(source)
      let parsed = true
      try {
        JSON.parse(source)
      } catch {
        parsed = false
      }
      // It refuses more: repeated names and deep nesting.
      if (!('error' in read)) assert.ok(parsed)
      else if (parsed) assert.match(read.error, /repeated|deeply/)
    }),
    { numRuns: 500 },
  )
})

test('any request is decided and explained without an exception, and both agree', () => {
  fc.assert(
    fc.property(request, attached, (asked, policies) => {
      const decision = decide(asked, policies)
      assert.deepEqual(explain(asked, policies).decision, decision)
      assert.equal(refusalReason(decision, asked) === '', decision.allow)
      assert.equal(decision.blame === undefined, decision.allow)
      assert.ok(!(decision.allow && decision.explicit))
    }),
    { numRuns: 500 },
  )
})

const places: readonly ((policies: Applicable, deny: readonly Compiled[]) => Applicable)[] = [
  (policies, [identity]) => ({ ...policies, identity: [...policies.identity, identity as Compiled] }),
  (policies, [, scp]) => ({ ...policies, scps: [...policies.scps, [scp as Compiled, policy('scp', {})]] }),
]

test('adding a Deny never turns a refusal into a permission', () => {
  fc.assert(
    fc.property(request, attached, sound, fc.constantFrom(...places), (asked, policies, extra, place) => {
      const deny = (['identity', 'scp'] as const).map((kind) => policy(kind, { ...extra, Effect: 'Deny' }))
      if (!decide(asked, policies).allow) assert.equal(decide(asked, place(policies, deny)).allow, false)
    }),
    { numRuns: 500 },
  )
})

test('a Deny of everything wins in every kind of policy, whatever else is attached', () => {
  const deny = (kind: PolicyKind) => policy(kind, { Effect: 'Deny', ...(everyones.has(kind) && { Principal: '*' }) })
  const everyones = new Set<PolicyKind>(['resource', 'trust', 'rcp'])
  const attach: readonly ((policies: Applicable) => Applicable)[] = [
    (policies) => ({ ...policies, identity: [...policies.identity, deny('identity')] }),
    (policies) => ({ ...policies, boundary: deny('boundary') }),
    (policies) => ({ ...policies, session: [deny('session')] }),
    (policies) => ({ ...policies, resource: deny('resource') }),
    (policies) => ({ ...policies, resource: deny('trust') }),
    (policies) => ({ ...policies, scps: [...policies.scps, [deny('scp')]] }),
    (policies) => ({ ...policies, rcps: [...policies.rcps, [deny('rcp')]] }),
  ]
  fc.assert(
    fc.property(request, attached, fc.constantFrom(...attach), (asked, policies, add) => {
      const { allow, explicit } = decide(asked, add(policies))
      assert.deepEqual([allow, explicit], [false, true])
    }),
    { numRuns: 500 },
  )
})

test('a Deny and an Allow of the same statement never both let go: one that is broken denies', () => {
  fc.assert(
    fc.property(request, sound, (asked, extra) => {
      const one = (Effect: string) => applicable({ identity: [policy('identity', { ...extra, Effect })] })
      const requester = { ...asked.requester, kind: 'user' as const, account: asked.owner }
      const ask = { ...asked, action: 's3:GetObject', requester }
      if (decide(ask, one('Allow')).allow) assert.equal(decide(ask, one('Deny')).explicit, true)
    }),
    { numRuns: 500 },
  )
})

/** Wildcards by plain backtracking. */
function backtrack(pattern: string, subject: string): boolean {
  if (pattern === '') return subject === ''
  if (pattern[0] === '*')
    return backtrack(pattern.slice(1), subject) || (subject !== '' && backtrack(pattern, subject.slice(1)))
  if (subject === '') return false
  return (pattern[0] === '?' || pattern[0] === subject[0]) && backtrack(pattern.slice(1), subject.slice(1))
}

test('wildcards match as plain backtracking does', () => {
  const letters = (signs: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...signs), maxLength })
  fc.assert(
    fc.property(letters('ab*?', 8), letters('ab', 10), (pattern, subject) => {
      assert.equal(
        matchGlob(globOf(wildcardPieces(pattern)), subject, allowanceFor(1)) === yes,
        backtrack(pattern, subject),
      )
    }),
    { numRuns: 5000 },
  )
})
