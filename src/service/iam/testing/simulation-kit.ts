// What the tests of simulation share: policies of a few statements, and a simulation of them.
import { ACCOUNT, run } from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { openIam } from './iam-kit.ts'

export type SimulationInput = Partial<IamInput<'SimulateCustomPolicy'>> & { readonly PolicyInputList: string[] }

export const policy = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
export const allow = (Action: string, Resource = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
})
export const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource })
export const ada = `arn:aws:iam::${ACCOUNT}:user/Ada`
export const object = 'arn:aws:s3:::bucket/key'

/** The results of SimulateCustomPolicy, of s3:GetObject unless the input names other actions. */
export async function simulated(input: SimulationInput) {
  const { b, ops } = await openIam()
  const { EvaluationResults } = await run(b, ops.SimulateCustomPolicy, { ActionNames: ['s3:GetObject'], ...input })
  return EvaluationResults ?? []
}
