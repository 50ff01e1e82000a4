// Tables of requests with the refusal of each.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, type Sent, send } from './raw.ts'
import type { Refused } from './refused.ts'

export const toldOf = ({ code, status, message }: Answer): Refused => [code, status, message]

/** A rule, the request that breaks it, and its refusal. Functions, where they need the server that `before` started. */
export type Row = readonly [rule: string, sent: () => Sent, told: Refused | (() => Refused)]

export function table(name: string, port: () => number, rows: readonly Row[]) {
  describe(name, () => {
    for (const [rule, sent, told] of rows) {
      test(rule, async () => {
        const expected = typeof told === 'function' ? told() : told
        assert.deepEqual(toldOf(await send(port(), sent())), expected)
      })
    }
  })
}
