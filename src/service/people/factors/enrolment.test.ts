import { equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unbase32 } from '../../../core/ids.ts'
import { codeOf, stepAt } from '../../../core/totp.ts'
import type { Connector, SamlConnector } from '../../contracts/people-table.ts'
import { start } from '../../session/testing/world.ts'
import { ann, newPeopleWorld, origin, withConnector } from '../testing/people-kit.ts'
import { beginSetup, endSetup, isFreshSignIn } from './enrolment.ts'
import { factorCollections } from './factor-records.ts'
import { factorOf, removeFactors } from './factors.ts'

const now = new Date('2026-09-01T12:00:00Z')
const of = (kind: Connector['kind'] | undefined, secondsAgo: number | undefined) =>
  isFreshSignIn(
    kind && ({ kind } as Connector),
    secondsAgo === undefined ? {} : { authenticatedAt: new Date(now.getTime() - secondsAgo * 1000) },
    now,
  )

describe('a sign-in vouches for a second factor by itself', () => {
  for (const kind of ['oidc', 'saml'] as const)
    test(`at a provider that says so, for five minutes after the person proved who they are: ${kind}`, () => {
      equal(of(kind, 0), true)
      equal(of(kind, 300), true)
      equal(of(kind, 301), false)
      // A clock that is ahead a little; a time in milliseconds where seconds are meant.
      equal(of(kind, -60), true)
      equal(of(kind, -61), false)
      equal(of(kind, now.getTime() / 1000 - now.getTime()), false)
    })

  test('never where the provider does not say when', () => equal(of('oidc', undefined), false))

  test('never by a directory’s password, nor where the connector is gone', () => {
    equal(of('directory', 0), false)
    equal(of(undefined, 0), false)
  })
})

describe('a setup that is under way when the operator removes the factor', () => {
  const okta: SamlConnector = {
    ...{ kind: 'saml', name: 'corp', title: 'Corp', hidden: false, signInSeconds: 3600, tags: new Map() },
    ...{ provider: 'arn:aws:iam::111122223333:saml-provider/Corp', multiFactorContexts: [] },
  }

  async function underWay() {
    const world = await newPeopleWorld(factorCollections)
    world.table = withConnector(world.table, okta)
    const { store, vault, people } = world
    const parts = {
      ...{ store, vault, random: (bytes: number) => Buffer.alloc(bytes, 7), signIns: people.signIns },
      audit: { expiryOf: (at: Date) => new Date(at.getTime() + 1e9) },
    }
    const signIn = await world.begin({ ...ann, authenticatedAt: start.getTime() / 1000 })
    const setup = (await beginSetup(parts, signIn, okta, '', start)) ?? { seed: '', sealed: '' }
    const code = codeOf(unbase32(setup.seed) ?? Buffer.alloc(0), stepAt(start))
    const end = () => endSetup(parts, signIn, setup.sealed, code, origin, start)
    return { parts, signIn, end }
  }

  test('ends with a factor where nothing is removed', async () => {
    const { parts, signIn, end } = await underWay()
    equal(typeof (await end()), 'object')
    equal((await factorOf(parts, signIn))?.kind, 'totp')
  })

  test('makes none, whichever comes first', async () => {
    const { parts, signIn, end } = await underWay()
    // Within the removal, before and after its transaction.
    const { store } = parts
    const interrupted = {
      ...store,
      async transact(work: Parameters<typeof store.transact>[0]) {
        await end()
        const done = await store.transact(work)
        equal(await end(), 'refused')
        return done
      },
    } as typeof store
    await removeFactors({ store: interrupted, signIns: parts.signIns }, signIn, () => {}, start)
    equal(await end(), 'refused')
    equal(await factorOf(parts, signIn), undefined)
  })
})
