// What is decided about a request is what AWS documents of DynamoDB's condition keys: random requests under random policies of every kind.
// The keys of one side are read off what the backend got (second-reading.ts) and decided by the oracle (conformance/policy/naive.ts); of
// the other they are the product's, decided by its engine.
import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { allowanceFor } from '../../src/core/policy/allowance.ts'
import { compile } from '../../src/core/policy/compile.ts'
import { aboutAction, decide } from '../../src/core/policy/decide.ts'
import type { AccessRequest, Applicable } from '../../src/core/policy/model.ts'
import type { Check } from '../../src/service/operation.ts'
import { naive, type Policies, type Policy } from '../policy/naive.ts'
import { randomFrom } from '../wire/values.ts'
import { ann, policies } from './generated-policies.ts'
import { makers } from './generated-requests.ts'
import { named, through } from './recording.ts'
import { readSent, type Touch } from './second-reading.ts'

const username = ['aws:username', 'ann'] as const
const places = ['leadingkeys', 'secondpartitionkeyvalues', 'thirdpartitionkeyvalues', 'fourthpartitionkeyvalues']
const unsaid = ['dynamodb:firstpartitionkeyvalues', 'aws:resourcetag/', ...places.map((place) => `dynamodb:${place}`)]

/** A request as AWS documents its keys. Whose items a statement reaches is agreement.test.ts's: here it is what the product says. */
function documented(
  operation: string,
  body: Fields,
  touch: Touch,
  returned: string | undefined,
  check: Check,
): AccessRequest {
  const keys = new Map<string, string | readonly string[]>([username])
  const give = (name: string, value: string | readonly string[] | undefined) => {
    if (value !== undefined) keys.set(`dynamodb:${name}`, value)
  }
  const isStatement = touch.reaches !== undefined
  const values = isStatement ? places.map((place) => named(check, place)) : touch.keys === 'any' ? [] : touch.keys
  for (const [at, place] of places.entries()) give(place, values[at])
  give('firstpartitionkeyvalues', values[0])
  const { action } = touch
  const isVector = action === 'SearchVectors'
  if (!isVector) {
    give('attributes', [...touch.attributes])
    give('select', touch.select)
    give('returnvalues', returned)
    give('returnconsumedcapacity', String(body.ReturnConsumedCapacity ?? 'NONE'))
    if (/Transact/.test(operation)) give('enclosingoperation', operation)
    if (action === 'PartiQLSelect') give('fulltablescan', String(values[0] === undefined))
  }
  const unfilled = new Set([
    'aws:resourcetag/',
    ...(values[0] === undefined ? unsaid : []),
    ...(isVector ? ['dynamodb:attributes', 'dynamodb:select'] : []),
  ])
  const { resource, owner } = check
  return { action: `dynamodb:${action}`, resource, owner, requester: ann, keys, unfilled }
}

type Fields = Readonly<Record<string, unknown>>

/** The product's question. */
const asked = ({ action, resource, owner, keys = new Map(), unfilled = [] }: Check): AccessRequest => ({
  ...{ action, resource, owner, requester: ann, keys: new Map([username, ...keys]) },
  unfilled: new Set(unfilled),
})

const compiledOf = ({ kind, text, principals }: Policy) => compile(text, { kind, source: kind, principals })
const applicable = ({ identity, boundary, session, resource, scps }: Policies): Applicable => ({
  identity: identity.map(compiledOf),
  ...(boundary && { boundary: compiledOf(boundary) }),
  ...(session && { session: session.map(compiledOf) }),
  ...(resource && { resource: compiledOf(resource) }),
  scps: scps.map((level) => level.map(compiledOf)),
  rcps: [],
})

test('a request is allowed, refused or denied as its documented keys say', async (context) => {
  const count = Number(process.env.DYNAMODB_DECISIONS ?? 1000)
  const random = randomFrom(20_261_130)
  const names = Object.keys(makers)
  const seen = { allow: 0, explicit: 0, implicit: 0 }
  for (let at = 0; at < count; at++) {
    const operation = names[at % names.length] ?? ''
    const capacity = random() < 0.2 ? { ReturnConsumedCapacity: random() < 0.5 ? 'TOTAL' : 'INDEXES' } : {}
    const text = JSON.stringify({ ...makers[operation]?.(random), ...(operation === 'SearchVectors' ? {} : capacity) })
    const result = await through(operation, text)
    if (typeof result === 'string') continue
    const body = result.body as Fields
    const touches = readSent(operation, body).flatMap((touch) =>
      (touch.returns ?? [undefined]).map((returned) => ({ touch, returned })),
    )
    for (const [nth, check] of result.checks.entries()) {
      const { touch, returned } = touches[nth] ?? {}
      if (touch === undefined) throw new Error(`${text} has no ${nth}`)
      const known = documented(operation, body, touch, returned, check)
      for (let turn = 0; turn < 3; turn++) {
        const attached = policies(random)
        // As of one question, and as of many.
        const all = applicable(attached)
        const compiled = turn === 0 ? all : aboutAction(all, check.action, allowanceFor(1))
        const { allow, explicit } = decide(asked(check), compiled, allowanceFor(1))
        const expected = naive(known, attached)
        const shown = () =>
          JSON.stringify({ text, keys: [...known.keys], ours: [...(check.keys ?? [])], attached }, null, 1)
        if (allow !== expected.allow || explicit !== expected.explicit)
          deepEqual({ allow, explicit }, expected, shown())
        seen[allow ? 'allow' : explicit ? 'explicit' : 'implicit']++
      }
    }
  }
  context.diagnostic(JSON.stringify(seen))
  for (const outcome of Object.values(seen)) ok(outcome > count / 4, JSON.stringify(seen))
})
