// What the tests of IAM's rooms share beside operations-kit.ts: a store with IAM's operations on it, policies that are written
// once, an account's counts, and a change that is broken off at each of its store calls.
import assert from 'node:assert/strict'
import { chaos } from '../../../store/testing/chaos.ts'
import type { Operation } from '../../operation.ts'
import { ACCOUNT, addRole, addUser, type Kit, openKit, run } from '../../testing/operations-kit.ts'
import { iamOperations } from '../operations.ts'

export type IamOperations = ReturnType<typeof iamOperations>

/** A store with two accounts, and IAM's operations on it. */
export async function openIam() {
  const b = await openKit()
  return { b, ops: iamOperations(b.parts) }
}

/** The same with a user Ada below /x/, a role R, and what makes a managed policy and answers its ARN. */
export async function openHolders() {
  const { b, ops } = await openIam()
  await addUser(b, 'Ada', '/x/')
  await addRole(b, 'R')
  const policy = async (PolicyName: string, more: { readonly Path?: string } = {}) =>
    (await run(b, ops.CreatePolicy, { PolicyName, PolicyDocument: policyText, ...more })).Policy?.Arn ?? ''
  return { b, ops, policy }
}

/** A role's trust policy, as GetRole answers it. */
export async function trustShown(b: Kit, RoleName: string): Promise<string> {
  const { Role } = await run(b, iamOperations(b.parts).GetRole, { RoleName })
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
}

export const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'
/** A policy that holds for root's tasks alone: nobody may attach it. */
export const TASK = 'arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy'

/** A policy of one statement that allows one action. */
export const policyText =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'
/** A policy of exactly so many characters that count. */
export const policyOfSize = (size: number) =>
  policyText.replace('s3:GetObject', `s3:${'G'.repeat(size - policyText.length + 9)}`)

/** The counts of an account that has nothing but what is said. */
export const tallyOf = (counts: Partial<Record<'users' | 'roles', number>>) => ({
  ...{
    account: ACCOUNT,
    users: 0,
    roles: 0,
    policies: 0,
    mfaDevices: 0,
    oidcProviders: 0,
    samlProviders: 0,
    instanceProfiles: 0,
  },
  ...counts,
})

/**
 * Runs a change in a new world once for each of its store calls, with that call failing, until one run meets no failure.
 * `whole` checks what is stored after a run: all of the change, or none of it.
 */
export async function failingAtEachCall<W extends { readonly b: Kit }, I, O, T>(
  world: () => Promise<W>,
  change: (ops: IamOperations, world: W) => readonly [operation: Operation<I, O, T>, input: I],
  whole: (world: W, done: boolean) => Promise<void>,
  fewestCalls = 3,
): Promise<void> {
  let failAt = 1
  for (; failAt < 100; failAt++) {
    const made = await world()
    const { b } = made
    const store = chaos(b.store, { twice: true, failAt })
    const [operation, input] = change(iamOperations({ ...b.parts, store }), made)
    const done = await run({ store }, operation, input).then(
      () => true,
      () => false,
    )
    await whole(made, done)
    if (done) break
  }
  assert.ok(failAt > fewestCalls && failAt < 100)
}
