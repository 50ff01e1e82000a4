// What tests of sign-ins share: a world of people for each test, what is given in a sign-in, and how a renewal ends.
import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import type { Pass } from '../../../core/identity.ts'
import type { Directory } from '../../../federation/directory/directory.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { A, later, start, user } from '../../session/testing/world.ts'
import { adminArn, down, newPeopleWorld, type PeopleWorld } from './people-kit.ts'

/** A new one for each test. */
export let world: PeopleWorld
beforeEach(async () => {
  world = await newPeopleWorld()
})
afterEach(() => world.store.close())

export const silentDirectory: Directory = {
  ...{ logIn: async () => down, look: async () => down, findAgain: async () => down, check: async () => [] },
  close: async () => undefined,
}
export const minutes = (count: number) => later(count * 60)
export const renew = (signIn: SignIn, now: Date) => world.people.signIns.renew(signIn.id, now)
export async function endOf(signIn: SignIn, now: Date): Promise<string> {
  const renewed = await renew(signIn, now)
  return 'ended' in renewed ? renewed.ended : 'goes on'
}

/** Of a pass that descends from the sign-in. */
export const ofSignIn = ({ id }: SignIn): Partial<Pass> => ({
  ancestors: [{ id, principal: user.id, version: 0, account: A }],
  expiresAt: start.getTime() / 1000 + 36_000,
})

/** A token as the broker gets it: of a role, with the sign-in as an ancestor. */
export async function given(signIn: SignIn, of: Partial<Pass> = {}, arn = adminArn, now = start): Promise<string> {
  assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(arn), now), true)
  return world.tokenOf(await world.passOf({ ...ofSignIn(signIn), ...of }))
}

export const fromNowhere = { address: '', tls: false, userAgent: '', host: '' }
