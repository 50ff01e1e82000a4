// Sign-ins that are held: what was given of them, and a provider that can be asked or not.
import assert from 'node:assert/strict'
import { Secret } from '../../../core/secret.ts'
import type { Person } from '../../../federation/person.ts'
import type { OidcConnector } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { start } from '../../session/testing/world.ts'
import { adminArn, ann, down, origin, readerArn, row, withConnector } from './people-kit.ts'
import { minutes, ofSignIn, world } from './sign-ins-kit.ts'

const oidc: OidcConnector = {
  ...{ name: 'corp', title: 'Corp', hidden: false, signInSeconds: 43_200, tags: new Map(), kind: 'oidc' },
  ...{ issuer: 'https://login.corp.example', clientId: 'hallpass', scopes: [], loginClaim: 'email' },
  ...{ groupsClaim: 'groups', multiFactorAmr: [], allow: [], graceSeconds: 0 },
}
export const withOidc = (more: Partial<OidcConnector> = {}) => {
  const assignments = [row('Admins', { roles: [adminArn] }), row('Readers', { roles: [readerArn] })]
  world.table = { ...withConnector(world.table, { ...oidc, ...more }), assignments }
}
/** A provider's groups have no DNs. */
export const annThere: Person = { ...ann, groups: ann.groups.map(({ name }) => ({ name })) }
export const signedInAtProvider = (renewal?: string, person = annThere) =>
  world.people.signIns.begin(
    { person, client: 'browser', origin, ...(renewal === undefined ? {} : { renewal: new Secret(renewal) }) },
    start,
  )

/** A token as the broker gets it: of a role, with the sign-in as an ancestor. */
export async function given(signIn: SignIn, now = start, person = ann): Promise<string> {
  assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(adminArn, person), now), true)
  return world.tokenOf(await world.passOf(ofSignIn(signIn)))
}

export async function open(token: string, now: Date): Promise<string> {
  await world.hearAt(now)
  return world.open(token, now)
}

export const check = (now: Date) => world.people.signIns.checkDue(now)
export const heldOf = async (signIn: SignIn, now: Date) =>
  (await world.people.signIns.list(now)).find(({ id }) => id === signIn.id)?.held

/** Signed in, with something that was given, and held since the second minute. */
export async function held(person: Person = ann) {
  const signIn = await world.begin(person)
  const token = await given(signIn)
  world.told.answer = down
  assert.equal(await check(minutes(2)), 0)
  assert.equal(await open(token, minutes(2)), 'held')
  return { signIn, token }
}
