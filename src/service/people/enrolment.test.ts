import { equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Connector } from '../contracts/people.ts'
import { isFreshSignIn } from './enrolment.ts'

const now = new Date('2026-09-01T12:00:00Z')
const of = (kind: Connector['kind'] | undefined, secondsAgo: number) =>
  isFreshSignIn(kind && ({ kind } as Connector), { startedAt: new Date(now.getTime() - secondsAgo * 1000) }, now)

describe('a sign-in vouches for a second factor by itself', () => {
  for (const kind of ['oidc', 'saml'] as const)
    test(`at a provider, for five minutes: ${kind}`, () => {
      equal(of(kind, 0), true)
      equal(of(kind, 300), true)
      equal(of(kind, 301), false)
    })

  test('never by a directory’s password, nor where the connector is gone', () => {
    equal(of('directory', 0), false)
    equal(of(undefined, 0), false)
  })
})
