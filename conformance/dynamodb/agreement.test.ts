// What was decided is what is sent: of random requests of every operation on items, the tables, partition keys and attributes that a
// second reading finds in what the backend got are those that the policies were asked about. Some thousands here, and as many as
// DYNAMODB_REQUESTS says (continuous integration: 100,000).
import { deepEqual, equal, fail, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from '../../src/service/operation.ts'
import { randomFrom } from '../wire/values.ts'
import { accounts, makers } from './generated-requests.ts'
import { named, through } from './recording.ts'
import { agreed, readSent, type Touch } from './second-reading.ts'

const further = ['leadingkeys', 'secondpartitionkeyvalues', 'thirdpartitionkeyvalues', 'fourthpartitionkeyvalues']
const sorted = (values: Iterable<string>) => [...values].sort()

/** Throws where a check is about something else than the touch. */
function agrees(touch: Touch, check: Check, account: string): void {
  const { action, table, index, keys, reaches, mentioned = new Set<string>(), attributes, select } = touch
  const arn = `arn:aws:dynamodb:us-east-1:${account}:table/${table}${index === undefined ? '' : `/index/${index}`}`
  deepEqual([check.action, check.resource, check.owner], [`dynamodb:${action}`, arn, account])
  const leading = named(check, 'leadingkeys')
  deepEqual(leading, named(check, 'firstpartitionkeyvalues'))
  equal(leading === undefined, check.unfilled?.includes('dynamodb:leadingkeys'), 'a key is filled, or said not to be')
  if (action === 'SearchVectors') {
    const asked = [leading, named(check, 'attributes'), check.unfilled?.includes('dynamodb:attributes')]
    deepEqual(asked, [undefined, undefined, true])
    return
  }
  deepEqual(sorted(named(check, 'attributes') ?? []), sorted(attributes))
  deepEqual(named(check, 'select'), select === undefined ? undefined : [select])
  if (reaches === undefined) {
    if (keys === 'any') equal(leading, undefined)
    else
      for (const [at, values] of keys.entries())
        deepEqual(sorted(named(check, further[at] ?? '') ?? []), sorted(values))
    return
  }
  // Of a statement: whatever it can reach was named, and nothing was named that it does not mention.
  if (action === 'PartiQLSelect') equal(check.keys?.get('dynamodb:fulltablescan'), String(leading === undefined))
  if (leading === undefined) return
  ok(keys !== 'any')
  for (let at = 0; named(check, further[at] ?? '') !== undefined; at++) {
    const values = new Set(named(check, further[at] ?? ''))
    for (const value of [...mentioned, 'a value that nobody mentions', '987654321']) {
      ok(values.has(value) || !reaches(at, value), `it reaches ${value}`)
    }
    for (const value of values) ok(mentioned.has(value), `it does not mention ${value}`)
  }
}

test('what the policies are asked is what is sent, by a second reading', async (context) => {
  const count = Number(process.env.DYNAMODB_REQUESTS ?? 2000)
  const random = randomFrom(20_261_129)
  const names = Object.keys(makers)
  const passed = new Map<string, number>()
  const filled = new Map<string, number>()
  const refusals = new Map<string, number>()
  for (let at = 0; at < count; at++) {
    const operation = names[at % names.length] ?? ''
    const text = JSON.stringify(makers[operation]?.(random))
    const result = await through(operation, text)
    if (typeof result === 'string') {
      const why = result.slice(0, 90)
      refusals.set(why, (refusals.get(why) ?? 0) + 1)
      ok(result.startsWith('ValidationException'), `${operation} ${text}: ${result}`)
      continue
    }
    try {
      const { checks, account, body } = result
      // Every table of a request is of one account: the ARN's, where any is given by ARN.
      equal(account, /arn:aws:dynamodb:us-east-1:(\d+)/.exec(text)?.[1] ?? accounts[0])
      const touches = readSent(operation, body as Readonly<Record<string, unknown>>)
      const expected = touches.flatMap((touch) =>
        (touch.returns ?? [undefined]).map((returned) => ({ touch, returned })),
      )
      equal(checks.length, expected.length)
      for (const [nth, { touch, returned }] of expected.entries()) {
        const check = checks[nth] as Check
        agrees(touch, check, account)
        const asked = named(check, 'returnvalues')?.[0]
        if (touch.action !== 'PartiQLInsert' && !operation.startsWith('BatchWrite')) equal(asked, returned)
        if (check.keys?.has('dynamodb:leadingkeys')) filled.set(operation, (filled.get(operation) ?? 0) + 1)
      }
      passed.set(operation, (passed.get(operation) ?? 0) + 1)
    } catch (error) {
      fail(
        `request ${at} ${operation} ${text}\nsent ${JSON.stringify(result.body)}\n${error instanceof Error ? error.stack : error}`,
      )
    }
  }
  context.diagnostic(
    names.map((name) => `${name} ${passed.get(name) ?? 0} passed on, ${filled.get(name) ?? 0} keys`).join('; '),
  )
  context.diagnostic(`dynalite read ${agreed.expressions} expressions`)
  for (const [why, n] of [...refusals].sort(([, a], [, b]) => b - a).slice(0, 12)) context.diagnostic(`${n} ${why}`)
  // Both ways must be walked, or nothing was compared.
  for (const name of names) {
    ok((passed.get(name) ?? 0) > count / names.length / 4, `${name} ${passed.get(name)}`)
    if (!['Scan', 'SearchVectors'].includes(name)) ok((filled.get(name) ?? 0) > 0, name)
  }
  ok(agreed.expressions > count / 20)
})
